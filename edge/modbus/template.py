"""Register maps: what a device keeps where, as one TOML file. docs/specs/modbus.md has the format with an example.

`load_template("sdm120")` takes one of our own (edge/modbus/templates/), `load_template("/etc/quanho/meter.toml")` one of the site.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, StringConstraints, ValidationError, model_validator

from edge.modbus.frame import Span
from edge.modbus.values import LENGTHS, TypeName
from runtime.settings import Settings
from telemetry import catalogue, units
from telemetry.errors import ConfigError, Problem

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Function = Literal[1, 2, 3, 4]
FOLDER = Path(__file__).parent / "templates"
_MOST_FIELDS = 500


class FieldRow(Settings):
    """One row [[field]]: a value, and where it is."""

    name: Name = Field(description="field that is stored; one of the catalogue where it has the quantity")
    function: Function = Field(description="1 coils, 2 discrete inputs, 3 holding registers, 4 input registers")
    address: int = Field(ge=0, le=65_535, description="address in the request, counted from 0 (40001 of a manual is function 3, address 0)")
    type: TypeName = Field("uint16", description="how the registers hold the value")
    order: Order | None = Field(None, description="bytes of values of several registers; default: that of the template")
    length: int | None = Field(None, ge=1, le=60, description="registers of an ascii text")
    bit: int | None = Field(None, ge=0, le=15, description="the bit of the register that is meant, 0 the lowest; stored as true or false")
    scale: FiniteFloat = Field(1.0, description="stored = scale × number + offset, in `unit`")
    offset: FiniteFloat = Field(0.0, description="added after the scale")
    unit: str = Field("", description="unit of the scaled number; it is converted to the catalogue's")
    enum: dict[str, str] = Field({}, description="number = text to store instead, in quotes")
    invalid: tuple[int, ...] = Field((), description="raw numbers (unsigned) that mean: no value")

    @property
    def count(self) -> int:
        """How many registers or bits it takes."""
        return self.length or LENGTHS[self.type]

    @property
    def span(self) -> Span:
        return Span(self.function, self.address, self.count)

    @model_validator(mode="after")
    def _makes_sense(self) -> "FieldRow":
        if (self.type == "ascii") != (self.length is not None):
            raise ValueError(f"{self.name}: length goes with type ascii")
        if self.function in {1, 2} and self.type != "bool":
            raise ValueError(f'{self.name}: functions 1 and 2 read single bits; write type = "bool"')
        if self.function in {3, 4} and self.type == "bool" and self.bit is None:
            raise ValueError(f"{self.name}: a bool in a register needs bit")
        if self.bit is not None and self.type != "bool":
            raise ValueError(f'{self.name}: bit goes with type = "bool"')
        if self.address + self.count > 1 << 16:
            raise ValueError(f"{self.name}: {self.count} registers from {self.address} go beyond 65535")
        if self.unit and not units.is_convertible(self.unit, self.unit):
            raise ValueError(f"{self.name}: unknown unit {self.unit!r}; known are those of telemetry/units.py")
        return self


class Template(Settings):
    """One kind of device."""

    name: str = Field(min_length=1, max_length=64, description="name in a config")
    vi: str = Field(min_length=1, description="what it is, in Vietnamese")
    en: str = Field(min_length=1, description="what it is, in English")
    source: str = Field(min_length=1, description="where the map is from: maker, document, version")
    measurement: Name = Field(description="measurement of its readings")
    baudrate: int = Field(9600, ge=300, le=1_000_000, description="as it leaves the factory")
    parity: Literal["none", "even", "odd"] = Field("none", description="as it leaves the factory")
    unit_id: int = Field(1, ge=1, le=247, description="as it leaves the factory")
    order: Order = Field("ABCD", description="bytes of values of several registers, ABCD: highest first")
    max_registers: int = Field(125, ge=1, le=125, description="registers it gives at once")
    max_gap: int = Field(0, ge=0, le=100, description="registers that nobody wants and that may be read along to save a request")
    quirks: tuple[str, ...] = Field((), description="known faults of the device, by name (edge/modbus/quirks.py)")
    field: tuple[FieldRow, ...] = Field(min_length=1, max_length=_MOST_FIELDS, description="its values")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Template":
        seen: set[str] = set()
        for row in self.field:
            if row.name in seen:
                raise ValueError(f"field {row.name} is there twice")
            seen.add(row.name)
            if row.count > self.max_registers:
                raise ValueError(f"field {row.name} takes {row.count} registers, max_registers is {self.max_registers}")
            quantity = catalogue.find(self.measurement, row.name)
            if quantity and row.unit and quantity.unit and not units.is_convertible(row.unit, quantity.unit):
                raise ValueError(f"field {row.name}: {row.unit} cannot become {quantity.unit}, the unit of the catalogue")
        return self


@cache
def template_names() -> tuple[str, ...]:
    """Return the names of our own templates."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load_template(name: str) -> Template:
    """Return the template of that name, or in that file (a name with a dot or a slash); ConfigError says what is wrong with it."""
    is_file = "." in name or "/" in name
    if not is_file and name not in template_names():
        near = get_close_matches(name, template_names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(template_names())
        raise ConfigError([Problem(name, "template", f"no such template; {hint}known: {known}; or the path of a .toml file")])
    path = Path(name) if is_file else FOLDER / f"{name}.toml"
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
        raise ConfigError([_problem(tree, where, dict(one)) for one in error.errors()]) from error


def _problem(tree: Mapping[str, object], where: str, error: Mapping[str, object]) -> Problem:
    place = error["loc"]
    parts = [str(part) for part in place] if isinstance(place, tuple) else []
    rows = tree.get("field")
    if len(parts) > 1 and parts[0] == "field" and parts[1].isdigit() and isinstance(rows, list):
        row = rows[int(parts[1])]
        if isinstance(row, dict) and isinstance(row.get("name"), str):
            parts[1] = row["name"]
    return Problem(where, ".".join(parts), str(error["msg"]).removeprefix("Value error, "))
