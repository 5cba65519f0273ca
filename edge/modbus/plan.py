"""Which reads fetch a register map: contiguous rows merged, never above a limit, never over a gap that may not be read.

Rows that change slowly (`every_s`) are left out of the rounds that do without them: what is read then is cut to the rows that are due, and
a read with none is not sent. So a round never costs more requests, nor more registers, than the whole map.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from edge.modbus.field_row import FieldRow
from edge.modbus.frame import Span
from edge.modbus.template import Template

_BITS = (1, 2)
_MOST_BITS = 2000
_BITS_A_REGISTER = 16


def reads_of(template: Template) -> tuple[Span, ...]:
    """Return the fewest reads that fetch every row of `template`; its blocks, where it has some."""
    if template.block:
        spans = [block.span for block in template.block]
        return tuple(span for span in spans if any(span.holds(needs) for needs in template.wanted))
    return merged(template.wanted, template.max_registers, template.max_gap)


def merged(spans: Iterable[Span], max_registers: int, max_gap: int) -> tuple[Span, ...]:
    """Return spans that cover `spans`. A span is never cut: the registers of one value belong to one moment.

    Greedy from the lowest address: each read begins at the first row that is not fetched yet and takes what fits, which is the least
    number of reads for rows that do not overlap.
    """
    made: list[Span] = []
    for span in sorted(set(spans)):
        last = made[-1] if made else None
        if last is not None and last.function == span.function:
            end = max(last.address + last.length, span.address + span.length)
            limit = min(_MOST_BITS, max_registers * _BITS_A_REGISTER) if span.function in _BITS else max_registers
            if span.address - (last.address + last.length) <= max_gap and end - last.address <= limit:
                made[-1] = Span(last.function, last.address, end - last.address)
                continue
        made.append(span)
    return tuple(made)


@dataclass(slots=True)
class _Row:
    """A row, how many rounds it may be left out between two reads, and when it was read last (None: not yet)."""

    needs: Span
    every_s: float
    rounds: int
    read_s: float | None = None
    rounds_since: int = 0

    def is_due(self, now_s: float) -> bool:
        return self.read_s is None or self.rounds_since >= self.rounds or now_s - self.read_s >= self.every_s


class Rounds:
    """What is read in each round of one device, which has one every `cadence_s`.

    A row is read in every n-th round, the largest n that keeps within its `every_s` (in each one where that is shorter than the cadence),
    and in any case where so long has passed. It counts as read when an answer held it, also one that was asked for others. What was not
    answered stays due.
    """

    def __init__(self, template: Template, cadence_s: float) -> None:
        self.most = reads_of(template)  # what a round can cost
        self._are_whole = bool(template.block)
        rows = [*(_row(row, cadence_s) for row in template.field), *(_Row(row.needs, 0.0, 1) for row in template.fault)]
        self._reads = [(span, [row for row in rows if span.holds(row.needs)]) for span in self.most]
        self._rows = rows

    def due(self, now_s: float) -> list[Span]:
        """Return what to read in the round that begins now; nothing, where every row can wait for the next."""
        reads = []
        for span, rows in self._reads:
            due = [row.needs for row in rows if row.is_due(now_s)]
            if due:
                reads.append(span if self._are_whole else reduce(Span.hull, due))
        return reads

    def took(self, span: Span, now_s: float) -> None:
        """`span` was asked for and answered in the round that began at `now_s`."""
        for row in self._rows:
            if span.holds(row.needs):
                row.read_s = now_s
                row.rounds_since = 0

    def finished(self) -> None:
        """The round is over, and what was asked for was answered."""
        for row in self._rows:
            row.rounds_since += 1


def _row(row: FieldRow, cadence_s: float) -> _Row:
    every_s = row.every_s or 0.0
    return _Row(row.needs, every_s, max(1, int(every_s / cadence_s + 1e-9)))
