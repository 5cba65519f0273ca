"""Topics and messages of Zigbee2MQTT 1.x and 2.x.

    zigbee2mqtt/<friendly name>                    {"temperature": 21.1, "linkquality": 84, "last_seen": "2026-11-27T04:25:36Z"}
    zigbee2mqtt/<friendly name>/<attribute>        21.1, with `output: attribute`
    zigbee2mqtt/<friendly name>/availability       {"state": "offline"} or offline
    zigbee2mqtt/bridge/state                       the same for Zigbee2MQTT itself
    zigbee2mqtt/bridge/devices                     what every device measures, in which unit
    zigbee2mqtt/bridge/…, …/set, …/get             nothing is measured in these

A friendly name may hold slashes, spaces and any letters. `device` is the friendly name. `null` is an absent value. Attributes that the
table (attributes.py) does not know become fields of measurement `reading`; text other than `action` is left out. An attribute of one
endpoint (`state_l2`, `power_left`) is a reading of its own with tag `sensor`.

What is new in a message cannot be told: Zigbee2MQTT puts the device's last known values beside the one that just came. `last_seen` is the
one thing that it knows: when the device itself last spoke. It is the time of the reading, so that a message repeated from the cache is the
same point again and not a new measurement. Without `last_seen` the arrival counts.
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals, shown
from edge.decoders.gathering import UNKNOWN, Gathering, Target
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.presence import Presence, is_online
from edge.decoders.shapes import Shapes
from edge.decoders.timestamps import time_reader
from edge.decoders.values import as_str
from edge.decoders.zigbee2mqtt.attributes import (
    KNOWN,
    NO_READINGS,
    OUTPUT,
    RAW_ILLUMINANCE,
    TaughtUnits,
    phase_target,
    target_by_key,
    voltage_target,
)
from telemetry.errors import RejectedError

_MAX_ATTRIBUTES = 200
_MAX_DEPTH = 4
_TOPICS = 5_000  # remembered, if they are no longer than the next
_LONGEST_TOPIC = 500
_COMMANDS = re.compile(r".+/(?:set|get)(?:/.*)?", re.DOTALL)
_ENDPOINT = re.compile(r"(.+)_(l[1-9]\d?|[1-9]\d?|a|b|c|left|right|center|top|bottom)", re.ASCII)
_BRIDGE = "Zigbee2MQTT"


class Options(BaseModel):
    """Options of decoder `zigbee2mqtt`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_topic: str = Field("zigbee2mqtt", description="mqtt.base_topic in Zigbee2MQTT's configuration", min_length=1)
    max_payload_bytes: int = Field(4_000_000, description="longer messages are refused; bridge/devices of 300 devices has about 2 MB", gt=0)


class Zigbee2MqttDecoder:
    """Decoder `zigbee2mqtt`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._base = options.base_topic.strip("/") + "/"
        self._bridge = f"{self._base}bridge/"
        self._max_payload_bytes = options.max_payload_bytes
        self._names: dict[str, str] = {}  # friendly name by topic
        self._presence = Presence()
        self._units = TaughtUnits()
        self._other = Flattening((), takes_strings=False, max_fields=_MAX_ATTRIBUTES, max_depth=_MAX_DEPTH)
        self._shapes = Shapes()
        self._seen_ms = time_reader("unix_ms", None)
        self._seen_text = time_reader("rfc3339", None, has_tz=False)

    def decode(self, topic: str, payload: bytes) -> Decoded:
        name = self._names.get(topic)
        return self._of_topic(topic, payload) if name is None else self._of_name(name, payload)

    def _of_name(self, name: str, payload: bytes) -> Decoded:
        if not payload:  # clears a retained message
            return UNDERSTOOD
        if len(payload) > self._max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {self._max_payload_bytes}")
        root = _parsed(payload, name)
        return self._of_device(name, root) if isinstance(root, dict) else self._of_attribute(name, root)

    def _of_topic(self, topic: str, payload: bytes) -> Decoded:
        """Decode what comes on a topic for the first time, or on one that is no device's."""
        if topic and not topic.startswith(self._base):
            raise RejectedError(f"topic {shown(topic)} is not below {self._base}; is base_topic right?")
        if len(payload) > self._max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {self._max_payload_bytes}")
        if topic.startswith(self._bridge):
            return self._of_bridge(topic[len(self._bridge) :], payload)
        name = topic[len(self._base) :]
        if name.endswith("/availability"):
            return self._of_availability(name.removesuffix("/availability"), payload)
        if _COMMANDS.fullmatch(name):
            return UNDERSTOOD
        if len(topic) <= _LONGEST_TOPIC:
            if len(self._names) >= _TOPICS:
                del self._names[next(iter(self._names))]
            self._names[topic] = name
        return self._of_name(name, payload)

    def _of_device(self, name: str, root: dict[str, object]) -> Decoded:
        if len(root) > _MAX_ATTRIBUTES:
            raise RejectedError(f"{len(root)} attributes in one message; {_MAX_ATTRIBUTES} are taken")
        if (decoded := self._as_before(name, root)) is not None:
            return decoded
        refusals = Refusals()
        time_ns = self._time(root.get("last_seen"), refusals)
        tags = {"device": name} if name else _self_named(root)
        taught = self._units.of(tags["device"]) if tags else None
        return self._one_by_one(root, tags, taught, time_ns, refusals)

    def _as_before(self, name: str, root: dict[str, object]) -> Decoded | None:
        """Return what `_one_by_one` does where the keys alone decide, None where a value needs thought."""
        shape = self._shapes.of(tuple(root), _places, root) if name and self._units.of(name) is None else None
        if shape is None:
            return None
        seen = root.get("last_seen")
        try:
            time_ns = None if seen is None else self._seen_text(seen) if isinstance(seen, str) else self._seen_ms(seen)
        except ValueError:
            return None
        readings = shape.read(root, {"device": name}, time_ns)
        return None if readings is None else Decoded(readings)

    def _one_by_one(
        self, root: dict[str, object], tags: dict[str, str], taught: Mapping[str, Target] | None, time_ns: int | None, refusals: Refusals
    ) -> Decoded:
        whole = Gathering(refusals)
        other: dict[str, object] = {}
        for key, value in root.items():
            if value is None or key in NO_READINGS:
                continue
            where = _target(key, value, root, taught)
            if where is not None:
                whole.put(where, value)
            else:
                other[key] = value
        if not other:
            return Decoded(whole.readings(tags, time_ns), refusals.listed(), is_understood=True)  # a message of nothing but last_seen
        endpoints = _endpoints(other, root, refusals)
        self._other.flatten(other, "", whole.fields(UNKNOWN), refusals)
        readings = whole.readings(tags, time_ns)
        for endpoint, gathering in endpoints.items():
            readings += gathering.readings({**tags, "sensor": endpoint}, time_ns)
        return Decoded(readings, refusals.listed(), is_understood=True)

    def _of_attribute(self, name: str, value: object) -> Decoded:
        device, _, attribute = name.rpartition("/")
        if isinstance(value, list) or not device:
            raise RejectedError(f"{shown(value)} where an object of attributes is expected")
        return self._of_device(device, {attribute: value})

    def _of_bridge(self, what: str, payload: bytes) -> Decoded:
        if what == "state":
            return self._of_availability(_BRIDGE, payload)
        if what == "devices":
            self._units.learn(_parsed(payload, what))
        return UNDERSTOOD

    def _of_availability(self, device: str, payload: bytes) -> Decoded:
        if not payload:
            return UNDERSTOOD
        root = _parsed(payload, device)
        said = root.get("state") if isinstance(root, dict) else root
        known = is_online(said) if isinstance(said, str) else None
        if known is None:
            raise RejectedError(f"{shown(said)} is neither online nor offline")
        return Decoded((), is_understood=True, missed=self._presence.told(device, is_online=known))

    def _time(self, value: object, refusals: Refusals) -> int | None:
        if value is None:
            return None
        try:
            return self._seen_text(value) if isinstance(value, str) else self._seen_ms(value)
        except ValueError as error:
            refusals.add(f"last_seen: {error}; the arrival counts")
            return None


