"""Which reads fetch a register map: contiguous rows merged, never above a limit, never over a gap that may not be read."""

from collections.abc import Iterable

from edge.modbus.frame import Span
from edge.modbus.template import Template

_BITS = (1, 2)
_MOST_BITS = 2000
_BITS_A_REGISTER = 16


def reads_of(template: Template) -> tuple[Span, ...]:
    """Return the fewest reads that fetch every row of `template`."""
    return merged((row.span for row in template.field), template.max_registers, template.max_gap)


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
