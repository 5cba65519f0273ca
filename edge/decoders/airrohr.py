"""airRohr, the sensor kit of Sensor.Community (firmware github.com/opendata-stuttgart/sensors-software, airrohr-firmware).

    {"esp8266id": "7332865", "software_version": "NRZ-2020-129",
     "sensordatavalues": [{"value_type": "SDS_P1", "value": "4.87"}, {"value_type": "BME280_pressure", "value": "99623.66"}, …]}

`value_type` is sensor and quantity; every value is text. P0, P1, P2, P4 are PM1, PM10, PM2.5, PM4. Temperature and humidity without a
sensor's name are of a DHT. Each sensor is a reading of its own with tag `sensor`, so that the three temperatures of one kit never share a
field. `device` is esp8266id or esp32id (or raspiid …); where none is in the body, the topic's `{device}`. The arrival counts as time.
The body that goes to Sensor.Community's own server names values without the sensor (P1, pressure): tag `sensor` is then absent. A kit's own
page (/data.json) says in `age` how many seconds ago it measured. A Shinyei PPD42NS counts particles, though it calls them P1 and P2 too:
they stay in measurement `reading`.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.gathering import ANY_DEVICE, UNKNOWN, Gathering, Target, target
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.shapes import Shape, shape_of, text_number
from edge.decoders.topic import TopicMatcher, Topics
from edge.decoders.values import as_float, as_tag
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_PAYLOAD_BYTES = 64 * 1024
_MAX_VALUES = 200  # a kit with every sensor sends about 60
_TYPES = 1_000  # value types remembered
_PLANS = 64  # lists of value types remembered: one a kind of kit
_LONGEST = 64
_ID = re.compile(r"(?:esp8266|esp32|raspi|mercury|smogomierz|TTN)-?id", re.IGNORECASE)

_SENSORS = {
    "SDS": "SDS011",
    "PMS": "PMS",
    "HPM": "HPM",
    "NPM": "NPM",
    "IPS": "IPS-7100",
    "SPS30": "SPS30",
    "SEN5X": "SEN5X",
    "HTU21D": "HTU21D",
    "BMP": "BMP180",
    "BMP280": "BMP280",
    "BME280": "BME280",
    "SHT3X": "SHT3X",
    "DS18B20": "DS18B20",
    "SCD30": "SCD30",
    "DNMS": "DNMS",
    "GPS": "GPS",
}
_DHT = "DHT"  # 11, 21 or 22: the body does not say
_QUANTITIES: Mapping[str, Target] = {
    "P0": target("air", "pm1"),
    "P1": target("air", "pm10"),
    "P2": target("air", "pm2_5"),
    "P4": target("air", "pm4"),
    "N05": target("air", "pm0_5_number"),
    "N1": target("air", "pm1_number"),
    "N25": target("air", "pm2_5_number"),
    "N4": target("air", "pm4_number"),
    "N10": target("air", "pm10_number"),
    "TS": target("air", "typical_size"),
    "temperature": target("air", "temperature"),
    "humidity": target("air", "humidity"),
    "pressure": target("air", "pressure", "Pa"),
    "pressure_at_sealevel": target("air", "pressure_at_sealevel"),
    "co2_ppm": target("air", "co2"),
    "VOC": target("air", "voc_index"),
    "noise_LAeq": target("noise", "laeq"),
    "noise_LA_min": target("noise", "lamin"),
    "noise_LA_max": target("noise", "lamax"),
    "lat": target("gnss", "latitude"),
    "lon": target("gnss", "longitude"),
    "height": target("gnss", "altitude"),
}
_OF_DEVICE: Mapping[str, Target] = {
    "samples": target("device", "samples"),
    "min_micro": target("device", "min_micro"),
    "max_micro": target("device", "max_micro"),
    "interval": target("device", "interval_ms"),
    "signal": target(ANY_DEVICE, "rssi")._replace(convert=lambda value: _dbm(value)),
}
_DBM = " dBm"  # behind the number in firmware of 2016 (NRZ-2016-058)
_PPD = "ratioP1"  # what the sensor measures: the share of time in which a particle is seen
_PPD_COUNTS = {"P1": target(UNKNOWN, "ppd_p1"), "P2": target(UNKNOWN, "ppd_p2")}
_LONGEST_AGE_S = 86_400  # a kit measures every 145 s
_NO_READINGS = frozenset({"GPS_date", "GPS_time", "GPS_timestamp"})


class Options(BaseModel):
    """Options of decoder `airrohr`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: Topics = Field((), description="topic patterns with named levels, which become tags: air/{device}")
    device_prefix: str = Field("", description="put in front of the id, for example esp8266- as on the map of Sensor.Community")


