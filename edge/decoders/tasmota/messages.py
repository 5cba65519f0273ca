"""Messages of Tasmota by the last level of their topic.

    tele/<device>/SENSOR     {"Time": "2026-11-27T04:25:36", "DS18B20": {"Temperature": 20.6}, "TempUnit": "C"}
    tele/<device>/STATE      uptime, memory, supply, Wi-Fi, and the outputs POWER, POWER1, …
    tele/<device>/ENERGY     the meter alone, as version 5 sent it
    tele/<device>/LWT        Online, Offline: the broker's last will
    stat/<device>/STATUS8    {"StatusSNS": {…}}, STATUS10 too: the SENSOR message, asked for
    stat/<device>/STATUS11   {"StatusSTS": {…}}: the STATE message, asked for
    stat/<device>/RESULT     the answer to a command: {"POWER1": "ON"} is a reading, other answers are not
    tele/<device>/INFO1 …    start-up texts: understood, no readings

Without a topic the keys decide, as far as they can.

`Time` is local time, mostly without a zone: with option `tz` it is the time of the reading, else the arrival counts. A message that a
bridge passes on raw (SerialReceived, ModbusReceived, RfReceived, IrReceived) is no reading here.
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals, shown
from edge.decoders.gathering import Gathering
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.presence import Presence, is_online
from edge.decoders.tasmota import quantities as q
from edge.decoders.tasmota.sensors import Sensors
from edge.decoders.tasmota.topic import Address, FullTopic
from edge.decoders.timestamps import time_reader
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_PAYLOAD_BYTES = 64 * 1024  # Tasmota's MQTT buffer holds 1,200 bytes, 64 KiB with its longest JSON on an ESP32
_TOPICS = 5_000  # remembered, if they are no longer than the next
_LONGEST_TOPIC = 500
_HAS_ZONE = re.compile(r".*(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_OUTPUT = re.compile(r"POWER\d*")
_UPTIME = re.compile(r"(\d{1,6})T(\d\d):(\d\d):(\d\d)", re.ASCII)
_STATUS = re.compile(r"STATUS\d*")
_RAW = frozenset({"SerialReceived", "SSerialReceived", "ModbusReceived", "RfReceived", "RfRaw", "IrReceived", "TuyaReceived"})
_SELF = "Tasmota"


class Options(BaseModel):
    """Options of decoder `tasmota`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    full_topic: str = Field("%prefix%/%topic%/", description="FullTopic of the devices, as Tasmota has it: the order of prefix and topic")
    prefixes: tuple[str, str, str] = Field(("cmnd", "stat", "tele"), description="Prefix1 to Prefix3: commands, status, telemetry")
    tz: str | None = Field(None, description='zone of the devices\' clocks, such as "Asia/Ho_Chi_Minh"; without it the arrival counts')
    sensor_by_id: bool = Field(
        default=False, description="tag 1-Wire sensors by address, not by number, which changes when one more is put on the line"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        FullTopic(self.full_topic, self.prefixes)
        time_reader("rfc3339", self.tz)
        return self


class TasmotaDecoder:
    """Decoder `tasmota`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._full_topic = FullTopic(options.full_topic, options.prefixes)
        self._has_tz = options.tz is not None
        self._read_time = time_reader("rfc3339", options.tz)
        self._sensors = Sensors(by_id=options.sensor_by_id)
        self._presence = Presence()
        self._addresses: dict[str, Address] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        address = self._addresses.get(topic) or self._address(topic)
        if address.is_command or not payload:
            return UNDERSTOOD
        if address.message == "LWT":
            return self._last_will(address.device, payload)
        if address.message.startswith("POWER") and _OUTPUT.fullmatch(address.message):
            return self._answer({address.message: payload.decode("ascii", "replace")}, _tags(address))
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise RejectedError(f"{len(payload)} bytes; Tasmota sends {_MAX_PAYLOAD_BYTES} at most")
        root = parse_payload(payload)
        if not isinstance(root, dict):
            raise RejectedError(f"{shown(root)} where an object is expected")
        return self._of_message(address, root)

    def _of_message(self, address: Address, root: dict[str, object]) -> Decoded:
        tags, message = _tags(address), address.message
        if message == "SENSOR":
            return self._sensors_of(root, tags)
        if message == "STATE" or (not message and not root.keys().isdisjoint(("Uptime", "UptimeSec"))):
            return self._state(root, tags)
        if message == "ENERGY":
            return self._sensors_of({"Time": _moment(root), "ENERGY": root}, tags)
        if _STATUS.fullmatch(message) or (not message and "StatusSNS" in root):
            return self._status(root, tags)
        if message == "UPTIME":
            return self._state({"Time": _moment(root), "Uptime": root.get("Uptime")}, tags)
        if message.endswith("_INP") or (not message and "Time" in root):
            return self._sensors_of(root, tags)
        if message == "RESULT" and ("Time" in root or "ZbReceived" in root):
            return self._sensors_of(root, tags)
        return self._answer(root, tags)

    def _status(self, root: dict[str, object], tags: Mapping[str, str]) -> Decoded:
        readings: list[Reading] = []
        refusals = Refusals()
        for key, read in (("StatusSNS", self._sensors_of), ("StatusSTS", self._state)):
            part = root.get(key)
            if isinstance(part, dict):
                decoded = read(part, tags)
                readings += decoded.readings
                for refusal in decoded.refusals:
                    refusals.add(refusal.reason)
        return Decoded(readings, refusals.listed(), is_understood=True)

    def _sensors_of(self, root: dict[str, object], tags: Mapping[str, str]) -> Decoded:
        if not root.keys().isdisjoint(_RAW):
            return UNDERSTOOD
        refusals = Refusals()
        get = root.get
        try:
            known = q.quantities(str(get("TempUnit") or "C"), str(get("PressureUnit") or "hPa"), str(get("SpeedUnit") or "km/h"))
        except q.UnitError as error:
            raise RejectedError(str(error)) from None
        time_ns = self._time(_moment(root), refusals)
        readings = self._sensors.read(root, known, tags, time_ns, refusals)
        return Decoded(readings, refusals.listed(), is_understood=True)  # a SENSOR message of nothing but its time is usual

    def _state(self, root: dict[str, object], tags: Mapping[str, str]) -> Decoded:
        refusals = Refusals()
        time_ns = self._time(_moment(root), refusals)
        gathering = Gathering(refusals)
        for key, value in root.items():
            where = q.STATE.get(key)
            if where is not None and value is not None:
                gathering.put(where, value)
        if "UptimeSec" not in root:
            _put_uptime(root.get("Uptime"), gathering)
        wifi = root.get("Wifi")
        for key, where in (("RSSI", q.WIFI_PERCENT), ("Signal", q.WIFI_DBM), ("LinkCount", q.RECONNECTS)):
            value = wifi.get(key) if isinstance(wifi, dict) else None
            if value is not None:
                gathering.put(where, value)
        return Decoded(
            [*gathering.readings(tags, time_ns), *_outputs(root, tags, time_ns, refusals)], refusals.listed(), is_understood=True
        )

    def _answer(self, root: dict[str, object], tags: Mapping[str, str]) -> Decoded:
        refusals = Refusals()
        return Decoded(_outputs(root, tags, None, refusals), refusals.listed(), is_understood=True)

    def _last_will(self, device: str, payload: bytes) -> Decoded:
        known = is_online(payload[:20].decode("ascii", "replace"))
        if known is None:
            raise RejectedError(f"{shown(payload)} is neither Online nor Offline")
        return Decoded((), is_understood=True, missed=self._presence.told(device or _SELF, is_online=known))

    def _time(self, value: object, refusals: Refusals) -> int | None:
        if type(value) is int:  # command Time 3: seconds since 1970 UTC
            return value * 1_000_000_000 if _CLOCK_SET_NS <= value * 1_000_000_000 < _INT64_LIMIT else None
        if not isinstance(value, str) or not (self._has_tz or _HAS_ZONE.fullmatch(value[:40])):
            return None
        try:
            time_ns = self._read_time(value)
        except ValueError as error:
            refusals.add(f"Time: {error}; the arrival counts")
            return None
        return time_ns if time_ns >= _CLOCK_SET_NS else None

    def _address(self, topic: str) -> Address:
        address = self._full_topic.read(topic)
        if address is None:
            if topic.startswith("tasmota/discovery/"):
                address = Address(is_command=True, device="", message="")
            else:
                raise RejectedError(f"topic {shown(topic)} does not fit full_topic")
        if len(topic) <= _LONGEST_TOPIC:
            if len(self._addresses) >= _TOPICS:
                del self._addresses[next(iter(self._addresses))]
            self._addresses[topic] = address
        return address


_INT64_LIMIT = 1 << 63
_CLOCK_SET_NS = 1_451_606_400_000_000_000  # 2016: a Tasmota without NTP counts from 1970


def _moment(root: Mapping[str, object]) -> object:
    """Return what the message says of its time: `Epoch` (UTC) where the device writes it beside its local time, else `Time`."""
    epoch = root.get("Epoch")
    return epoch if type(epoch) is int and epoch else root.get("Time")


def _outputs(root: Mapping[str, object], tags: Mapping[str, str], time_ns: int | None, refusals: Refusals) -> list[Reading]:
    """Return POWER, POWER1, … as readings; words other than ON and OFF are texts of rules and examples."""
    readings: list[Reading] = []
    for key, value in root.items():
        if value in ("ON", "OFF") and _OUTPUT.fullmatch(key):
            gathering = Gathering(refusals)
            gathering.put(q.OUTPUT, value)
            readings += gathering.readings({**tags, "sensor": key}, time_ns)
    return readings


def _put_uptime(value: object, gathering: Gathering) -> None:
    """Add `0T18:36:12` (days and time), or the hours that version 5 counted."""
    found = _UPTIME.fullmatch(value) if isinstance(value, str) else None
    if found:
        days, hours, minutes, seconds = map(int, found.groups())
        gathering.put(q.STATE["UptimeSec"], ((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    elif isinstance(value, int | float):
        gathering.put(q.UPTIME_H, value)


def _tags(address: Address) -> dict[str, str]:
    return {"device": address.device} if address.device else {}


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is a message of Tasmota, "" if there is none."""
    prefix, _, rest = topic.partition("/")
    message = topic.rpartition("/")[2]
    if message == "LWT" and payload in {b"Online", b"Offline"}:
        return "last will of Tasmota"
    if prefix in {"tele", "stat"} and rest and _NAMES.fullmatch(message):
        return f"topic {prefix}/…/{message}"
    if message.startswith("SENSOR") and b'"Time"' in payload[:12]:
        return "SENSOR message that begins with Time"
    return "StatusSNS object" if payload.startswith(b'{"StatusSNS":') else ""


_NAMES = re.compile(r"SENSOR|STATE|RESULT|UPTIME|ENERGY|STATUS\d*|INFO[123]|POWER\d*")


def build(options: Options) -> TasmotaDecoder:
    """Return the decoder for checked options."""
    return TasmotaDecoder(options)
