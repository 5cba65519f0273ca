"""Fields that share registers. Mostly that is a slip: a wrong address, or a type that is too long.

It is meant, and allowed, where two fields have the same registers and look at them differently (another bit, an enum beside the number,
another `when`, the other byte). All else needs `overlaps = true` on one of the two.
"""

from collections.abc import Iterator, Sequence

from edge.modbus.field_row import FieldRow
from edge.modbus.values import HALVES

_MOST_NAMED = 10
_KINDS = {1: "coil", 2: "input", 3: "register", 4: "register"}


def overlap_problems(rows: Sequence[FieldRow]) -> list[str]:
    """Return what is wrong, one sentence a pair, the first few."""
    return [
        f"fields {left.name} ({_place(left)}) and {right.name} ({_place(right)}) share registers; if meant, write overlaps = true on one"
        for left, right in _slips(rows)
    ][:_MOST_NAMED]


def _slips(rows: Sequence[FieldRow]) -> Iterator[tuple[FieldRow, FieldRow]]:
    ordered = sorted(rows, key=lambda row: (row.function, row.address))
    for number, left in enumerate(ordered):
        for right in ordered[number + 1 :]:
            if right.function != left.function or right.address >= left.address + left.count:
                break
            if not (left.overlaps or right.overlaps or _are_two_views(left, right)):
                yield left, right


def _are_two_views(left: FieldRow, right: FieldRow) -> bool:
    return left.span == right.span and _view(left) != _view(right)


def _view(row: FieldRow) -> tuple[object, ...]:
    return row.bit, row.enum, row.when, row.type if row.type in HALVES else ""


def _place(row: FieldRow) -> str:
    kind, last = _KINDS[row.function], row.address + row.count - 1
    return f"{kind} {row.address}" if row.count == 1 else f"{kind}s {row.address} to {last}"
