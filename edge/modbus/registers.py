"""The registers that an answer told, and the fields that a template makes of them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from edge.decoders.decoder import Refusals
from edge.modbus.field_reader import Read, reader_of
from edge.modbus.field_row import Condition, FaultRow, FieldRow
from edge.modbus.frame import Span
from edge.modbus.template import Template
from edge.modbus.values import LENGTHS, reordered
from telemetry.point import FieldValue

_BITS = (1, 2)
_MOST_PLANS = 256  # of one device; nobody reads it in more ways, but whoever is on the line could


class Block(NamedTuple):
    """One answer: what was asked, and the bytes that came."""

    span: Span
    data: bytes


class _Place(NamedTuple):
    """Where in the data of an answer a field is: bytes `start` to `end`, or bit `bit` of the byte at `start`."""

    name: str
    span: Span
    read: Read
    start: int
    end: int
    bit: int


class _Guard(NamedTuple):
    """Where the number is that a field depends on, and which ones (as bytes, as they come) let it be."""

    start: int
    end: int
    allowed: frozenset[bytes]


class _Alarm(NamedTuple):
    """Where the device tells of its faults, in bytes, and which bits mean one; of a coil or input: of the byte at `start`."""

    start: int
    end: int
    mask: int


class _Plan(NamedTuple):
    """The fields that an answer holds: those that are always there, and those with a condition; and what it tells of faults."""

    always: Sequence[_Place]
    guarded: Sequence[tuple[_Guard, _Place]]
    alarms: Sequence[_Alarm]


class Map:
    """A template, ready to read."""

    def __init__(self, template: Template) -> None:
        self.measurement = template.measurement
        self._rows = [(row, reader_of(row, template)) for row in template.field]
        self.faults = template.fault
        self._order = template.order
        self._plans: dict[Span, _Plan] = {}

    def fields(self, blocks: Iterable[Block], refusals: Refusals, who: str) -> dict[str, FieldValue]:
        """Return the fields that `blocks` hold; a value that is none is refused alone, one that is marked as absent is left out."""
        fields: dict[str, FieldValue] = {}
        for span, data in blocks:
            plan = self._plans.get(span) or self._plan(span)
            places = plan.always
            if plan.guarded:
                places = [*places, *(place for guard, place in plan.guarded if data[guard.start : guard.end] in guard.allowed)]
            for name, place, read, start, end, bit in places:
                raw = data[start:end] if bit < 0 else bytes((data[start] >> bit & 1,))
                try:
                    value = read(raw)
                except ValueError as error:
                    refusals.add(f"{who}, {name} ({place}): {error}")
                    continue
                if value is not None:
                    fields[name] = value
        return fields

    def tells_a_fault(self, block: Block) -> bool:
        """Whether the device says in `block` that something is wrong with it; only where the template has `faults`."""
        span, data = block
        plan = self._plans.get(span) or self._plan(span)
        return any(int.from_bytes(reordered(data[start:end], self._order), "big") & mask for start, end, mask in plan.alarms)

    def _plan(self, span: Span) -> _Plan:
        """Return which fields the answer to `span` holds wholly, and where."""
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        held = [(row.when, _place(row, read, span)) for row, read in self._rows if span.holds(row.needs)]
        made = self._plans[span] = _Plan(
            [place for when, place in held if when is None],
            [(_guard(when, self._order, when.address - span.address), place) for when, place in held if when is not None],
            [_alarm(fault, fault.address - span.address) for fault in self.faults if span.holds(fault.needs)],
        )
        return made


def raw_fields(block: Block) -> dict[str, FieldValue]:
    """Return what an answer holds where nobody says what it means: c<address> coils, d inputs, h holding and i input registers."""
    span, data = block
    names, registers = _raw_layout(span)
    if span.function in _BITS:
        return {name: float(data[number // 8] >> number % 8 & 1) for number, name in enumerate(names)}
    return dict(zip(names, map(float, registers.unpack(data)), strict=True))


@lru_cache(maxsize=256)
def _raw_layout(span: Span) -> tuple[Sequence[str], Struct]:
    letter = "cdhi"[span.function - 1]
    return [f"{letter}{span.address + number}" for number in range(span.length)], Struct(f">{span.length}H")


def _place(row: FieldRow, read: Read, span: Span) -> _Place:
    offset = row.reach.address - span.address
    if row.function in _BITS:
        return _Place(row.name, row.span, read, offset // 8, offset // 8 + 1, offset % 8)
    return _Place(row.name, row.span, read, 2 * offset, 2 * (offset + row.reach.length), -1)


def _alarm(fault: FaultRow, offset: int) -> _Alarm:
    if fault.function in _BITS:
        return _Alarm(offset // 8, offset // 8 + 1, 1 << offset % 8)
    return _Alarm(2 * offset, 2 * (offset + fault.needs.length), fault.mask)


def _guard(when: Condition, order: str, offset: int) -> _Guard:
    size = 2 * LENGTHS[when.type]
    allowed = frozenset(reordered(number.to_bytes(size, "big"), order) for number in when.equals)
    return _Guard(2 * offset, 2 * offset + size, allowed)
