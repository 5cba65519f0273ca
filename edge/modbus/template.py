"""Register maps: what a device keeps where, as one TOML file. docs/specs/modbus.md has the format with an example.

`load_template("sdm120")` takes one of our own (edge/modbus/templates/), `load_template("/etc/quanho/meter.toml")` one of the site.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from edge.modbus.field_row import BlockRow, Condition, FaultRow, FieldRow, Name, Order
from edge.modbus.frame import Span
from edge.modbus.overlaps import overlap_problems
from edge.modbus.quirks import Quirk, check_quirks, combined
from runtime.settings import Settings
from telemetry import catalogue, units
from telemetry.errors import ConfigError, Problem
from telemetry.nearest import instead_of

FOLDER = Path(__file__).parent / "templates"
_MOST_FIELDS = 500
_MOST_BLOCKS = 50


class Template(Settings):
    """One kind of device."""

    name: str = Field(min_length=1, max_length=64, description="name in a config")
    vi: str = Field(min_length=1, description="what it is, in Vietnamese")
    en: str = Field(min_length=1, description="what it is, in English")
    source: str = Field(min_length=1, description="where the map is from: maker, document, version")
    measurement: Name = Field(description="measurement of its readings")
    baudrate: int = Field(9600, ge=300, le=1_000_000, description="as it leaves the factory")
    parity: Literal["none", "even", "odd"] = Field("none", description="as it leaves the factory")
    stop_bits: Literal[1, 2] = Field(1, description="as it leaves the factory")
    unit_id: int = Field(1, ge=1, le=247, description="as it leaves the factory")
    order: Order = Field("ABCD", description="bytes of values of several registers, ABCD: highest first")
    max_registers: int = Field(125, ge=1, le=125, description="registers it gives at once")
    max_gap: int = Field(0, ge=0, le=100, description="registers that nobody wants and that may be read along to save a request")
    quirks: tuple[str, ...] = Field((), description="what the device does against the standard, by name (edge/modbus/quirks.py)")
    block: tuple[BlockRow, ...] = Field(
        (), max_length=_MOST_BLOCKS, description="reads as they have to be; without: merged from the fields"
    )
    fault: tuple[FaultRow, ...] = Field((), max_length=_MOST_BLOCKS, description="where the device tells of its faults")
    field: tuple[FieldRow, ...] = Field(min_length=1, max_length=_MOST_FIELDS, description="its values")

    @property
    def wanted(self) -> tuple[Span, ...]:
        """What has to be read, row by row."""
        return (*(row.needs for row in self.field), *(row.needs for row in self.fault))

    @property
    def effects(self) -> Quirk:
        """What its quirks come to."""
        return combined(self.quirks)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Template":
        check_quirks(self.quirks)
        problems = [*self._names(), *self._sizes(), *self._units(), *self._blocks(), *overlap_problems(self.field)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _names(self) -> Iterator[str]:
        for name, count in Counter(row.name for row in self.field).items():
            if count > 1 and not _exclude_each_other([row.when for row in self.field if row.name == name]):
                yield f"field {name} is there {count} times, and not each under another `when` of the same register"

    def _sizes(self) -> Iterator[str]:
        for row in self.field:
            if row.needs.length > self.max_registers:
                yield f"field {row.name} takes {row.needs.length} registers, max_registers is {self.max_registers}"

    def _units(self) -> Iterator[str]:
        for row in self.field:
            quantity = catalogue.find(self.measurement, row.name)
            if quantity and row.unit and quantity.unit and not units.is_convertible(row.unit, quantity.unit):
                yield f"field {row.name}: {row.unit} cannot become {quantity.unit}, the unit of the catalogue"

    def _blocks(self) -> Iterator[str]:
        if self.effects.needs_blocks and not self.block:
            yield "its quirks say that it gives whole blocks only: list them as [[block]]"
        for block in self.block:
            if block.function in {3, 4} and block.length > self.max_registers:
                yield f"the block of {block.length} registers from {block.address} is longer than max_registers, {self.max_registers}"
        if self.block:
            outside = [row.name for row in self.field if not any(block.span.holds(row.needs) for block in self.block)]
            yield from (f"field {name} is in no block" for name in outside)
            for fault in self.fault:
                if not any(block.span.holds(fault.needs) for block in self.block):
                    yield f"the fault at {fault.address} is in no block"


def _exclude_each_other(conditions: Sequence[Condition | None]) -> bool:
    numbers = [number for condition in conditions if condition for number in condition.equals]
    places = {condition and (condition.address, condition.type) for condition in conditions}
    return len(places) == 1 and None not in places and len(set(numbers)) == len(numbers)


@cache
def template_names() -> tuple[str, ...]:
    """Return the names of our own templates."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_template(name: str) -> Template:
    """Return the template of that name, or in that file (a name with a dot or a slash); ConfigError says what is wrong with it."""
    if "." in name or "/" in name:
        return _read(Path(name))
    if name not in template_names():
        hint = f"no such template; {instead_of(name, template_names())}; or the path of a .toml file"
        raise ConfigError([Problem(name, "template", hint)])
    return _own(name)


@cache
def _own(name: str) -> Template:
    """Return one that came along; a config names it more than once (the check, the source, the decoder), and it does not change."""
    return _read(FOLDER / f"{name}.toml")


def _read(path: Path) -> Template:
    try:
        return parse_template(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except OSError as error:
        raise ConfigError([Problem(str(path), "", f"cannot be read: {error.strerror}")]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError([Problem(str(path), "", f"no TOML: {error}")]) from error


def parse_template(tree: Mapping[str, object], where: str) -> Template:
    """Return the template in `tree`; ConfigError with every problem at once, by row."""
    try:
        return Template.model_validate(tree)
    except ValidationError as error:
        found = error.errors()
        if any(one["loc"][:1] == ("field",) and len(one["loc"]) > 1 for one in found):
            found = [one for one in found if one["loc"] != ("field",)]  # it says that there are too few rows: wrong ones do not count
        raise ConfigError([_problem(tree, where, dict(one)) for one in found]) from error


def _problem(tree: Mapping[str, object], where: str, error: Mapping[str, object]) -> Problem:
    place = error["loc"]
    parts = [str(part) for part in place] if isinstance(place, tuple) else []
    rows = tree.get(parts[0]) if parts else None
    if len(parts) > 1 and parts[1].isdigit() and isinstance(rows, list):
        row = rows[int(parts[1])]
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            parts[1] = row["name"]
    return Problem(where, ".".join(parts), str(error["msg"]).removeprefix("Value error, "))
