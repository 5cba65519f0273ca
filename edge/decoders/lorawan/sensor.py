"""What an uplink measured → readings: what the network server decoded, flattened and named as the catalogue does, or the codec's values."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from edge.decoders.decoder import Refusals
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.lorawan.codec.compile import Codec
from edge.decoders.lorawan.codec.library import family_of_eui, load, model_named
from edge.decoders.lorawan.decoded import Part, parts
from edge.decoders.lorawan.options import Choice, UplinkOptions
from edge.decoders.lorawan.uplink import Uplink
from edge.decoders.values import as_float
from telemetry.catalogue import find
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading
from telemetry.units import convert

DEFAULT_MEASUREMENT = "reading"
_MAX_DEPTH = 8
_VOLTS = frozenset({"V", "mV"})
_LEAST_V, _MOST_V = 1.0, 5.0  # of the cells that such devices run on
_REMEMBERED = 5_000

# What vendors' decoders on network servers call things: their name → ours, and their unit where it is not the catalogue's.
ALIASES: Mapping[str, tuple[str, str]] = {
    "temp": ("temperature", ""),
    "air_temperature": ("temperature", ""),
    "ambient_temperature": ("temperature", ""),
    "temperature_c": ("temperature", ""),
    "temp_c": ("temperature", ""),
    "temp_c_sht": ("temperature", ""),
    "temp_c_ds": ("external_temperature", ""),
    "temp_c_ds18b20": ("external_temperature", ""),
    "temp_soil": ("temperature", ""),
    "water_soil": ("moisture", ""),
    "conduct_soil": ("conductivity", ""),
    "ill_lx": ("illuminance", ""),
    "hum": ("humidity", ""),
    "hum_sht": ("humidity", ""),
    "air_humidity": ("humidity", ""),
    "relative_humidity": ("humidity", ""),
    "rh": ("humidity", ""),
    "co2_concentration": ("co2", ""),
    "co2_ppm": ("co2", ""),
    "barometric_pressure": ("pressure", ""),
    "atmospheric_pressure": ("pressure", ""),
    "air_pressure": ("pressure", ""),
    "pm25": ("pm2_5", ""),
    "pm1_0": ("pm1", ""),
    "light": ("illuminance", ""),
    "lux": ("illuminance", ""),
    "illumination": ("illuminance", ""),
    "wind_direction_deg": ("wind_direction", ""),
    "battery": ("battery_percent", ""),  # of Milesight, Dragino and most others: the share that is left
    "battery_level": ("battery_percent", ""),
    "bat": ("battery", ""),  # Dragino writes Bat and BatV, in volts
    "bat_v": ("battery", ""),
    "battery_voltage": ("battery", ""),
    "vdd": ("battery", "mV"),  # Elsys
}
# The Things Stack's normalised payload has units of its own specification: battery in V.
NORMALIZED: Mapping[str, tuple[str, str]] = {
    "air_temperature": ("temperature", ""),
    "air_relative_humidity": ("humidity", ""),
    "air_pressure": ("pressure", ""),
    "air_co2": ("co2", ""),
    "air_light_intensity": ("illuminance", ""),
    "wind_direction": ("wind_direction", ""),
    "wind_speed": ("wind_speed", ""),
    "rain_intensity": ("rain_rate", ""),
    "rain_cumulative": ("rain_total", ""),
    "soil_moisture": ("moisture", ""),
    "soil_temperature": ("soil_temperature", ""),
    "battery": ("battery", ""),
}


class _Chosen(NamedTuple):
    """What holds for one device. A codec that the config names goes before what the network server decoded, a recognised one after it."""

    codec: Codec | None
    measurement: str | None
    is_named: bool


class Sensor:
    """The choice of codecs of one source, and what it remembers of it."""

    def __init__(self, options: UplinkOptions) -> None:
        self._options = options
        self._given = _Chosen(_loaded(options.codec, options.measurement), options.measurement, options.codec is not None)
        self._rules = [(pattern.lower(), self._of(one)) for pattern, one in options.codecs.items()]
        self._chosen: dict[tuple[str, ...], _Chosen] = {}
        self._shipped: dict[tuple[str, str | None], Codec | None] = {}
        self._flattening = Flattening((), takes_strings=True, max_fields=options.max_fields, max_depth=_MAX_DEPTH)

    def readings(self, uplink: Uplink, tags: Mapping[str, str], time_ns: int | None, refusals: Refusals) -> list[Reading]:
        """Return what the uplink measured; `time_ns` is its time."""
        codec, measurement, is_named = self._choice(uplink)
        if uplink.decoded is not None and (not is_named or codec is None or not uplink.data):
            return self._decoded(uplink, measurement, tags, time_ns, refusals)
        if not uplink.data:
            return []
        if codec is None:
            if self._options.unknown_payload == "refuse":
                named = ", ".join(hint for hint in uplink.hints if hint) or uplink.device
                refusals.add(f'no codec for the payload of {named[:200]}; name one, as in codecs = {{ "{uplink.device}" = "milesight" }}')
            return []
        out = codec.decode(uplink.data, uplink.f_port)
        for refusal in out.refusals.listed():
            refusals.add(refusal.reason)
        return [
            Reading(name, tags, self._renamed(fields), entry.time_ns or time_ns)
            for entry in out.entries
            for name, fields in entry.fields.items()
        ]

    def _renamed(self, fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
        names = self._options.fields
        return {names.get(name, name): value for name, value in fields.items()} if names else fields

    def _choice(self, uplink: Uplink) -> _Chosen:
        key = (uplink.eui, *uplink.hints)
        if key not in self._chosen:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            self._chosen[key] = self._choose(uplink)
        return self._chosen[key]

    def _of(self, one: Choice) -> _Chosen:
        codec = one.codec if one.codec is not None else self._options.codec
        measurement = one.measurement or self._options.measurement
        return _Chosen(_loaded(codec, measurement), measurement, codec is not None)

    def _choose(self, uplink: Uplink) -> _Chosen:
        told = [name for name in (uplink.eui, *(hint.lower() for hint in uplink.hints)) if name]
        fits = (chosen for pattern, chosen in self._rules if any(fnmatchcase(name, pattern) for name in told))
        chosen = next(fits, self._given)
        if chosen.is_named or not self._options.recognise_codec:
            return chosen
        name = next(filter(None, map(model_named, uplink.hints)), "") or family_of_eui(uplink.eui)
        return chosen._replace(codec=self._recognised(name, chosen.measurement) if name else None)

    def _recognised(self, name: str, measurement: str | None) -> Codec | None:
        key = (name, measurement)
        if key not in self._shipped:
            try:
                self._shipped[key] = load(name, measurement)
            except ValueError:  # its units do not fit the measurement that the config names
                self._shipped[key] = None
        return self._shipped[key]

    def _decoded(
        self, uplink: Uplink, measurement: str | None, tags: Mapping[str, str], time_ns: int | None, refusals: Refusals
    ) -> list[Reading]:
        measurement = measurement or DEFAULT_MEASUREMENT
        readings: list[Reading] = []
        for given in (*uplink.before, uplink.decoded or {}):
            for part in parts(given, refusals, is_normalized=uplink.is_normalized):
                fields = self._fields(part, measurement, refusals, is_normalized=uplink.is_normalized)
                if fields:
                    readings.append(Reading(measurement, tags, fields, part.time_ns or time_ns))
        return readings

    def _fields(self, part: Part, measurement: str, refusals: Refusals, *, is_normalized: bool) -> dict[str, FieldValue]:
        flat = self._flattening.plain(part.values)
        if flat is None:
            flat = {}
            self._flattening.flatten(part.values, "", flat, refusals)
        fields: dict[str, FieldValue] = {}
        names = NORMALIZED if is_normalized else ALIASES
        for given, value in flat.items():
            self._add(given, value, measurement, fields, refusals, names, part.units.get(given, ""))
        return fields

    def _add(
        self,
        given: str,
        value: FieldValue,
        measurement: str,
        fields: dict[str, FieldValue],
        refusals: Refusals,
        names: Mapping[str, tuple[str, str]],
        told: str,
    ) -> None:
        alias, unit = names.get(given, (given, ""))
        if alias == "battery_percent" and (told in _VOLTS or (not told and alias not in self._options.units and _is_voltage(value))):
            alias = "battery"
        unit = told or unit
        name = self._options.fields.get(given, alias)
        if name in fields:
            name = given
        if isinstance(value, str):  # decoders that round by toFixed() give text
            number = _number(value) if name != given or find(measurement, name) is not None else None
            if number is None:
                return
            value = number
        unit = self._options.units.get(name, unit)
        row = find(measurement, name)
        if row is not None and unit and isinstance(value, float):
            try:
                value = convert(value, unit, row.unit)
            except RejectedError as error:
                refusals.add(f"field {name}: {error.reason}")
                return
        elif unit == "mV" and isinstance(value, float):  # of a measurement that is not in the catalogue
            value = convert(value, "mV", "V")
        fields[name] = value


def _loaded(codec: str | dict[str, Any] | None, measurement: str | None) -> Codec | None:
    return load(codec, measurement) if codec is not None else None


def _is_voltage(value: FieldValue) -> bool:
    """Say whether `value` of a battery that comes without a unit is volts: decoders give the share that is left as a whole number."""
    number = _number(value) if isinstance(value, str) else value
    return isinstance(number, float) and _LEAST_V < number < _MOST_V and not number.is_integer()


def _number(text: str) -> float | None:
    try:
        return as_float(text)
    except ValueError:
        return None


def sensor_object(value: Any) -> Mapping[str, Any] | None:
    """Return `value` as an object with something in it, else None."""
    return value if isinstance(value, dict) and value else None
