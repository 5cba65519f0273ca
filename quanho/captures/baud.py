"""Find the baud rate, data bits, parity and polarity of a line from its first edges.

Candidates are the usual rates. One fits when the times between edges are whole numbers of its bits, and when decoding with it gives bytes
and hardly errors. Whatever fits a rate also fits its multiples, so the slowest of those that decode equally well is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from quanho.captures.capture import Parity
from quanho.captures.uart import Event, LineFormat, Uart

BAUDS = (
    *(300, 600, 1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 31_250, 38_400, 57_600, 74_880, 76_800, 115_200),
    *(128_000, 230_400, 250_000, 256_000, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_500_000, 2_000_000, 3_000_000),
)
EDGES_WANTED = 3_000
_LEAST_BIT = 2.5  # samples in a bit, below which nothing can be told
_GLITCH = 0.15  # of the median pulse
_OFF_BITS = 0.27  # an edge so far from the border of a bit does not fit
_BYTE_BITS = 11
_ALIKE = 0.05
_UNLIKELY = 0.3  # added to the cost of what can be, and hardly is
_SINGLE_BITS = 1.6  # nearly any data has a bit that differs from both its neighbours
_PARITY_BYTES = 16  # so many agree by chance once in 65,536 lines
_FEW = 10  # edges, of which nothing can be said


def find_format(
    edges: Sequence[int],
    level: int,
    end: int,
    samplerate: int,
    *,
    baud: int | None = None,
    parity: Parity | None = None,
    data_bits: int | None = None,
) -> LineFormat | None:
    """Return how the line with these first `edges` is read best, None where nothing fits.

    `level` is that before the first edge; behind the last one nothing changes up to sample `end`.
    """
    if len(edges) > EDGES_WANTED:
        edges, end = edges[:EDGES_WANTED], edges[EDGES_WANTED]
    pulses = _without_glitches([b - a for a, b in pairwise(edges)])
    rates = [baud] if baud else _fitting(pulses, samplerate)
    shortest = sorted(pulses)[len(pulses) // 20] if len(pulses) >= _FEW else 0
    best: tuple[float, LineFormat] | None = None
    for line in _formats(rates, level, samplerate, parity, data_bits):
        cost = _cost(line, edges, level)
        if cost is None:
            continue
        if shortest > _SINGLE_BITS * line.bit:
            cost += _UNLIKELY
        cost += _UNLIKELY * _upside_down(line, edges, level, end)
        if best is None or cost < best[0] - _ALIKE:
            best = (cost, line)
    return _of_seven_bits(best[1], edges, level, parity, data_bits) if best else None


def _formats(rates: Iterable[int], level: int, samplerate: int, parity: Parity | None, data_bits: int | None) -> Iterable[LineFormat]:
    """The likely ones first: slow rates, the level at the start as idle, eight bits, no parity."""
    parities: tuple[Parity, ...] = (parity,) if parity else ("none", "even", "odd")
    for rate in rates:
        for idle in (level, level ^ 1):
            for bits in (data_bits,) if data_bits else (8,) if parity else (8, 7):
                for one in parities:
                    yield LineFormat(samplerate / rate, rate, idle, one, bits)


def _of_seven_bits(line: LineFormat, edges: Sequence[int], level: int, parity: Parity | None, data_bits: int | None) -> LineFormat:
    """Eight bits without parity are as long as seven with: where the eighth always is the parity of the others, and moves, it is one."""
    if line.data_bits != 8 or line.parity != "none" or parity or data_bits:
        return line
    values = [event.value for event in _events(line, edges, level) if event.value >= 0]
    sums = {value.bit_count() & 1 for value in values}
    if len(values) < _PARITY_BYTES or len(sums) != 1 or len({value >> 7 for value in values}) == 1:
        return line
    return replace(line, data_bits=7, parity="odd" if sums == {1} else "even")


def _fitting(pulses: Sequence[int], samplerate: int) -> list[int]:
    """Return the rates whose bits the pulses fit nearly as well as those of the best, slowest first."""
    misfits = {rate: _misfit(pulses, samplerate / rate) for rate in BAUDS if samplerate / rate >= _LEAST_BIT}
    least = min(misfits.values(), default=1.0)
    return [rate for rate, misfit in misfits.items() if misfit <= least + 0.1 and misfit < 0.5]


def _misfit(pulses: Sequence[int], bit: float) -> float:
    """Return the share of pulses within a byte that are no whole number of bits; 1 where none is within a byte."""
    bits = [pulse / bit for pulse in pulses if pulse < _BYTE_BITS * bit]
    if not bits:
        return 1.0
    return sum(abs(one - max(1, round(one))) > _OFF_BITS for one in bits) / len(bits)


def _without_glitches(pulses: Sequence[int]) -> list[int]:
    """Return the pulses with very short ones taken into what is around them."""
    if not pulses:
        return []
    least = median(pulses) * _GLITCH
    kept: list[int] = []
    is_joining = False
    for pulse in pulses:
        if pulse < least and kept:
            kept[-1] += pulse
            is_joining = True
        elif is_joining:
            kept[-1] += pulse
            is_joining = False
        else:
            kept.append(pulse)
    return kept


def _upside_down(line: LineFormat, edges: Sequence[int], level: int, end: int) -> int:
    """Return how unlikely the idle level is: only silence lasts longer than a byte; without any, a capture rather begins in silence."""
    longest = (line.byte_bits + 1) * line.bit
    runs = [edges[0], *(b - a for a, b in pairwise([*edges, end]))]
    is_silent = {side: any(run > longest for run in runs[side ^ level :: 2]) for side in (0, 1)}
    if is_silent[0] != is_silent[1]:
        return 0 if is_silent[line.idle] else 2
    return 0 if line.idle == level else 1


def _cost(line: LineFormat, edges: Sequence[int], level: int) -> float | None:
    """Return the share of errors when read so; None when most is wrong."""
    events = _events(line, edges, level)
    good = sum(event.value >= 0 for event in events)
    errors = sum(event.is_error for event in events)
    return errors / (good + errors) if good and good >= errors else None


def _events(line: LineFormat, edges: Sequence[int], level: int) -> list[Event]:
    return Uart(line, level).feed(edges, round(edges[-1] + line.byte_bits * line.bit), is_end=True)
