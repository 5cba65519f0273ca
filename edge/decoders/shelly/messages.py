"""Topics of Shelly devices.

    <device>/events/rpc           Gen2+: {"src": …, "method": "NotifyStatus", "params": {"ts": 1736603810.49, "switch:0": {…}}}
    <device>/status/<component>   Gen2+: the component alone, {"id": 0, "tC": 20.1, "tF": 68.3}
    <device>/online               true, false: the last will
    <client>/rpc                  answers to requests: {"src": …, "result": {"switch:0": {…}}}
    shelly-blu/events/<address>   Bluetooth sensors by a gateway's script
    shellies/<device>/…           Gen1 (gen1.py)

`device` is the device's topic prefix, which is its id where none is set; `sensor` its component. `ts` of a notification, which is UTC,
is the time of the reading; a status topic has none, so its arrival counts. Notifications hold only what changed.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals, shown
from edge.decoders.gathering import Gathering, target
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.presence import Presence, is_online
from edge.decoders.shelly.blu import read_blu
from edge.decoders.shelly.components import read_component
from edge.decoders.shelly.gen1 import read_gen1
from edge.decoders.timestamps import time_reader
from edge.decoders.values import as_tag
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_PAYLOAD_BYTES = 256 * 1024
_MAX_COMPONENTS = 200  # of one message; a Pro 4PM has 30, a BLU gateway about 150
_CLOCK_SET_NS = 1_451_606_400_000_000_000  # 2016: without NTP a device counts from its start
_STATUS_METHODS = ("NotifyStatus", "NotifyFullStatus")
_PUSHES = ("single_push", "double_push", "triple_push", "long_push", "btn_down", "btn_up")
_ACTION = target("state", "action")


class Options(BaseModel):
    """Options of decoder `shelly`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gen1_topic: str = Field("shellies", description="first levels of the Gen1 topics", min_length=1)
    below: str = Field("", description="levels in front of every Gen2+ topic that are no part of a device's name, such as site/bn01")


