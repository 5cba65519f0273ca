"""Bytes of a UART from the edges of a line, as a logic analyser saw them.

A byte is a start bit against the idle level, data bits with the lowest first, perhaps a parity bit, and a stop bit at the idle level. Each
bit is sampled in its middle, counted from the edge that begins the start bit, where a receiver's clock starts too. A pulse shorter than a
quarter of a bit is a glitch: it is told, and the byte counts if its bits can be read all the same.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from quanho.captures.capture import Parity

_GLITCH_BITS = 0.25


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How bytes go over the line. `bit` in samples; `idle` is the level between bytes."""

    bit: float
    baud: int
    idle: int
    parity: Parity = "none"
    data_bits: int = 8

    @property
    def byte_bits(self) -> int:
        """Start, data, parity and one stop bit."""
        return 2 + self.data_bits + (self.parity != "none")

    def __str__(self) -> str:
        inverted = "" if self.idle else ", inverted"
        return f"{self.baud} baud {self.data_bits}{self.parity[0].upper()}1{inverted}"


class Event(NamedTuple):
    """What stands at sample `start`: a byte that ends at `end`, or why there is none (`value` -1), or a glitch beside a byte.

    `is_error`: a byte was sent, and not so as the line's format has it.
    """

    start: int
    end: int
    value: int
    wrong: str = ""
    is_error: bool = False


class Uart:
    """Edges in → bytes out. Edges are sample numbers at which the level changes, in order; the level before the first is `level`."""

    def __init__(self, line: LineFormat, level: int) -> None:
        self._line = line
        self._edges: list[int] = []
        self._level = level  # before the first edge that is kept
        self._resume = 0.0  # nothing before here begins a byte

    @property
    def pending_since(self) -> float:
        """Events that are still to come start here or later."""
        return max(self._edges[0], self._resume) if self._edges else self._resume

    def feed(self, edges: Sequence[int], now: int, *, is_end: bool = False) -> list[Event]:
        """Return the events up to sample `now`, which the last edge is before."""
        self._edges += edges
        events: list[Event] = []
        at = self._next_start(0)
        while at < len(self._edges):
            stop = self._edges[at] + (self._line.byte_bits - 0.5) * self._line.bit
            if stop >= now and not is_end:
                self._forget(at)
                return events
            events += self._byte(at, stop, now)
            self._resume = min(events[-1].end, stop)
            at = self._next_start(at)
        self._forget(at)
        self._resume = max(self._resume, now)
        return events

    def _next_start(self, at: int) -> int:
        """Return the index, from `at` on, of the next edge from idle at or behind `_resume`; the number of edges when there is none."""
        while at < len(self._edges) and (self._edges[at] < self._resume or self._level_before(at) != self._line.idle):
            at += 1
        return at

    def _level_before(self, at: int) -> int:
        return self._level ^ (at & 1)

    def _forget(self, count: int) -> None:
        self._level = self._level_before(count)
        del self._edges[:count]

    def _byte(self, at: int, stop: float, now: int) -> list[Event]:
        line, edges = self._line, self._edges
        start = edges[at]
        samples = [start + (number + 0.5) * line.bit for number in range(line.byte_bits)]
        bits = [self._level_before(bisect_right(edges, sample)) ^ line.idle ^ 1 for sample in samples]  # 1 is the idle level
        if bits[0]:
            return [Event(start, round(samples[0]), -1, f"glitch of {(edges[at + 1] - start) / line.bit:.2f} bit")]
        if stop >= now and (not bits[-1] or samples[-2] >= now):
            return [Event(start, now, -1, "byte cut short by the end of the capture")]
        value = sum(bit << number for number, bit in enumerate(bits[1 : 1 + line.data_bits]))
        end = round(start + line.byte_bits * line.bit) if bits[-1] else round(stop)
        if not bits[-1]:
            wrong = "framing error, the stop bit is missing" if any(bits) else "break, the line stays active"
            return [Event(start, end, -1, f"{wrong} (read {value:02x})", is_error=True)]
        if line.parity != "none" and sum(bits[1:-1]) & 1 != (line.parity == "odd"):
            return [Event(start, end - 1, -1, f"parity error (read {value:02x})", is_error=True)]
        return [Event(start, end - 1, value), *self._glitches(at, stop, end - 1)]

    def _glitches(self, at: int, stop: float, end: int) -> list[Event]:
        inside = self._edges[at : bisect_right(self._edges, stop)]
        short = [b - a for a, b in pairwise(inside) if b - a < _GLITCH_BITS * self._line.bit]
        return [Event(inside[0], end, -1, f"glitch of {length / self._line.bit:.2f} bit inside a byte, which is kept") for length in short]
