"""One exchange on a Modbus line: send a request, wait for its answer, tell everything else apart.

An answer counts when it is of the slave and the function that were asked, with as much data as was asked for (Modbus/TCP: with the
request's own transaction), wherever it is among what came. What came before the request was sent is thrown away; what comes meanwhile
from others, late or by mistake, is counted and the wait goes on.

On a serial line nothing in an answer says to which of two reads of one slave it belongs, if both ask for as much. So after a time-out the
slave is not asked another such read until the late answer has come or LATE_S have passed; the same read again does no harm.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import MAX_RTU_BYTES, Pdu, Question, has_right_crc, mbap, open_rtu, rtu, split_mbap

LATE_S = 1.0  # after we gave up; an answer that comes later still is not told from a prompt one
_MBAP_HEAD = 6
_TRANSACTIONS_AGO = 256  # an answer with the number of so recent a request is one to it, and late
_MOST_BUFFERED = 4096
_EXCEPTION_BYTES = 5
_QUIET_S = 0.02  # a line that said something is given so long to go on; USB adapters hand on bytes every 16 ms
_MOST_QUIET_S = 0.15  # and a line that never falls silent is spoken on all the same: whoever talks there hides the next answer
_QUIET_SHARE = 0.25  # of the wait
_LATENCIES = 256
Outcome = Literal["answer", "exception", "timeout", "damaged", "held"]
_Found = tuple[Outcome, int, bytes, Pdu]  # what an answer is, where it begins, its bytes, and what they say


class Wire(Protocol):
    """Bytes to and from the slaves. TransientError while it is not there."""

    def send(self, data: bytes) -> None: ...

    def receive(self, wait_s: float) -> bytes:
        """Return what comes within `wait_s`, nothing if nothing does."""
        ...


@dataclass(slots=True)
class SlaveCounts:
    """Since the start, for one slave. `late` answers came after we gave up, those `for_others` while another was asked, `repeated` ones
    soon after one that fitted already."""

    asked: int = 0
    answered: int = 0
    timeouts: int = 0
    damaged: int = 0
    exceptions: int = 0
    late: int = 0
    for_others: int = 0
    repeated: int = 0
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=_LATENCIES))


@dataclass(slots=True)
class Exchange:
    """What became of one request. `transcript` is what was on the line: the request, and the answer if there was one, which is `answer`.

    "held": nothing was sent, because the answer could not be told from a late one; ask again at `again_s`.
    """

    outcome: Outcome
    transcript: bytes = b""
    latency_s: float = 0.0
    noise: bytes = b""
    again_s: float = 0.0
    answer: Pdu | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the slave was asked and not understood."""
        return self.outcome in {"timeout", "damaged"}