class ShellyDecoder:
    """Decoder `shelly`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._gen1 = options.gen1_topic.strip("/") + "/"
        self._below = f"{options.below.strip('/')}/" if options.below.strip("/") else ""
        self._presence = Presence()
        self._read_time = time_reader("unix", None)

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if not payload:
            return UNDERSTOOD
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise RejectedError(f"{len(payload)} bytes; {_MAX_PAYLOAD_BYTES} are taken")
        if topic.startswith(self._gen1):
            return self._of_gen1(topic[len(self._gen1) :], payload)
        if not topic.startswith(self._below):
            raise RejectedError(f"topic {shown(topic)} is not below {self._below}; see option below")
        return self._of_gen2(topic[len(self._below) :], payload)

    def _of_gen1(self, rest: str, payload: bytes) -> Decoded:
        device, _, what = rest.partition("/")
        if what == "online":
            return self._last_will(device, payload)
        if not what or what.endswith("/command") or what in {"announce", "info", "command"}:
            return UNDERSTOOD
        refusals = Refusals()
        return Decoded(read_gen1(what, payload, {"device": device}, refusals), refusals.listed(), is_understood=True)

    def _of_gen2(self, topic: str, payload: bytes) -> Decoded:
        device, _, last = topic.rpartition("/")
        if last == "online":
            return self._last_will(device, payload)
        if last in {"command", "announce", "log"} or "/command/" in topic:
            return UNDERSTOOD
        root = parse_payload(payload)
        if not isinstance(root, dict):
            raise RejectedError(f"{shown(root)} where an object is expected")
        if device.endswith("/status"):
            refusals = Refusals()
            tags = {"device": device.removesuffix("/status")}
            return Decoded(read_component(last, root, tags, self._heard(root, refusals), refusals), refusals.listed(), is_understood=True)
        if "BTHome_version" in root:
            refusals, address = Refusals(), root.get("address")
            tags = {"device": as_tag(address[:64]) if isinstance(address, str) else last}
            return Decoded(read_blu(root, tags, refusals), refusals.listed(), is_understood=True)
        return self._of_rpc(device.removesuffix("/events") if last == "rpc" else "", root, is_event=device.endswith("/events"))

    def _of_rpc(self, prefix: str, root: dict[str, object], *, is_event: bool) -> Decoded:
        source = root.get("src")
        device = prefix if prefix and is_event else source if isinstance(source, str) else ""
        if not device:
            raise RejectedError("neither a known topic nor src: whose message is this?")
        tags, method = {"device": as_tag(device[:128])}, root.get("method")
        if method in _STATUS_METHODS or (method is None and isinstance(root.get("result"), dict)):
            return self._of_status(root.get("params", root.get("result")), tags)
        if method == "NotifyEvent":
            return self._of_events(root.get("params"), tags)
        return UNDERSTOOD  # requests, errors, and answers without a status

    def _of_status(self, params: object, tags: Mapping[str, str]) -> Decoded:
        if not isinstance(params, dict):
            raise RejectedError(f"params: {shown(params)} where an object of components is expected")
        refusals = Refusals()
        time_ns = self._time(params.get("ts"), refusals)
        readings: list[Reading] = []
        for number, (key, values) in enumerate(params.items()):
            if number >= _MAX_COMPONENTS:
                refusals.add(f"more than {_MAX_COMPONENTS} components; the rest is left out")
                break
            if isinstance(values, dict) and (":" in key or key in {"sys", "wifi"}):
                readings += read_component(key, values, tags, self._heard(values, refusals) or time_ns, refusals)
        return Decoded(readings, refusals.listed(), is_understood=True)

    def _of_events(self, params: object, tags: Mapping[str, str]) -> Decoded:
        events = params.get("events") if isinstance(params, dict) else None
        refusals = Refusals()
        readings: list[Reading] = []
        for component, event, ts in _pushes(events):
            gathering = Gathering(refusals)
            gathering.put(_ACTION, event)
            readings += gathering.readings({**tags, "sensor": component}, self._time(ts, refusals))
        return Decoded(readings, refusals.listed(), is_understood=True)

    def _last_will(self, device: str, payload: bytes) -> Decoded:
        known = is_online(payload[:20].decode("ascii", "replace"))
        if known is None:
            raise RejectedError(f"{shown(payload)} is neither true nor false")
        return Decoded((), is_understood=True, missed=self._presence.told(device, is_online=known))

    def _heard(self, values: Mapping[str, object], refusals: Refusals) -> int | None:
        """Return when a Bluetooth sensor (`bthomesensor:200`) itself last spoke: a full status repeats what it said long ago."""
        return self._time(values.get("last_updated_ts"), refusals)

    def _time(self, value: object, refusals: Refusals) -> int | None:
        if value is None:
            return None
        try:
            time_ns = self._read_time(value)
        except ValueError as error:
            refusals.add(f"ts: {error}; the arrival counts")
            return None
        return time_ns if time_ns >= _CLOCK_SET_NS else None


def _pushes(events: object) -> Iterator[tuple[str, str, object]]:
    for one in events[:_MAX_COMPONENTS] if isinstance(events, list) else ():
        if isinstance(one, dict) and isinstance(one.get("component"), str) and one.get("event") in _PUSHES:
            yield as_tag(one["component"][:64]), one["event"], one.get("ts")


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is a message of a Shelly device, "" if there is none."""
    if topic.startswith("shellies/"):
        return "topic below shellies/"
    if topic.startswith("shelly-blu/"):
        return "topic below shelly-blu/"
    if b'"Notify' in payload and b'"src"' in payload:
        return "RPC notification"
    levels = topic.split("/")
    if "shelly" in levels[0] and len(levels) > 1 and levels[1] in {"status", "events", "online", "rpc"}:
        return f"topic {levels[0][:40]}/{levels[1]}"
    return ""


def build(options: Options) -> ShellyDecoder:
    """Return the decoder for checked options."""
    return ShellyDecoder(options)
