"""TCP segments of a packet capture → the bytes of each connection and direction, in order.

Good enough to read what was said, not to be a TCP: retransmissions are dropped, and segments out of order wait for what is missing. Once
the other side has acknowledged them, or too many wait, the missing bytes are not in the capture: the stream goes on behind the gap, which
is told. A segment far outside the window is handed on as it is. A capture may begin in the middle of a connection.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

_MOST_STREAMS = 10_000
_MOST_WAITING = 16  # segments out of order, of one direction
_WINDOW = 1 << 24
_MODULUS = 1 << 32
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


class Address(NamedTuple):
    """One end of a connection."""

    host: str
    port: int


class Segment(NamedTuple):
    """What of a TCP packet matters here."""

    source: Address
    target: Address
    sequence: int
    acknowledged: int
    flags: int
    data: bytes


@dataclass(slots=True)
class Stream:
    """One direction of a connection. `held` is for who cuts messages out of it."""

    server: Address
    next_sequence: int | None = None
    waiting: dict[int, bytes] = field(default_factory=dict)
    held: bytes = b""


class Delivered(NamedTuple):
    """Bytes that come next in their direction, after `missing` lost ones."""

    stream: Stream
    data: bytes
    missing: int


class Streams:
    """All connections of a capture, the longest unused forgotten first."""

    def __init__(self, known_port: int) -> None:
        self._known_port = known_port
        self._streams: OrderedDict[tuple[Address, Address], Stream] = OrderedDict()

    def feed(self, segment: Segment) -> list[Delivered]:
        """Return what `segment` completes: first in the other direction, which it may acknowledge, then in its own."""
        is_opening = segment.flags & (SYN | FIN | RST) == SYN
        delivered: list[Delivered] = []
        back = self._streams.get((segment.target, segment.source))
        if back is not None and back.waiting and segment.flags & ACK and not is_opening:
            delivered = _deliverable(back, until=segment.acknowledged)
        key = (segment.source, segment.target)
        stream = self._streams.pop(key, None)
        if stream is None or is_opening:
            stream = Stream(self._server_of(segment))
        self._streams[key] = stream
        if len(self._streams) > _MOST_STREAMS:
            self._streams.popitem(last=False)
        if is_opening:
            stream.next_sequence = (segment.sequence + 1) % _MODULUS
            return delivered
        if stream.next_sequence is None:
            stream.next_sequence = segment.sequence
        if not segment.data:
            return delivered
        if abs(_ahead(segment.sequence, stream.next_sequence)) > _WINDOW:
            return [*delivered, Delivered(stream, segment.data, 0)]
        stream.waiting[segment.sequence] = segment.data
        return [*delivered, *_deliverable(stream, must_go_on=len(stream.waiting) >= _MOST_WAITING)]

    def rest(self) -> list[Delivered]:
        """The capture is over: return what still waits for something that never came."""
        return [one for stream in self._streams.values() for one in _deliverable(stream, must_go_on=True)]

    def _server_of(self, segment: Segment) -> Address:
        ends = (segment.source, segment.target)
        known = [end for end in ends if end.port == self._known_port]
        if len(known) == 1:
            return known[0]
        if segment.flags & (SYN | FIN | RST) == SYN:
            return segment.source if segment.flags & ACK else segment.target
        other = self._streams.get((segment.target, segment.source))
        return other.server if other is not None else min(ends, key=lambda end: end.port)


def _deliverable(stream: Stream, *, must_go_on: bool = False, until: int | None = None) -> list[Delivered]:
    """Take what is next; over gaps too, when it `must_go_on` or the bytes before `until` were acknowledged."""
    delivered: list[Delivered] = []
    while stream.waiting:
        expected = stream.next_sequence or 0
        ahead, sequence = min((_ahead(sequence, expected), sequence) for sequence in stream.waiting)
        is_acknowledged = until is not None and _ahead(until, (sequence + len(stream.waiting[sequence])) % _MODULUS) >= 0
        if ahead > 0 and not must_go_on and not is_acknowledged:
            break
        data = stream.waiting.pop(sequence)
        fresh = data[-ahead:] if ahead < 0 else data  # what was sent before is dropped
        if len(data) + ahead > 0:
            delivered.append(Delivered(stream, fresh, max(0, ahead)))
            stream.next_sequence = (sequence + len(data)) % _MODULUS
    return delivered


def _ahead(sequence: int, expected: int) -> int:
    """Return how far `sequence` is ahead of `expected` (RFC 9293, section 3.4: numbers wrap)."""
    return (sequence - expected + _MODULUS // 2) % _MODULUS - _MODULUS // 2