class AirRohrDecoder:
    """Decoder `airrohr`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._matcher = TopicMatcher(options.topic)
        self._device_prefix = options.device_prefix
        self._known: dict[str, tuple[str, Target]] = {}
        self._plans: dict[tuple[str, ...], list[tuple[str, Shape]] | None] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise RejectedError(f"{len(payload)} bytes; {_MAX_PAYLOAD_BYTES} are taken")
        root = parse_payload(payload)
        values: Any = root.get("sensordatavalues") if isinstance(root, dict) else None
        if not isinstance(root, dict) or not isinstance(values, list):
            raise RejectedError("no list sensordatavalues in it")
        tags = self._tags(topic, root)
        if "age" in root:
            return _aged(self._one_by_one(values, tags), root["age"])
        try:
            kinds = tuple([item["value_type"] for item in values])
            if plan := self._plan(kinds):
                texts = [item["value"] for item in values]
                readings: list[Reading] = []
                for sensor, shape in plan:
                    readings += shape.read(texts, {**tags, "sensor": sensor} if sensor else tags, None)  # type: ignore[arg-type]
                return Decoded(readings)
        except (TypeError, LookupError):
            pass  # an item that is none, or a value that has to be refused by name
        return self._one_by_one(values, tags)

    def _plan(self, kinds: tuple[str, ...]) -> list[tuple[str, Shape]] | None:
        """Return sensors and their shapes for a list of value types that came before, or may come again."""
        if kinds in self._plans:
            return self._plans[kinds]
        if _PPD in kinds:
            return None
        by_sensor: dict[str, list[tuple[int, Target]]] = {}
        for number, kind in enumerate(kinds):
            if not isinstance(kind, str) or kind in _NO_READINGS or not 0 < len(kind) <= _LONGEST or number >= _MAX_VALUES:
                return None
            sensor, where = _of_type(kind)
            by_sensor.setdefault(sensor, []).append((number, where._replace(convert=text_number) if where.convert is as_float else where))
        shapes = [(sensor, shape_of(places)) for sensor, places in by_sensor.items()]
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        made = self._plans[kinds] = [(sensor, shape) for sensor, shape in shapes if shape] if all(shape for _, shape in shapes) else None
        return made

    def _one_by_one(self, values: list[Any], tags: dict[str, str]) -> Decoded:
        refusals = Refusals()
        by_sensor: dict[str, Gathering] = {}
        known = self._known
        is_ppd = any(isinstance(item, dict) and item.get("value_type") == _PPD for item in values[:_MAX_VALUES])
        for item in values[:_MAX_VALUES]:
            try:
                kind, value = item["value_type"], item["value"]
                sensor, where = known[kind]
            except (TypeError, LookupError):
                if (found := self._unknown(item, refusals)) is None:
                    continue
                sensor, where, value = found
                kind = item["value_type"]
            if is_ppd and kind in _PPD_COUNTS:
                sensor, where = "PPD42NS", _PPD_COUNTS[kind]
            gathering = by_sensor.get(sensor)
            if gathering is None:
                gathering = by_sensor[sensor] = Gathering(refusals)
            gathering.put(where, value)
        if len(values) > _MAX_VALUES:
            refusals.add(f"{len(values)} values in one message; {_MAX_VALUES} are taken")
        readings: list[Reading] = []
        for sensor, gathering in by_sensor.items():
            readings += gathering.readings({**tags, "sensor": sensor} if sensor else tags, None)
        return Decoded(readings, refusals.listed())

    def _unknown(self, item: object, refusals: Refusals) -> tuple[str, Target, object] | None:
        """Return sensor, target and value of an item whose type is seen for the first time, or that is none."""
        kind = item.get("value_type") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(kind, str) or not kind or "value" not in item:
            refusals.add(f"{shown(item)} is no value_type and value")
            return None
        if kind in _NO_READINGS:
            return None
        found = _of_type(kind[:_LONGEST])
        if len(self._known) < _TYPES and len(kind) <= _LONGEST:
            self._known[kind] = found
        return (*found, item["value"])

    def _tags(self, topic: str, root: Mapping[str, object]) -> dict[str, str]:
        named = self._matcher.match(topic)
        if named is None and self._matcher.patterns:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        tags = {name: value for name, value in (named or {}).items() if not name.startswith("_")}
        for name, value in root.items():
            if _ID.fullmatch(name) and isinstance(value, str | int) and not isinstance(value, bool):
                tags["device"] = as_tag(f"{self._device_prefix}{value}"[:_LONGEST])
                break
        return tags


def _dbm(value: object) -> float:
    return as_float(value.removesuffix(_DBM) if isinstance(value, str) else value)


def _aged(decoded: Decoded, age: object) -> Decoded:
    """Return the readings with their age; they are refused where it makes no sense, for then nobody knows when they were taken."""
    try:
        age_s = as_float(age)
    except ValueError as error:
        raise RejectedError(f"age: {error}") from None
    if not 0.0 <= age_s <= _LONGEST_AGE_S:
        raise RejectedError(f"age: {shown(age)} is none of 0 to {_LONGEST_AGE_S} seconds")
    return decoded._replace(readings=[one._replace(age_ns=round(age_s * 1_000) * 1_000_000) for one in decoded.readings])


def _of_type(kind: str) -> tuple[str, Target]:
    """Return (sensor, target) of a value type: BME280_pressure → BME280, air.pressure."""
    if kind in _OF_DEVICE:
        return "", _OF_DEVICE[kind]
    prefix, _, quantity = kind.partition("_")
    if prefix in _SENSORS and quantity:
        return _SENSORS[prefix], _QUANTITIES.get(quantity) or target(UNKNOWN, quantity)
    if kind in _QUANTITIES:
        return _DHT if kind in {"temperature", "humidity"} else "", _QUANTITIES[kind]
    return "", target(UNKNOWN, kind)


def recognise(_topic: str, payload: bytes) -> str:
    """Return the evidence that this is a body of airRohr, "" if there is none."""
    return "sensordatavalues with value_type" if b'"sensordatavalues"' in payload and b'"value_type"' in payload else ""


def build(options: Options) -> AirRohrDecoder:
    """Return the decoder for checked options."""
    return AirRohrDecoder(options)
