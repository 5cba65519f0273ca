"""What becomes of one field: worked out once a field, shared by all series of a measurement that treat it alike."""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from edge.decoders.decoder import shown
from edge.names import lower_snake
from edge.normalise_settings import Calibration, NormaliseSettings
from telemetry import catalogue, quality, units
from telemetry.catalogue.limits import ANY, Limits, limits_of
from telemetry.point import FieldValue, Unsigned

MAX_STRING_BYTES = 64 * 1024  # InfluxDB 1.x and 2.x refuse longer string fields

Kind = Literal["float", "int", "uint", "bool", "str"]

_LARGEST = math.ldexp(2.0 - 2.0**-52, 1023)
_INT64 = (-(2**63), 2**63 - 1)
_UINT64 = (0, 2**64 - 1)
_ANY = (-_LARGEST, _LARGEST)
_KINDS: Mapping[str, Kind] = {"float": "float", "int": "int", "bool": "bool", "string": "str"}  # the catalogue's words
_LONGEST_NAME = 64  # as in telemetry/identifiers.py
_BLANKS = {code: " " for code in range(32) if code != ord("\t")}  # a line holds no line feed, and no server keeps the others
RESERVED_FIELDS = {
    "time": "the timestamp (InfluxQL); map it as the time",
    "quality": "our quality bits",
    "site": "a tag of every point",
    "gateway": "a tag of every point",
    "device": "a tag of every point",
}


class Dropped(Exception):
    """The config does not keep this field."""


class FieldPlan:
    """One field. `low` and `high` are finite for a float stored as it came, else they exclude every value and `take` decides."""

    __slots__ = ("_adjust", "_kind", "_range", "high", "low", "name")

    def __init__(self, name: str, kind: Kind, bounds: tuple[float, float], adjust: Callable[[float], float] | None) -> None:
        self.name = name
        self._kind = kind
        self._range = bounds
        self._adjust = adjust
        self.low, self.high = bounds if kind == "float" and adjust is None else (math.inf, -math.inf)

    def take(self, value: FieldValue) -> tuple[FieldValue, int]:
        """Return the stored value and its quality bits; ValueError says why it cannot be stored."""
        if self._kind == "str":
            return _text(value), quality.GOOD
        if self._kind == "bool":
            return _truth(value), quality.GOOD
        number = self._number(value)
        low, high = self._range
        return number, quality.GOOD if low <= number <= high else quality.OUT_OF_RANGE

    def _number(self, value: FieldValue) -> float:
        if isinstance(value, str | bool):
            raise ValueError(f"{shown(value)} where a number is kept; give the field a type in the decoder's mapping, or another name")  # noqa: TRY004
        if self._kind != "float" and self._adjust is None and isinstance(value, int):
            return _whole(value, self._kind)
        try:
            number = float(value) if self._adjust is None else self._adjust(float(value))
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise ValueError(f"{shown(value)} is no finite number")
        return number if self._kind == "float" else _whole(number, self._kind)


class _Dropping(FieldPlan):
    def take(self, value: FieldValue) -> tuple[FieldValue, int]:
        raise Dropped(self.name, value)


class FieldPlans:
    """The fields of one measurement, as one device (or all without a calibration of their own) sends them."""

    def __init__(self, table: "FieldPlanTable", measurement: str, calibration: Mapping[str, Calibration]) -> None:
        self.known: dict[str, FieldPlan] = {}
        self.limits: dict[str, Limits] = {}  # by stored name, of those fields that have any
        self._table = table
        self._measurement = measurement
        self._calibration = calibration

    def plan(self, name: str, first: FieldValue) -> FieldPlan:
        """Return the plan of a field seen for the first time, with this value; ValueError when it cannot be stored at all."""
        made = self.known[name] = self._table.make(self._measurement, name, first, self._calibration)
        limits = self._table.limits(self._measurement, made.name)
        if limits.marks:
            self.limits[made.name] = limits
        return made