class Master:
    """Asks on one wire; one thread uses it."""

    def __init__(self, wire: Wire, monotonic_s: Callable[[], float], *, is_tcp: bool) -> None:
        self._wire = wire
        self._now = monotonic_s
        self._is_tcp = is_tcp
        self._transaction = 0
        self._answered: dict[int, tuple[Question, float]] = {}  # by unit: what was answered last, and until when one more is a repetition
        self._talks_on = False
        self._unanswered: dict[int, list[tuple[Question, float]]] = {}  # by unit: what was asked, and until when it may still be answered
        self.foreign_count = 0  # frames that nobody had asked for
        self.echo_count = 0
        self.noise_bytes = 0
        self.zero_bytes = 0  # among the noise, as far as it was kept
        self.counts: dict[int, SlaveCounts] = {}

    def ask(self, unit: int, span: Question, wait_s: float, *, is_any_welcome: bool = False) -> Exchange:
        """Read `span` of a slave, or call another function. Takes at most `wait_s`, waiting for the line to fall silent included.

        `is_any_welcome`: it is only of interest whether there is an answer, so nothing is held.
        """
        end_s = self._now() + wait_s
        self._drain(min(_MOST_QUIET_S, _QUIET_SHARE * wait_s))
        began_s = self._now()
        again_s = self._held_until(unit, span, began_s)
        if again_s > began_s and not is_any_welcome:
            return Exchange("held", again_s=again_s)
        counts = self._counts(unit)
        counts.asked += 1
        request = self._request(unit, span)
        self._wire.send(request)
        exchange = self._await(unit, span, request, began_s, end_s)
        if exchange.is_failure:
            self._unanswered.setdefault(unit, []).append((span, end_s + LATE_S))
        elif any(one == span for one, _ in self._unanswered.get(unit, ())):  # it may be the answer to the earlier of the two
            self._forget(unit, span)
            self._unanswered[unit].append((span, self._now() + LATE_S))
        counts.answered += exchange.outcome in {"answer", "exception"}
        counts.exceptions += exchange.outcome == "exception"
        counts.timeouts += exchange.outcome == "timeout"
        counts.damaged += exchange.outcome == "damaged"
        if not exchange.is_failure:
            counts.latencies_s.append(exchange.latency_s)
        return exchange

    def listen(self, wait_s: float) -> None:
        """Ask nothing, and hear who is late."""
        end_s = self._now() + wait_s
        heard = b""
        while (left_s := end_s - self._now()) > 0:
            heard = (heard + self._wire.receive(left_s))[-_MOST_BUFFERED:]
        self._sort_out(heard, b"")

    def _drain(self, most_s: float) -> None:
        """Take what is left of what went wrong before, and wait for silence: once, and no more until a line that talks on falls silent."""
        heard = self._wire.receive(0.0)
        limit_s = self._now() + (0.0 if self._talks_on else most_s)
        self._talks_on = bool(heard)
        while self._talks_on and (left_s := limit_s - self._now()) > 0 and len(heard) < _MOST_BUFFERED:
            more = self._wire.receive(min(_QUIET_S, left_s))
            self._talks_on = bool(more) or left_s < _QUIET_S
            heard += more
        self._sort_out(heard, b"")

    def _held_until(self, unit: int, span: Question, now_s: float) -> float:
        open_ = [(one, until_s) for one, until_s in self._unanswered.get(unit, ()) if until_s > now_s]
        self._unanswered[unit] = open_
        alike = [until_s for one, until_s in open_ if one != span and (one.function, one.byte_count) == (span.function, span.byte_count)]
        return 0.0 if self._is_tcp else max(alike, default=0.0)

    def _await(self, unit: int, span: Question, request: bytes, began_s: float, end_s: float) -> Exchange:
        heard = b""
        begin = 0  # nothing before it can become an answer any more
        while (left_s := end_s - self._now()) > 0:
            chunk = self._wire.receive(left_s)
            if not chunk:
                continue
            begin = max(0, begin - max(0, len(heard) + len(chunk) - _MOST_BUFFERED))
            heard = (heard + chunk)[-_MOST_BUFFERED:]
            found = self._find_tcp(unit, span, heard) if self._is_tcp else _find_rtu(unit, span, heard, begin, request)
            if isinstance(found, int):
                begin = found
                continue
            outcome, at, frame, answer = found
            self._answered[unit] = (span, self._now() + LATE_S)
            self._sort_out(heard[:at], request, unit)
            self._sort_out(heard[at + len(frame) :], b"", unit)
            return Exchange(outcome, request + frame, self._now() - began_s, answer=answer)
        noise = self._sort_out(heard, request, unit)
        return Exchange("damaged" if noise else "timeout", request, self._now() - began_s, noise)

    def _find_tcp(self, unit: int, span: Question, heard: bytes) -> _Found | int:
        """Return the answer, wherever it is: half a frame that was late may be before it. Its transaction, unit and size are known."""
        head = self._transaction.to_bytes(2, "big") + b"\0\0"
        at = heard.find(head)
        while at >= 0:
            frame = heard[at : at + _MBAP_HEAD + int.from_bytes(heard[at + 4 : at + 6], "big")]
            _, pdu = (split_mbap(frame) or [(-1, Pdu(-1, -1, b""))])[0]
            if (outcome := _outcome(unit, span, pdu)) is not None:
                return outcome, at, frame, pdu
            at = heard.find(head, at + 1)
        return 0

    def _sort_out(self, heard: bytes, request: bytes, asked: int = 0) -> bytes:
        """Count the frames in what is no answer, the echo of `request` and the noise; return the noise."""
        if not heard:
            return b""
        if self._is_tcp:
            for _, frame in _mbap_frames(heard):
                self.foreign_count += 1
                for transaction, pdu in split_mbap(frame) or ():
                    if (self._transaction - transaction) % 0xFFFF <= _TRANSACTIONS_AGO:
                        self._note_foreign(pdu, asked)
            return b""
        framer = RtuFramer(Options())
        for frame in (*framer.feed(heard), *framer.silence()):
            if frame == request:
                self.echo_count += 1  # an adapter that hears itself
                request = b""
            else:
                self.foreign_count += 1
                self._note_foreign(open_rtu(frame), asked)
        noise = b"".join(drop.head for drop in framer.drops())
        self.noise_bytes += framer.counts.dropped_bytes
        self.zero_bytes += noise.count(0)
        return noise

    def _note_foreign(self, pdu: Pdu, asked: int) -> None:
        for span, _ in self._unanswered.get(pdu.unit, ()):
            if _outcome(pdu.unit, span, pdu):
                self._counts(pdu.unit).late += 1
                self._forget(pdu.unit, span)
                return
        answered, until_s = self._answered.get(pdu.unit, (None, 0.0))
        if answered is not None and self._now() < until_s and _outcome(pdu.unit, answered, pdu):
            self._counts(pdu.unit).repeated += 1
        elif pdu.unit != asked and pdu.unit in self.counts:
            self.counts[pdu.unit].for_others += 1

    def _forget(self, unit: int, span: Question) -> None:
        """One answer to `span` has come: the earliest that was asked for it is off the list."""
        entries = self._unanswered[unit]
        entries.remove(next(entry for entry in entries if entry[0] == span))

    def _counts(self, unit: int) -> SlaveCounts:
        return self.counts.setdefault(unit, SlaveCounts())

    def _request(self, unit: int, span: Question) -> bytes:
        if not self._is_tcp:
            return rtu(unit, span.pdu)
        self._transaction = self._transaction % 0xFFFF + 1
        return mbap(self._transaction, unit, span.pdu)


