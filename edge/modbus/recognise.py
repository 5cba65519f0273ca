"""Which register maps fit what a device answers. Pure: reads and answers in, evidence out.

A map fits when the device gives most of its registers, and what they hold makes sense: within the catalogue's range, and better within the
range that is usual in the field (USUAL). It never proves that the device is of that kind: two registers with small numbers fit several.

    value                                            points
    0, false, or unusual                             0     it fits everything; every second of them costs a point
    marked as absent                                 0
    within the catalogue's range                     1
    usual and hard to meet by chance (_TELLING)      3
    a float of usual size, a text                    3     random registers are neither
    outside the catalogue's range, no number         -3    and more than one in four of those that fit rules the map out

Factory settings of the line and the id that the device really has count one point each, its name in what it says of itself NAMED.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edge.decoders.decoder import Refusals
from edge.modbus.field_row import FieldRow
from edge.modbus.frame import Span
from edge.modbus.plan import reads_of
from edge.modbus.registers import Block, Map
from edge.modbus.template import Template, load_template, template_names
from telemetry import catalogue
from telemetry.point import FieldValue

NAMED = 6
USUAL = {  # in the catalogue's units
    "voltage": (85.0, 265.0),
    "frequency": (45.0, 65.0),
    "temperature": (2.0, 55.0),
    "humidity": (10.0, 100.0),
    "pressure": (850.0, 1100.0),
    "ph": (3.0, 11.0),
}
_TELLING = ("voltage", "frequency", "pressure")
_FLOATS = ("float32", "float64")
_LEAST_FLOAT = 1e-4  # smaller ones are what small whole numbers look like as a float
_MOST_WRONG = 0.25
_LEAST_NAME = 5  # "SDM120", not "3" or "v3"


class Line(NamedTuple):
    """How the device was found: None over TCP."""

    baud: int
    parity: str


class Fit(NamedTuple):
    """A map that fits, and why. `values` are those that make sense, `given` of `asked_for` those that were read."""

    template: str
    points: int
    values: dict[str, FieldValue]
    given: int
    asked_for: int
    is_factory_line: bool
    is_factory_id: bool
    is_named: bool


def known() -> dict[str, tuple[Template, tuple[Span, ...]]]:
    """Return our own maps and their reads."""
    templates = {name: load_template(name) for name in template_names()}
    return {name: (template, reads_of(template)) for name, template in templates.items()}


def fit(template: Template, answers: Mapping[Span, bytes], *, unit: int, line: Line | None, identity: Sequence[str] = ()) -> Fit | None:
    """Return how `template` fits, None where it does not. `answers`: the bytes of the registers of each read that was answered."""
    blocks = [Block(span, data) for span in reads_of(template) if (data := answers.get(span)) is not None]
    refusals = Refusals()
    fields = Map(template).fields(blocks, refusals, template.name)
    rows = {row.name: row for row in template.field}
    points = {name: _points(rows[name], template.measurement, value) for name, value in fields.items()}
    good = {name: fields[name] for name, count in points.items() if count > 0}
    wrong = len(refusals.listed()) + sum(count < 0 for count in points.values())
    if not good or 2 * len(fields) < len(rows) or wrong > _MOST_WRONG * len(good):
        return None
    is_line = line is not None and line == (template.baudrate, template.parity)
    is_id = unit == template.unit_id
    is_named = any(name in _bare(text) for text in identity for name in _names(template))
    nothing = sum(count == 0 for count in points.values())
    total = sum(points.values()) - 3 * len(refusals.listed()) - nothing // 2 + is_line + is_id + NAMED * is_named
    return Fit(template.name, total, good, len(fields), len(rows), is_line, is_id, is_named)


def ranked(fits: Sequence[Fit]) -> list[Fit]:
    """Return the fits, the one with the most evidence first; of two alike the one that explains more registers."""
    return sorted(fits, key=lambda one: (-one.points, -one.given, one.template))


def _points(row: FieldRow, measurement: str, value: FieldValue) -> int:
    if isinstance(value, str):
        return (-3 if value.startswith("unknown ") else 1) if row.enum else 3
    if isinstance(value, bool) or not value:
        return 0
    quantity = catalogue.find(measurement, row.name)
    if (row.type in _FLOATS and abs(value) < _LEAST_FLOAT) or (quantity is not None and not quantity.is_plausible(value)):
        return -3
    name = quantity.field if quantity else row.name
    low, high = USUAL.get(name, (-1e7, 1e7))
    if not low <= value <= high:
        return 0
    return 3 if name in _TELLING or row.type in _FLOATS else 1


def _names(template: Template) -> set[str]:
    """Return what the device may call itself: the name of its map, and the words with letters and digits of what it is."""
    models = {_bare(word) for word in template.en.split()}
    return {_bare(template.name), *(name for name in models if len(name) >= _LEAST_NAME and not name.isalpha() and not name.isdecimal())}


def _bare(text: str) -> str:
    return "".join(each for each in text.lower() if each.isalnum())
