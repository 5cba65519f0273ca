"""Units and conversion between them. A unit has one code (UCUM where UCUM has a readable one) and perhaps other spellings.

Converted values keep 12 significant digits: more than any sensor has, and 295.35 K becomes 22.2 Cel, not 22.200000000000045.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from telemetry.errors import RejectedError


class ConversionError(RejectedError):
    """`from_unit` cannot become `to_unit`: one is unknown, or they measure different things."""

    def __init__(self, from_unit: str, to_unit: str, reason: str) -> None:
        super().__init__(f"cannot convert {from_unit} to {to_unit}: {reason}")
        self.from_unit = from_unit
        self.to_unit = to_unit


class Unit(NamedTuple):
    """base = (value + shift) * numerator / denominator, in the base unit of `dimension`."""

    dimension: str
    numerator: float = 1
    denominator: float = 1
    shift: float = 0


UNITS = {
    "Cel": Unit("temperature"),
    "K": Unit("temperature", shift=-273.15),
    "degF": Unit("temperature", 5, 9, shift=-32),
    "hPa": Unit("pressure"),
    "Pa": Unit("pressure", 1, 100),
    "kPa": Unit("pressure", 10),
    "bar": Unit("pressure", 1000),
    "mm[Hg]": Unit("pressure", 1013.25, 760),
    "[psi]": Unit("pressure", 68.947572931683),
    "in[Hg]": Unit("pressure", 254 * 1013.25, 7600),
    "ug/m3": Unit("mass concentration"),
    "mg/m3": Unit("mass concentration", 1000),
    "g/m3": Unit("mass concentration", 1_000_000),
    "kg/m3": Unit("mass concentration", 1_000_000_000),
    "ppb": Unit("amount fraction"),
    "ppm": Unit("amount fraction", 1000),
    "m": Unit("length"),
    "cm": Unit("length", 1, 100),
    "mm": Unit("length", 1, 1000),
    "km": Unit("length", 1000),
    "[nmi_i]": Unit("length", 1852),
    "ft": Unit("length", 3048, 10_000),
    "in": Unit("length", 254, 10_000),
    "m/s": Unit("speed"),
    "km/h": Unit("speed", 10, 36),
    "kn": Unit("speed", 1852, 3600),
    "mph": Unit("speed", 44_704, 100_000),
    "ft/s": Unit("speed", 3048, 10_000),
    "yd/s": Unit("speed", 9144, 10_000),
    "mm/h": Unit("rain rate"),
    "in/h": Unit("rain rate", 254, 10),
    "m3/s": Unit("flow"),
    "m3/h": Unit("flow", 1, 3600),
    "L/s": Unit("flow", 1, 1000),
    "deg": Unit("angle"),
    "rad": Unit("angle", 180, 3.141592653589793),
    "%": Unit("ratio"),
    "1": Unit("ratio", 100),
    "[p'th]": Unit("ratio", 1, 10),
    "W/m2": Unit("irradiance"),
    "lx": Unit("illuminance"),
    "klx": Unit("illuminance", 1000),
    "dB": Unit("level difference"),
    "dB(A)": Unit("A-weighted level"),
    "dB(C)": Unit("C-weighted level"),
    "V": Unit("voltage"),
    "mV": Unit("voltage", 1, 1000),
    "kV": Unit("voltage", 1000),
    "A": Unit("current"),
    "mA": Unit("current", 1, 1000),
    "W": Unit("active power"),
    "kW": Unit("active power", 1000),
    "MW": Unit("active power", 1_000_000),
    "var": Unit("reactive power"),
    "kvar": Unit("reactive power", 1000),
    "VA": Unit("apparent power"),
    "kVA": Unit("apparent power", 1000),
    "Wh": Unit("energy"),
    "kWh": Unit("energy", 1000),
    "MWh": Unit("energy", 1_000_000),
    "J": Unit("energy", 1, 3600),
    "W.min": Unit("energy", 1, 60),
    "varh": Unit("reactive energy"),
    "kvarh": Unit("reactive energy", 1000),
    "vars": Unit("reactive energy", 1, 3600),
    "uS/cm": Unit("conductivity"),
    "mS/cm": Unit("conductivity", 1000),
    "S/m": Unit("conductivity", 10_000),
    "Hz": Unit("frequency"),
    "MHz": Unit("frequency", 1_000_000),
    "1/s": Unit("rate"),
    "1/min": Unit("rate", 1, 60),
    "s": Unit("time"),
    "ms": Unit("time", 1, 1000),
    "ns": Unit("time", 1, 1_000_000_000),
    "min": Unit("time", 60),
    "h": Unit("time", 3600),
    "By": Unit("data"),
    "KiBy": Unit("data", 1024),
    "MiBy": Unit("data", 1024**2),
    "GBy": Unit("data", 1_000_000_000),
    "dBm": Unit("radio level"),
    "dBW": Unit("radio level", shift=30),
    "mg/L": Unit("mass concentration", 1_000_000),
    "NTU": Unit("turbidity"),
    "mg/kg": Unit("mass fraction"),
    "kg": Unit("mass"),
    "g": Unit("mass", 1, 1000),
    "t": Unit("mass", 1000),
    "[lb_av]": Unit("mass", 45_359_237, 100_000_000),
    "m3": Unit("volume"),
    "L": Unit("volume", 1, 1000),
    "{count}": Unit("count"),
    "1/cm3": Unit("number concentration"),
    "um": Unit("length", 1, 1_000_000),
    "ohm": Unit("resistance"),
    "kohm": Unit("resistance", 1000),
}
SPELLINGS = {
    **dict.fromkeys(("C", "degC", "°C"), "Cel"),
    **dict.fromkeys(("F", "°F"), "degF"),
    **dict.fromkeys(("µg/m3", "µg/m³", "ug/m³", "μg/m³", "μg/m3"), "ug/m3"),
    **dict.fromkeys(("mbar", "mb"), "hPa"),
    **dict.fromkeys(("mmHg",), "mm[Hg]"),
    **dict.fromkeys(("inHg",), "in[Hg]"),
    **dict.fromkeys(("psi",), "[psi]"),
    **dict.fromkeys(("µS/cm", "μS/cm"), "uS/cm"),
    **dict.fromkeys(("mg/m³",), "mg/m3"),
    **dict.fromkeys(("kt", "knot"), "kn"),
    **dict.fromkeys(("nmi", "NM"), "[nmi_i]"),
    **dict.fromkeys(("kmh", "kph"), "km/h"),
    **dict.fromkeys(("m³/s",), "m3/s"),
    **dict.fromkeys(("°",), "deg"),
    **dict.fromkeys(("dBA",), "dB(A)"),
    **dict.fromkeys(("W/m²",), "W/m2"),
    **dict.fromkeys(("B", "bytes"), "By"),
    **dict.fromkeys(("lb", "lbs"), "[lb_av]"),
}
_BASES = {unit.dimension: code for code, unit in UNITS.items() if unit == Unit(unit.dimension)}
_DIGITS = 12
_WHOLE = 10.0**_DIGITS  # whole numbers below it have no more digits than are kept
_POWERS_OF_TEN = frozenset(10**power for power in range(1, 10))

GAS_G_PER_MOL = {
    "co": 28.010,
    "co2": 44.009,
    "no": 30.006,
    "no2": 46.006,
    "o3": 47.998,
    "so2": 64.066,
    "h2s": 34.081,
    "nh3": 17.031,
    "hcho": 30.026,
}
_L_PER_MOL = 24.465  # ideal gas at 25 °C and 760 mmHg, the reference state of QCVN 05:2023/BTNMT


def convert(value: float, from_unit: str, to_unit: str) -> float:
    """Return `value` of `from_unit` in `to_unit`; ConversionError when that makes no sense."""
    return converter(from_unit, to_unit)(value)


def base_unit(name: str) -> str | None:
    """Return the unit that `name` is reckoned from (kWh from Wh, K from Cel); None for a unit that is not known."""
    unit = UNITS.get(SPELLINGS.get(name, name))
    return _BASES[unit.dimension] if unit else None


@lru_cache(1_024)
def converter(from_unit: str, to_unit: str) -> Callable[[float], float]:
    """Return what `convert` does between these two, for values that come again and again; ConversionError when that makes no sense."""
    source, target = _unit(from_unit, from_unit, to_unit), _unit(to_unit, from_unit, to_unit)
    if source.dimension != target.dimension:
        raise ConversionError(from_unit, to_unit, f"{source.dimension} is not {target.dimension}")
    if source is target:
        return float
    _, numerator, denominator, shift = source
    _, by, times, back = target
    if shift == back == 0 and denominator == by == 1 and 1 in {numerator, times}:
        return _multiplied(numerator * times)
    if shift == back == 0 and numerator == times == 1 and 1 in {denominator, by} and denominator * by in _POWERS_OF_TEN:
        return _divided(denominator * by)
    return lambda value: _rounded((value + shift) * numerator / denominator * times / by - back)


def is_convertible(from_unit: str, to_unit: str) -> bool:
    """Whether `convert` can work between the two; for checking a config before any value comes."""
    try:
        converter(from_unit, to_unit)
    except ConversionError:
        return False
    return True


def gas_mass(ppb: float, gas: str) -> float:
    """Return ug/m3 of `gas` ("no2") at 25 °C and 760 mmHg for `ppb`: what VN_AQI and QCVN 05 count in."""
    if gas not in GAS_G_PER_MOL:
        raise ConversionError("ppb", "ug/m3", f"no molar mass for {gas!r}; known: {', '.join(GAS_G_PER_MOL)}")
    return _rounded(ppb * GAS_G_PER_MOL[gas] / _L_PER_MOL)


def _unit(name: str, from_unit: str, to_unit: str) -> Unit:
    unit = UNITS.get(SPELLINGS.get(name, name))
    if unit is None:
        raise ConversionError(from_unit, to_unit, f"unknown unit {name!r}")
    return unit


def _multiplied(factor: float) -> Callable[[float], float]:
    def convert(value: float) -> float:
        product = value * factor + 0.0  # never -0.0
        return product if product % 1 == 0 and -_WHOLE < product < _WHOLE else _rounded(product)

    return convert


def _divided(divisor: float) -> Callable[[float], float]:
    """A power of ten: dividing a whole number by it rounds once, to the float of the decimal that is meant."""

    def convert(value: float) -> float:
        quotient = value / divisor + 0.0
        return quotient if value % 1 == 0 and -_WHOLE < value < _WHOLE else _rounded(quotient)

    return convert


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