def _outcome(unit: int, span: Question, pdu: Pdu) -> Outcome | None:
    """Return what a frame is as an answer to `span` of `unit`, None if it is none."""
    if pdu.unit != unit:
        return None
    if pdu.function == span.function | 0x80 and len(pdu.data) == 1:
        return "exception"
    return "answer" if pdu.function == span.function and span.is_answered_by(pdu.data) else None


def _find_rtu(unit: int, span: Question, heard: bytes, begin: int, request: bytes) -> _Found | int:
    """Return the answer in `heard`, wherever noise is before it: unit, function and size are known, the CRC decides.

    Else return where the next look has to begin: each place is looked at until it cannot be an answer any more, and no longer.
    """
    unfinished = len(heard)
    for at in range(begin, len(heard)):
        if heard[at] != unit:
            continue
        size = _answer_size(span, heard[at : at + MAX_RTU_BYTES])
        if size is None or size > len(heard) - at:
            unfinished = min(unfinished, at)
            continue
        frame = heard[at : at + size]
        if size and frame != request and has_right_crc(frame):
            pdu = open_rtu(frame)
            outcome = _outcome(unit, span, pdu)
            if outcome is not None:
                return outcome, at, frame, pdu
    return unfinished


def _answer_size(span: Question, head: bytes) -> int | None:
    """Return the bytes of an answer to `span` that begins so, 0 if it is none, None while that cannot be told."""
    if len(head) < 2:
        return None
    if head[1] == span.function | 0x80:
        return _EXCEPTION_BYTES
    return span.size_of(head) if head[1] == span.function else 0


def _mbap_frames(heard: bytes) -> list[tuple[int, bytes]]:
    """Return the whole Modbus/TCP frames, and where each begins; what follows a head that is none cannot be read."""
    frames: list[tuple[int, bytes]] = []
    at = 0
    while len(heard) - at > _MBAP_HEAD:
        size = _MBAP_HEAD + int.from_bytes(heard[at + 4 : at + 6], "big")
        if heard[at + 2 : at + 4] != b"\0\0" or size > 260 or len(heard) - at < size:
            break
        frames.append((at, heard[at : at + size]))
        at += size
    return frames