class FieldPlanTable:
    """The field plans of one source, and the types of its fields that the catalogue does not know."""

    def __init__(self, settings: NormaliseSettings, *, is_warm_up_told: bool = False) -> None:
        self._settings = settings
        self._is_warm_up_told = is_warm_up_told
        self._shared: dict[tuple[str, str], FieldPlans] = {}
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._made_count = 0
        self._calibrated_devices = {name.rpartition(".")[0] for name in settings.calibration} - {""}

    def of(self, measurement: str, device: str) -> FieldPlans:
        """Return the field plans for one device's measurement."""
        own = device if device in self._calibrated_devices else ""
        plans = self._shared.get((measurement, own))
        if plans is None:
            given = self._settings.calibration
            calibration = {name: one for name, one in given.items() if "." not in name}
            calibration |= {name.rpartition(".")[2]: one for name, one in given.items() if own and name.rpartition(".")[0] == own}
            plans = self._shared[measurement, own] = FieldPlans(self, measurement, calibration)
        return plans

    def limits(self, measurement: str, name: str) -> Limits:
        """Return when a number of this field is not to be believed although it is in range."""
        known = limits_of(measurement, name) if catalogue.find(measurement, name) else ANY
        if self._is_warm_up_told:
            known = known._replace(warm_up_s=0.0)
        given = self._settings.limits.get(name)
        return given.over(known) if given else known

    def make(self, measurement: str, given_name: str, first: FieldValue, calibration: Mapping[str, Calibration]) -> FieldPlan:
        settings = self._settings
        name = settings.rename.get(given_name) or stored_name(given_name)
        if given_name in settings.drop or name in settings.drop:
            made: FieldPlan = _Dropping(name, "float", _ANY, _keep)
        elif name in RESERVED_FIELDS:
            raise ValueError(f"the name {name} is kept for {RESERVED_FIELDS[name]}; rename the field, or drop it")
        else:
            made = self._made(measurement, given_name, name, first, calibration)
        if self._made_count >= settings.max_fields:
            raise ValueError(f"field limit: {settings.max_fields} fields of this source are known, this is one more (max_fields)")
        self._made_count += 1
        return made

    def _made(self, measurement: str, given_name: str, name: str, first: FieldValue, calibration: Mapping[str, Calibration]) -> FieldPlan:
        settings = self._settings
        quantity = catalogue.find(measurement, name)
        kind = _KINDS[quantity.type] if quantity else self._kinds.get((measurement, name)) or _kind_of(first)
        bounds = settings.ranges.get(name) or ((_bound(quantity.low, -_LARGEST), _bound(quantity.high, _LARGEST)) if quantity else _ANY)
        unit = settings.units.get(name) or settings.units.get(given_name)
        to_stored = conversion(unit, quantity.unit, name) if unit and quantity and quantity.unit else None
        if quantity is None:
            if (measurement, name) not in self._kinds and len(self._kinds) >= settings.max_fields:
                raise ValueError(f"field limit: {settings.max_fields} fields of this source are known, this is one more (max_fields)")
            self._kinds[measurement, name] = kind
        return FieldPlan(name, kind, bounds, _adjustment(to_stored, calibration.get(name) or calibration.get(given_name)))


def stored_name(name: str) -> str:
    """Return a field or measurement name as it is stored: lower_snake, beginning with a letter, at most 64 characters."""
    snake = lower_snake(name)
    return (snake if "a" <= snake[0] <= "z" else f"f_{snake.lstrip('_')}")[:_LONGEST_NAME]


def conversion(unit: str, stored_unit: str, field: str) -> Callable[[float], float] | None:
    """Return the conversion from the device's unit; ConversionError (a RejectedError) when the two do not fit."""
    if field in units.GAS_G_PER_MOL and stored_unit == "ug/m3" and units.is_convertible(unit, "ppb"):
        return lambda value: units.gas_mass(units.convert(value, unit, "ppb"), field)
    return units.converter(unit, stored_unit)


def _adjustment(to_stored: Callable[[float], float] | None, calibration: Calibration | None) -> Callable[[float], float] | None:
    if calibration is None:
        return to_stored
    gain, offset = calibration.gain, calibration.offset
    if to_stored is None:
        return lambda value: gain * value + offset
    return lambda value: gain * to_stored(value) + offset


def _keep(value: float) -> float:
    return value


def _bound(given: float | None, otherwise: float) -> float:
    return otherwise if given is None else given


def _kind_of(value: FieldValue) -> Kind:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float | str):
        return "float" if isinstance(value, float) else "str"
    return "uint" if isinstance(value, Unsigned) else "int"


def _whole(value: float, kind: Kind) -> int:
    if value != int(value):
        raise ValueError(f"{shown(value)} where a whole number is kept")
    low, high = _UINT64 if kind == "uint" else _INT64
    if not low <= value <= high:
        raise ValueError(f"{shown(value)} does not fit 64 bits")
    return Unsigned(int(value)) if kind == "uint" else int(value)


def _truth(value: FieldValue) -> bool:
    if isinstance(value, str) or value not in {0, 1}:
        raise ValueError(f"{shown(value)} where true or false is kept")
    return bool(value)


def _text(value: FieldValue) -> str:
    """Return text fit for one line: each control character but TAB becomes a space (docs/specs/wire.md, section 2)."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} where text is kept; a field's type never changes")  # noqa: TRY004
    if len(value) > MAX_STRING_BYTES or len(value.encode("utf-8", "replace")) > MAX_STRING_BYTES:
        raise ValueError(f"text of {len(value)} characters; the store takes {MAX_STRING_BYTES} bytes")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{shown(value)} has half a surrogate pair, which is not text")
    return value if value.isprintable() else value.translate(_BLANKS)