def _places(root: Mapping[str, object]) -> list[tuple[str, Target]] | None:
    """Return where each attribute belongs, None where more than the keys decides it."""
    places: list[tuple[str, Target]] = []
    for key in root:
        if key not in NO_READINGS:
            where = target_by_key(key, root)
            if where is None:
                return None
            places.append((key, where))
    return places


def _endpoints(other: dict[str, object], root: Mapping[str, object], refusals: Refusals) -> dict[str, Gathering]:
    """Take attributes of single endpoints (`power_left`, `state_l2`) out of `other`; return them by endpoint."""
    endpoints: dict[str, Gathering] = {}
    for key in list(other):
        found = _ENDPOINT.fullmatch(key)
        where = _target(found[1], other[key], root, None) if found else None
        if found and where:
            endpoints.setdefault(found[2], Gathering(refusals)).put(where, other.pop(key))
    return endpoints


def _target(key: str, value: object, root: Mapping[str, object], taught: Mapping[str, Target] | None) -> Target | None:
    if taught is not None and key in taught:
        return taught[key]
    known = KNOWN.get(key)
    if known is not None:
        return RAW_ILLUMINANCE if key == "illuminance" and "illuminance_lux" in root else known
    if key == "voltage":
        return voltage_target(value, root)
    if key == "state":
        return OUTPUT if value in ("ON", "OFF") else None
    return phase_target(key)


def _self_named(root: Mapping[str, object]) -> dict[str, str]:
    device = root.get("device")  # with `include_device_information`
    name = device.get("friendlyName") if isinstance(device, dict) else None
    try:
        return {"device": as_str(name)} if isinstance(name, str) and name else {}
    except ValueError:
        return {}


def _parsed(payload: bytes, place: str) -> object:
    """Return the JSON value; text that is no JSON stays text, as `output: attribute` and old availability messages have it."""
    try:
        return parse_payload(payload)
    except RejectedError:
        if payload[:1] not in b"{[" and len(payload) <= 200:
            try:
                text = payload.decode()
            except UnicodeDecodeError:
                raise RejectedError(f"not JSON, and no text: {shown(payload)} of {shown(place)}") from None
            return text
        raise


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is a message of Zigbee2MQTT, "" if there is none."""
    if topic.startswith("zigbee2mqtt/"):
        return "topic below zigbee2mqtt/"
    if payload[:1] != b"{" or b'"linkquality"' not in payload:
        return ""
    try:
        root = parse_payload(payload)
    except RejectedError:
        return ""
    return "a flat object with linkquality" if isinstance(root, dict) and "linkquality" in root else ""


def build(options: Options) -> Zigbee2MqttDecoder:
    """Return the decoder for checked options."""
    return Zigbee2MqttDecoder(options)
