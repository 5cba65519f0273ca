"""Data sets (Sparkplug 3.0.0, section 6.4.12): a table in one metric → the fields of each of its rows, by the names of its columns.

An element without a value is null and left out. A row that does not fit its columns, or a value that is none of its column's type, is
refused alone.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from edge.decoders.decoder import shown
from edge.decoders.sparkplug.births import finisher
from edge.decoders.sparkplug.values import READERS, Read, type_name
from edge.field_plan import stored_name
from telemetry.point import FieldValue

_MAX_COLUMNS = 100
_LONGEST_NAME = 256


class _Column(NamedTuple):
    name: str
    field: str
    read: dict[str, Read]
    finish: Callable[[Any], FieldValue] | None


def data_set_rows(
    data_set: Any, measurement: str, max_rows: int, refuse: Callable[[str], None], *, integers: bool
) -> Iterator[tuple[int, dict[str, FieldValue]]]:
    """Yield number and fields of each row that has any; what cannot be read goes to `refuse`. ValueError where the whole is not stored."""
    if len(data_set.rows) > max_rows:
        raise ValueError(f"a data set of {len(data_set.rows)} rows; max_elements is {max_rows}")
    if len(data_set.columns) != len(data_set.types) or len(data_set.columns) > _MAX_COLUMNS:
        raise ValueError(f"a data set of {len(data_set.columns)} columns and {len(data_set.types)} types, of {_MAX_COLUMNS} at most")
    columns = [
        _column(name, type_name(kind), measurement, integers=integers) for name, kind in zip(data_set.columns, data_set.types, strict=True)
    ]
    for number, row in enumerate(data_set.rows):
        if len(row.elements) != len(columns):
            refuse(f"row {number} has {len(row.elements)} elements for {len(columns)} columns")
            continue
        fields: dict[str, FieldValue] = {}
        for column, element in zip(columns, row.elements, strict=True):
            try:
                _read(column, element, fields)
            except ValueError as error:
                refuse(f"row {number}, column {shown(column.name)}: {error}")
        if fields:
            yield number, fields


def _column(name: object, kind: str, measurement: str, *, integers: bool) -> _Column:
    if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ValueError(f"column {shown(name)}: a name is printable text of 1 to {_LONGEST_NAME} characters")
    field = stored_name(stored_name(name))
    return _Column(name, field, dict(READERS.get(kind, {})), finisher(measurement, field, kind, None, integers=integers))


def _read(column: _Column, element: Any, fields: dict[str, FieldValue]) -> None:
    which = element.WhichOneof("value")
    if which is None:
        return
    read = column.read.get(which)
    if read is None:
        raise ValueError(f"{which} is none of its type")
    if column.field in fields:
        raise ValueError(f"two columns come to field {column.field}")
    value = read(getattr(element, which))
    fields[column.field] = value if column.finish is None else column.finish(value)
