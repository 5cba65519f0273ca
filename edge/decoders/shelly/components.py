"""Components of Gen2 and later devices (switch:0, em:0, temperature:100 …) → readings.

Each component is a reading of its own with its key as tag `sensor`; `sys` and `wifi` speak of the device itself and have none. A meter
of three phases has its values under `a_`, `b_`, `c_`: they become `_l1`, `_l2`, `_l3`. Of `tC` and `tF` Celsius is taken.
A component that lists `errors` marks its reading with quality bit 128. What a gateway heard from a Bluetooth device has the time at which
it heard it (`last_updated_ts`): a full status repeats old values.
"""

from collections.abc import Mapping

from edge.decoders.decoder import Refusals
from edge.decoders.gathering import ANY_DEVICE, UNKNOWN, Gathering, Target, target
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.shapes import Shapes
from edge.decoders.values import as_tag
from telemetry.point import Reading
from telemetry.quality import DEVICE_ERROR, GOOD

_MAX_FIELDS = 100
_MAX_DEPTH = 3
_PHASES = {"a_": "_l1", "b_": "_l2", "c_": "_l3"}

_METER = {
    "apower": target("power", "active_power"),
    "act_power": target("power", "active_power"),
    "total_act_power": target("power", "active_power"),
    "aprtpower": target("power", "apparent_power"),
    "aprt_power": target("power", "apparent_power"),
    "total_aprt_power": target("power", "apparent_power"),
    "voltage": target("power", "voltage"),
    "current": target("power", "current"),
    "total_current": target("power", "current"),
    "n_current": target("power", "current_neutral"),
    "pf": target("power", "power_factor"),
    "freq": target("power", "frequency"),
    "total_act_energy": target("power", "energy"),
    "total_act_ret_energy": target("power", "energy_export"),
    "total_act": target("power", "energy"),
    "total_act_ret": target("power", "energy_export"),
    "output": target("state", "output"),
    "current_pos": target(UNKNOWN, "position"),
    "brightness": target(UNKNOWN, "brightness"),
}
_BY_KIND: Mapping[str, Mapping[str, Target]] = {
    "temperature": {"tC": target("air", "temperature")},
    "humidity": {"rh": target("air", "humidity")},
    "illuminance": {"lux": target("weather", "illuminance")},
    "voltmeter": {"voltage": target("power", "voltage"), "xvoltage": target(UNKNOWN, "xvoltage")},
    "input": {"state": target("state", "input"), "percent": target(UNKNOWN, "percent"), "freq": target(UNKNOWN, "freq")},
    "smoke": {"alarm": target("state", "smoke")},
    "flood": {"alarm": target("state", "water_leak")},
    "presence": {"state": target("state", "presence")},
    "presencezone": {"state": target("state", "presence"), "num_objects": target(UNKNOWN, "num_objects")},
    "thermostat": {
        "current_C": target("air", "temperature"),
        "current_humidity": target("air", "humidity"),
        "target_C": target(UNKNOWN, "target_temperature"),
        "output": target("state", "output"),
    },
    "blutrv": {
        "current_C": target("air", "temperature"),
        "target_C": target(UNKNOWN, "target_temperature"),
        "pos": target(UNKNOWN, "position"),
        "battery": target(ANY_DEVICE, "battery_percent"),
        "rssi": target(ANY_DEVICE, "rssi"),
    },
    "bthomedevice": {"battery": target(ANY_DEVICE, "battery_percent"), "rssi": target(ANY_DEVICE, "rssi")},
    "bthomesensor": {"value": target(UNKNOWN, "value")},  # what it is stands in the gateway's configuration only
    "sys": {
        "uptime": target("device", "uptime_s"),
        "ram_free": target("device", "free_memory_bytes"),
        "fs_free": target("device", "fs_free_bytes"),
    },
    "wifi": {"rssi": target(ANY_DEVICE, "rssi")},
}
_CHIP_TEMPERATURE = target("device", "chip_temperature")
_ENERGY = {"aenergy": target("power", "energy"), "ret_aenergy": target("power", "energy_export")}
_BATTERY = {"V": target(ANY_DEVICE, "battery"), "percent": target(ANY_DEVICE, "battery_percent")}
_METERS = frozenset({"switch", "cover", "light", "pm1", "em", "em1", "emdata", "em1data", "rgb", "rgbw", "cct", "rgbcct"})
_HEARD = frozenset({"blutrv", "bthomedevice", "bthomesensor"})
_CLOCK_SET_S = 1_451_606_400  # 2016
_LAST_S = 9_000_000_000  # what 64 bits of nanoseconds hold
_OF_DEVICE = frozenset({"sys", "wifi"})
_NO_READINGS = frozenset(
    {"cloud", "mqtt", "ws", "ble", "eth", "bthome", "ht_ui", "ui", "plugs_ui", "script", "schedule", "modbus", "knx", "matter"}
)
_NO_VALUES = frozenset(
    {
        "id",
        "source",
        "errors",
        "ts",
        "last_updated_ts",
        "tF",
        "timer_started_at",
        "timer_duration",
        "user_calibrated_phase",
        "restart_required",
    }
)


