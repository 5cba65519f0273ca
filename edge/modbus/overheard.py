"""A line that somebody else masters, as its bytes tell it: who is asked, who answers, who does not, and how fast. Pure, bounded.

A request counts as unanswered when the next one comes. Damaged bytes behind a request are its answer, damaged. An answer that does not fit
what was asked is late if its slave still owes one, a repetition if it has just given one, and foreign else. Latency runs from the last
byte of the request to the last of the answer, as they came to us: an adapter that hands on bytes in lumps (USB, mostly 16 ms) blurs it.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from edge.framers.rtu import Options, RtuFramer
from edge.modbus.doctor import LineCounts
from edge.modbus.frame import BROADCAST, Pdu, open_rtu, read_span
from edge.modbus.master import LATE_S, SlaveCounts
from edge.modbus.pairing import Asked, answers, is_request

_HASTY_S = 0.02  # no master gives up on a slave so soon
_LEAST_DAMAGED_BYTES = 4
Kind = Literal["answer", "exception", "timeout", "damaged", "late", "repeated", "foreign", "noise"]


class Event(NamedTuple):
    """What became of a request, or came unasked. `unit` is None for noise."""

    unit: int | None
    kind: Kind
    what: str
    latency_s: float = 0.0


class _Pending(NamedTuple):
    asked: Asked
    at_s: float


class Overheard:
    """One line; feed it what comes and when."""

    def __init__(self) -> None:
        self.counts: dict[int, SlaveCounts] = {}
        self.request_count = 0
        self._framer = RtuFramer(Options())
        self._pending: _Pending | None = None
        self._owed: dict[int, _Pending] = {}
        self._given: dict[int, _Pending] = {}
        self._foreign = self._noise = self._zeros = self._hasty = 0

    @property
    def line(self) -> LineCounts:
        """What was heard besides requests and their answers."""
        return LineCounts(foreign=self._foreign, noise_bytes=self._noise, zeros=self._zeros, hasty=self._hasty, asked=self.request_count)

    def hear(self, data: bytes, now_s: float) -> list[Event]:
        """Take what came; nothing when the line fell silent. Return what is clear now."""
        frames = self._framer.feed(data) if data else self._framer.silence()
        events = list(self._damage())
        for frame in frames:
            events += self._take(open_rtu(frame), now_s)
        return events

    def _damage(self) -> Iterator[Event]:
        """What could not be read ended before the frame that was found after it."""
        for drop in self._framer.drops():
            if self._pending is not None and drop.size >= _LEAST_DAMAGED_BYTES:
                asked = self._pending.asked
                self._pending = None
                self._of(asked.pdu.unit).damaged += 1
                yield Event(asked.pdu.unit, "damaged", f"{asked}: {drop.head[:16].hex(' ')}")
            else:
                self._noise += drop.size
                self._zeros += drop.head.count(0)
                yield Event(None, "noise", drop.head[:16].hex(" "))

    def _take(self, pdu: Pdu, now_s: float) -> Iterator[Event]:
        pending = self._pending
        if pending is not None and answers(pending.asked, pdu):
            yield self._answered(pending, pdu, now_s)
        elif is_request(pdu):
            if pending is not None:
                yield self._given_up(pending, now_s)
            self._pending = None
            self.request_count += 1
            if pdu.unit != BROADCAST:  # nobody answers that
                self._of(pdu.unit).asked += 1
                self._pending = _Pending(Asked(pdu, read_span(pdu)), now_s)
        else:
            yield self._unasked(pdu, now_s)

    def _answered(self, pending: _Pending, pdu: Pdu, now_s: float) -> Event:
        counts = self._of(pdu.unit)
        counts.answered += 1
        latency_s = now_s - pending.at_s
        if latency_s > 0:  # else both came in one lump
            counts.latencies_s.append(latency_s)
        self._pending = None
        self._given[pdu.unit] = _Pending(pending.asked, now_s)
        if not pdu.function & 0x80:
            return Event(pdu.unit, "answer", str(pending.asked), latency_s)
        counts.exceptions += 1
        return Event(pdu.unit, "exception", f"{pending.asked}: {pdu.exception}", latency_s)

    def _given_up(self, pending: _Pending, now_s: float) -> Event:
        unit = pending.asked.pdu.unit
        self._of(unit).timeouts += 1
        self._hasty += now_s - pending.at_s < _HASTY_S
        self._owed[unit] = pending
        return Event(unit, "timeout", str(pending.asked), now_s - pending.at_s)

    def _unasked(self, pdu: Pdu, now_s: float) -> Event:
        what = f"function {pdu.function & 0x7F}, {len(pdu.data)} bytes"
        owed = self._owed.pop(pdu.unit, None)
        if owed is not None and answers(owed.asked, pdu):
            self._of(pdu.unit).late += 1
            return Event(pdu.unit, "late", str(owed.asked), now_s - owed.at_s)
        given = self._given.get(pdu.unit)
        if given is not None and now_s - given.at_s < LATE_S and answers(given.asked, pdu):
            self._of(pdu.unit).repeated += 1
            return Event(pdu.unit, "repeated", str(given.asked))
        self._foreign += 1
        return Event(pdu.unit, "foreign", what)

    def _of(self, unit: int) -> SlaveCounts:
        return self.counts.setdefault(unit, SlaveCounts())
