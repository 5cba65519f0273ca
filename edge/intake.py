"""From the bytes of one source to its open batch: decode, normalise, encode, and an account of whatever is refused.

A message that yields no reading, or breaks its decoder, is set aside; its acknowledgement waits for that like any other.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.batching.batcher import Batcher
from edge.batching.chunk import Acknowledgement, Chunk
from edge.decoders.decoder import Decoder
from edge.encode import Encoder
from edge.normalise import Normaliser
from edge.refusal_budget import RefusalBudget
from edge.spool.reasons import Kind, kind_of
from edge.spool.record import MAX_BODY_BYTES
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss
from runtime.clock import Clock
from runtime.logs import Log
from telemetry.errors import RejectedError
from telemetry.point import Reading

_LOG = Log("edge.intake")
Message = tuple[str, bytes, *tuple[object, ...]]
ARRIVAL_STEP_NS = 1_000_000
MAX_LINE_BYTES = MAX_BODY_BYTES - 512  # what gzip and LF may add to a line that does not compress
_SURELY_FITS = MAX_LINE_BYTES // 4  # characters of at most 4 bytes


@dataclass(slots=True)
class IntakeCounts:
    """Since the start: messages taken, points made, messages or items refused, points lost because memory was full."""

    messages: int = 0
    points: int = 0
    refused: int = 0
    lost: int = 0


class SourceIntake:
    """The pipeline of one source; one thread calls `messages`."""

    def __init__(
        self,
        source: str,
        decoder: Decoder,
        normaliser: Normaliser,
        batcher: Batcher,
        budget: RefusalBudget,
        clock: Clock,
        on_loss: Callable[[Loss], None],
    ) -> None:
        self.source = source
        self.counts = IntakeCounts()
        self.normaliser = normaliser
        self._decoder = decoder
        self._encoder = Encoder()
        self._batcher = batcher
        self._budget = budget
        self._clock = clock
        self._on_loss = on_loss
        self.heard_s: float | None = None  # monotonic time of the last call of `messages`
        self.heard_ns = 0
        self._owing = threading.Lock()
        self._owed: list[Loss] = []  # readings lost before they reached a record; the next record answers for them

    def messages(self, messages: Sequence[Message], acknowledgement: Acknowledgement | None = None) -> None:
        """Take messages (topic, payload, …) that arrived together; blocks while the disk does not take what came before.

        They are stamped with the wall clock, cut to milliseconds: finer digits would be noise and cost a quarter of the bytes.
        """
        began_s = self._clock.monotonic_s()
        arrival_ns = self._clock.wall_ns() // ARRIVAL_STEP_NS * ARRIVAL_STEP_NS
        self.heard_s, self.heard_ns = began_s, arrival_ns
        chunk = Chunk(messages=len(messages), acknowledgement=acknowledgement)
        times: list[int] = []
        for message in messages:
            topic, payload = message[0], message[1]
            try:
                readings, refusals = self._decoder.decode(topic, payload)
                refused = [refusal.reason for refusal in refusals] if refusals else []
                if not self._points(chunk.lines, times, readings, refused, arrival_ns) and not refused:
                    refused.append("the message yields no reading")
            except RejectedError as error:
                refused = [error.reason]
            except Exception as error:  # noqa: BLE001 (a broken decoder must not stall its source: set aside, logged, counted)
                _LOG.exception("decoder.broken", source=self.source, topic=topic)
                refused = [f"the decoder broke: {error!r}"]
            if refused:
                self._set_aside(chunk, topic, payload, "; ".join(refused), arrival_ns)
        if times:
            chunk.raw_bytes = sum(map(len, chunk.lines)) + len(times)
            chunk.first_ns, chunk.last_ns = min(times), max(times)
            chunk.produced += len(times)
        self.counts.messages += len(messages)
        self.counts.points += len(times)
        chunk.work_s = self._clock.monotonic_s() - began_s
        self._put(chunk)

    def _points(self, lines: list[str], times: list[int], readings: Sequence[Reading], refused: list[str], arrival_ns: int) -> bool:
        """Append the lines of `readings`; what one of them is refused for does not touch the others. Tell whether any was made."""
        normalise, line = self.normaliser.normalise, self._encoder.line
        before = len(lines)
        for reading in readings:
            point, left_out = normalise(reading, arrival_ns)
            if left_out:
                refused += [refusal.reason for refusal in left_out]
            if point is None:
                continue
            try:
                text = line(point)
                if len(text) > _SURELY_FITS:
                    _check_length(text)
            except RejectedError as error:
                refused.append(error.reason)
                continue
            lines.append(text)
            times.append(point.time_ns)
        return len(lines) > before

    def refuse(self, topic: str, reason: str, acknowledgement: Acknowledgement | None = None, payload: bytes = b"") -> None:
        """Take note of a message that cannot even be decoded (too large, say)."""
        chunk = Chunk(messages=1, acknowledgement=acknowledgement)
        self._set_aside(chunk, topic, payload, reason, self._clock.wall_ns())
        self.counts.messages += 1
        self._put(chunk)

    def lose(self, loss: Loss) -> None:
        """Account for readings that never came here. Any thread."""
        if loss.count is None or kind_of(loss.reason) is not Kind.INTAKE:
            self._on_loss(loss)
            return
        with self._owing:
            self._owed.append(loss)
        self.pay()

    def pay(self) -> None:
        """Put what is owed into a chunk of its own, if memory has room for it. Any thread."""
        if self._owed:
            chunk = Chunk()
            self._answer_for_owed(chunk)
            if chunk.losses and not self._batcher.add(chunk):
                self._owe(chunk.losses)

    def _set_aside(self, chunk: Chunk, topic: str, payload: bytes, reason: str, at_ns: int) -> None:
        """Keep the message with its reason, within the budget of its topic, and account for it either way."""
        self.counts.refused += 1
        chunk.produced += 1
        chunk.lose(Loss("decoder rejected", self.source, 1, at_ns, at_ns))
        if self._budget.allows(topic, self._clock.monotonic_s()):
            chunk.refuse(SetAside(at_ns, self.source, reason, topic=topic, payload=payload))

    def _put(self, chunk: Chunk) -> None:
        """Hand the chunk on. What is not taken is lost, unless its acknowledgement is outstanding: then it comes again."""
        if self._owed and chunk.acknowledgement is None:
            self._answer_for_owed(chunk)
        if self._batcher.add(chunk) or chunk.acknowledgement is not None:
            return
        if chunk.lines:
            self.counts.lost += len(chunk.lines)
            chunk.lose(Loss("memory full", self.source, len(chunk.lines), chunk.first_ns, chunk.last_ns))
        self._owe(chunk.losses)

    def _answer_for_owed(self, chunk: Chunk) -> None:
        with self._owing:
            owed, self._owed = self._owed, []
        for loss in owed:
            chunk.lose(loss)
            chunk.produced += loss.count or 0

    def _owe(self, losses: Sequence[Loss]) -> None:
        """Keep losses for the next record, added up."""
        with self._owing:
            debts = Chunk(losses=self._owed)
            for loss in losses:
                debts.lose(loss)


def _check_length(line: str) -> None:
    size = len(line.encode())
    if size > MAX_LINE_BYTES:
        raise RejectedError(f"a point of {size} bytes; a record takes {MAX_LINE_BYTES}")
