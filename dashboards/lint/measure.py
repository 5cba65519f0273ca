"""Units as numbers one can calculate with: `µg/m³` is 10⁻⁶ of g·m⁻³, and dividing the number by 1000 makes mg/m³ of it.

A notation is symbols joined by `/`, each with an exponent 2 or 3: in the catalogue (`ug/m3`, `1/cm3`), in Grafana's suffixes (`mm/h`).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

Form = Literal["number", "text", "flag", "constant"]

_TOLERANCE = Fraction(1, 10**9)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SYMBOLS: Mapping[str, tuple[Fraction, Mapping[str, int]]] = {
    **{
        symbol: (Fraction(scale), {"m": 1}) for symbol, scale in {"m": "1", "km": "1000", "cm": "0.01", "mm": "0.001", "um": "1e-6"}.items()
    },
    **{
        symbol: (Fraction(scale), {"g": 1}) for symbol, scale in {"kg": "1000", "g": "1", "mg": "0.001", "ug": "1e-6", "ng": "1e-9"}.items()
    },
    **{symbol: (Fraction(scale), {"s": 1}) for symbol, scale in {"s": "1", "ms": "0.001", "us": "1e-6", "ns": "1e-9"}.items()},
    **{symbol: (Fraction(scale), {"s": 1}) for symbol, scale in {"min": _MINUTE, "h": _HOUR, "d": _DAY, "a": 365 * _DAY}.items()},
    **{symbol: (Fraction(scale), {"Pa": 1}) for symbol, scale in {"Pa": 1, "hPa": 100, "kPa": 1000}.items()},
    **{
        symbol: (Fraction(scale), {"By": 1})
        for symbol, scale in {"bit": "0.125", "By": "1", "kB": "1000", "MB": "1e6", "GB": "1e9"}.items()
    },
    **{symbol: (Fraction(scale), {"By": 1}) for symbol, scale in {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}.items()},
    "TB": (Fraction(10**12), {"By": 1}),
    "L": (Fraction(1, 1000), {"m": 3}),
    "Wh": (Fraction(_HOUR), {"W": 1, "s": 1}),
    "kWh": (Fraction(1000 * _HOUR), {"W": 1, "s": 1}),
    "varh": (Fraction(_HOUR), {"var": 1, "s": 1}),
    "ppb": (Fraction(1, 1000), {"ppm": 1}),
    "%": (Fraction(1, 100), {}),
    "1": (Fraction(1), {}),
    "": (Fraction(1), {}),
    "{count}": (Fraction(1), {}),
    **{
        f"{prefix}{of}": (scale, {of: 1})
        for of in ("V", "A", "W", "var", "VA", "S", "Hz")
        for prefix, scale in {
            "": Fraction(1),
            "u": Fraction(1, 10**6),
            "m": Fraction(1, 1000),
            "k": Fraction(1000),
            "M": Fraction(10**6),
        }.items()
    },
    **{symbol: (Fraction(1), {symbol: 1}) for symbol in ("Cel", "deg", "lx", "dB", "dB(A)", "dB(C)", "dBm", "NTU", "ohm", "ppm")},
}
_SPELT = {"µ": "u", "μ": "u", "²": "2", "³": "3", "°C": "Cel", "°": "deg", "Ω": "ohm"}
_EXPONENT = re.compile(r"(.*[a-zA-Z])([23])")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number is: times `scale` it is in the base units of `bases`. A "constant" stands in the query itself, as a limit line does,
    and is meant in the unit it is shown in.

    `is_share` is a part of a whole, 0 to 1, which may be shown in per cent.
    """

    scale: Fraction = Fraction(1)
    bases: tuple[tuple[str, int], ...] = ()
    form: Form = "number"
    is_share: bool = False

    def is_like(self, other: "Measure") -> bool:
        """Whether numbers of both mean the same, with constants as 57.29577951308232 for a degree."""
        return self.bases == other.bases and abs(self.scale / other.scale - 1) < _TOLERANCE

    @property
    def key(self) -> tuple[Fraction, tuple[tuple[str, int], ...]]:
        return self.scale, self.bases

    def times(self, other: "Measure", power: int = 1) -> "Measure":
        """Return the measure of the product of two numbers, with `power` -1 of the first by the second."""
        bases = dict(self.bases)
        for base, exponent in other.bases:
            bases[base] = bases.get(base, 0) + exponent * power
        is_share = power == -1 and bool(other.bases or self.bases or other.form == "number") and not any(bases.values())
        return Measure(self.scale * other.scale**power, _sorted(bases), is_share=is_share)

    def scaled(self, factor: Fraction) -> "Measure":
        """Return the measure of a number that was multiplied by a constant; a sign is none of a unit."""
        return replace(self, scale=self.scale / abs(factor)) if factor else CONSTANT


NUMBER = Measure()
CONSTANT = Measure(form="constant")
RADIANS = Measure(Fraction(math.degrees(1.0)), (("deg", 1),))
TEXT = Measure(form="text")
FLAG = Measure(form="flag")


def measure_of(notation: str) -> Measure | None:
    """Return what a notation means, None where a symbol is not known."""
    for spelt, symbol in _SPELT.items():
        notation = notation.replace(spelt, symbol)
    first, *below = notation.strip().split("/")
    found = _part(first.strip())
    for part in below:
        divisor = _part(part.strip())
        found = found and divisor and replace(found.times(divisor, -1), is_share=False)
    return found


def duration(ns: int) -> Measure:
    """Return the measure of a number that counts durations of so many ns."""
    return Measure(Fraction(ns, 10**9), (("s", 1),))


def _part(text: str) -> Measure | None:
    power = 1
    if text not in _SYMBOLS and (match := _EXPONENT.fullmatch(text)):
        text, power = match[1], int(match[2])
    if text not in _SYMBOLS:
        return None
    scale, bases = _SYMBOLS[text]
    return Measure(scale**power, _sorted({base: exponent * power for base, exponent in bases.items()}))


def _sorted(bases: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((base, exponent) for base, exponent in bases.items() if exponent))
