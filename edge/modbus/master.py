"""One exchange on a Modbus line: send a request, wait for its answer, tell everything else apart.

An answer counts when it is of the slave and the function that were asked, with as much data as was asked for (Modbus/TCP: with the
request's own transaction). What came before the request was sent is thrown away; what comes meanwhile from others, late or by mistake,
is counted and the wait goes on. After a time-out the round ends, so that an answer to one read is not taken for that of the next.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import Pdu, Span, mbap, open_rtu, read_request, rtu, split_mbap

_MBAP_HEAD = 6
_MOST_BUFFERED = 4096


class Wire(Protocol):
    """Bytes to and from the slaves. TransientError while it is not there."""

    def send(self, data: bytes) -> None: ...

    def receive(self, wait_s: float) -> bytes:
        """Return what comes within `wait_s`, nothing if nothing does."""
        ...


@dataclass(slots=True)
class SlaveCounts:
    """Since the start, for one slave."""

    asked: int = 0
    answered: int = 0
    timeouts: int = 0
    damaged: int = 0
    exceptions: int = 0


@dataclass(slots=True)
class Exchange:
    """What became of one request. `transcript` is what was on the line: the request, and the answer if there was one."""

    outcome: Literal["answer", "exception", "timeout", "damaged"]
    transcript: bytes = b""
    latency_s: float = 0.0
    noise: bytes = b""


class Master:
    """Asks on one wire; one thread uses it."""

    def __init__(self, wire: Wire, monotonic_s: Callable[[], float], *, is_tcp: bool) -> None:
        self._wire = wire
        self._now = monotonic_s
        self._is_tcp = is_tcp
        self._transaction = 0
        self.foreign_count = 0  # frames that nobody had asked for
        self.echo_count = 0
        self.counts: dict[int, SlaveCounts] = {}

    def ask(self, unit: int, span: Span, wait_s: float) -> Exchange:
        """Read `span` of a slave."""
        counts = self.counts.setdefault(unit, SlaveCounts())
        counts.asked += 1
        while self._wire.receive(0.0):
            pass  # the rest of what went wrong before
        request = self._request(unit, span)
        began_s = self._now()
        self._wire.send(request)
        exchange = self._await(unit, span, request, began_s, wait_s)
        counts.answered += exchange.outcome in {"answer", "exception"}
        counts.exceptions += exchange.outcome == "exception"
        counts.timeouts += exchange.outcome == "timeout"
        counts.damaged += exchange.outcome == "damaged"
        return exchange

    def _await(self, unit: int, span: Span, request: bytes, began_s: float, wait_s: float) -> Exchange:
        cutter = _Cutter(is_tcp=self._is_tcp)
        while (left_s := began_s + wait_s - self._now()) > 0:
            for frame in cutter.feed(self._wire.receive(left_s)):
                if frame == request:
                    self.echo_count += 1  # an adapter that hears itself
                    continue
                found = self._answer(unit, span, frame)
                if found is not None:
                    return Exchange(found, request + frame, self._now() - began_s)
                self.foreign_count += 1
        noise = cutter.rest()
        return Exchange("damaged" if noise else "timeout", request, wait_s, noise)

    def _request(self, unit: int, span: Span) -> bytes:
        if not self._is_tcp:
            return rtu(unit, read_request(span))
        self._transaction = self._transaction % 0xFFFF + 1
        return mbap(self._transaction, unit, read_request(span))

    def _answer(self, unit: int, span: Span, frame: bytes) -> Literal["answer", "exception"] | None:
        if self._is_tcp:
            transaction, pdu = (split_mbap(frame) or [(-1, Pdu(-1, -1, b""))])[0]
            if transaction != self._transaction:
                return None
        else:
            pdu = open_rtu(frame)
        if pdu.unit != unit:
            return None
        if pdu.function == span.function | 0x80 and len(pdu.data) == 1:
            return "exception"
        is_ours = pdu.function == span.function and len(pdu.data) == span.byte_count + 1 and pdu.data[0] == span.byte_count
        return "answer" if is_ours else None


@dataclass(slots=True)
class _Cutter:
    """Frames out of what comes back, RTU or Modbus/TCP."""

    is_tcp: bool
    _framer: RtuFramer = field(default_factory=lambda: RtuFramer(Options()))
    _buffer: bytes = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        if not self.is_tcp:
            return self._framer.feed(chunk)
        self._buffer = (self._buffer + chunk)[:_MOST_BUFFERED]
        frames: list[bytes] = []
        while len(self._buffer) >= _MBAP_HEAD:
            size = _MBAP_HEAD + int.from_bytes(self._buffer[4:6], "big")
            if self._buffer[2:4] != b"\0\0" or size > 260:
                self._buffer = b""
            elif len(self._buffer) < size:
                break
            else:
                frames.append(self._buffer[:size])
                self._buffer = self._buffer[size:]
        return frames

    def rest(self) -> bytes:
        """Return what became no frame."""
        if self.is_tcp:
            return self._buffer
        self._framer.silence()
        return b"".join(drop.head for drop in self._framer.drops())