def _inside(where: Target, name: str) -> Target:
    """Return the target of an object of which only one value counts; LookupError where it is not there."""
    convert = where.convert
    return where._replace(convert=lambda values: convert(values[name]))  # type: ignore[index]


_NESTED = {name: _inside(where, "total") for name, where in _ENERGY.items()} | {"temperature": _inside(_CHIP_TEMPERATURE, "tC")}
_shapes = Shapes()
_other = Flattening((), takes_strings=False, max_fields=_MAX_FIELDS, max_depth=_MAX_DEPTH)


def read_component(
    key: str, values: Mapping[str, object], tags: Mapping[str, str], time_ns: int | None, refusals: Refusals
) -> list[Reading]:
    """Return the readings of one component, none for those that measure nothing."""
    kind = key.partition(":")[0]
    if kind in _NO_READINGS:
        return []
    if kind in _HEARD:
        heard_s = values.get("last_updated_ts")
        if isinstance(heard_s, int | float) and _CLOCK_SET_S < heard_s < _LAST_S:
            time_ns = round(heard_s * 1000) * 1_000_000
    if kind not in _OF_DEVICE:
        tags = {**tags, "sensor": as_tag(key)}
    if kind in _METERS and (shape := _shapes.of(tuple(values), _places, values)):
        readings = shape.read(values, tags, time_ns)
        if readings is not None:
            return readings
    gathering = Gathering(refusals)
    if kind in _METERS:
        _put_meter(values, gathering, refusals)
    else:
        _put_other(kind, values, gathering, refusals)
    quality = DEVICE_ERROR if values.get("errors") else GOOD
    return gathering.readings(tags, time_ns, quality)


def _places(values: Mapping[str, object]) -> list[tuple[str, Target]] | None:
    """Return where each value of a meter belongs, None where more than the keys decides it."""
    places: list[tuple[str, Target]] = []
    for name in values:
        if name == "errors":
            return None
        if name in _NO_VALUES:
            continue
        phase = _PHASES.get(name[:2])
        where = _METER.get(name) or _NESTED.get(name) or (_METER.get(name[2:]) if phase else None)
        if where is None:
            return None
        places.append((name, where if name in _METER or name in _NESTED else where._replace(field=f"{where.field}{phase}")))
    return places


def _put_other(kind: str, values: Mapping[str, object], gathering: Gathering, refusals: Refusals) -> None:
    battery = values.get("battery")
    if kind == "devicepower":
        for name, where in _BATTERY.items():
            if isinstance(battery, dict) and battery.get(name) is not None:
                gathering.put(where, battery[name])
    elif kind in _BY_KIND:
        for name, where in _BY_KIND[kind].items():
            if values.get(name) is not None:
                gathering.put(where, values[name])
        if kind == "input" and isinstance(counts := values.get("counts"), dict):
            _flatten({"counts": counts}, gathering, refusals)
    else:
        _flatten({name: value for name, value in values.items() if name not in _NO_VALUES}, gathering, refusals)


def _put_meter(values: Mapping[str, object], gathering: Gathering, refusals: Refusals) -> None:
    other: dict[str, object] = {}
    for name, value in values.items():
        if value is None or name in _NO_VALUES:
            continue
        if (where := _METER.get(name)) is not None:
            gathering.put(where, value)
        elif (phase := _PHASES.get(name[:2])) and (where := _METER.get(name[2:])):
            gathering.put(where._replace(field=where.field + phase), value)
        elif name in _ENERGY and isinstance(value, dict):
            if value.get("total") is not None:
                gathering.put(_ENERGY[name], value["total"])
        elif name == "temperature" and isinstance(value, dict):
            if value.get("tC") is not None:
                gathering.put(_CHIP_TEMPERATURE, value["tC"])
        elif not name.endswith("_errors") and not isinstance(value, str):
            other[name] = value
    _flatten(other, gathering, refusals)


def _flatten(values: dict[str, object], gathering: Gathering, refusals: Refusals) -> None:
    if values:
        _other.flatten(values, "", gathering.fields(UNKNOWN), refusals)
