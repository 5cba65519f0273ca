"""From the bytes of one source to its open batch: decode, normalise, encode, and an account of whatever is refused.

A message that yields no reading, or breaks its decoder, is set aside; its acknowledgement waits for that like any other.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.absence import Absence
from edge.arrival import Arrival, away_of
from edge.batching.batcher import Batcher
from edge.batching.chunk import Acknowledgement, Chunk
from edge.clock.stamp import Stamp, Stamps, WallTime
from edge.decoders.decoder import Decoder, Missed, Reply
from edge.encode import Encoder
from edge.framers.framer import FramerSettings
from edge.normalise import Normaliser
from edge.refusal_budget import RefusalBudget
from edge.spool.provisional import dump
from edge.spool.reasons import Kind, kind_of
from edge.spool.record import MAX_BODY_BYTES
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss
from runtime.clock import Clock
from runtime.logs import Log
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import Reading

_LOG = Log("edge.intake")
Message = tuple[str, bytes, *tuple[object, ...]]
ARRIVAL_STEP_NS = 1_000_000
MAX_REPLIES = 1_000
MAX_LINE_BYTES = MAX_BODY_BYTES - 512  # what gzip and LF may add to a line that does not compress
_RETAIN, _QUEUED, _WITH_FLAGS = 4, 5, 6  # of runtime.mqtt_intake.MqttMessage
_SHORT_NS = 1_000_000_000  # after a shorter absence the arrival is as good a time as any
_SURELY_FITS = MAX_LINE_BYTES // 4  # characters of at most 4 bytes


class Taken(NamedTuple):
    """A reading that its source decoded itself, and when it was taken: ns of the clock that counts from the boot, 0 and less before it."""

    reading: Reading
    boot_ns: int


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
        time: Stamps | None = None,
    ) -> None:
        """`time` stamps what arrives; without it the clock is believed as it is."""
        self.source = source
        self.counts = IntakeCounts()
        self.last_s = self.last_but_one_s = float("-inf")  # when readings came (monotonic)
        self.maintained_until_ns = 0  # boot time at which hands-on work ends; 0 when there was none
        self.is_excused = False  # silent on purpose: somebody else has the port
        self.is_on_trial = False  # new firmware of the device is being watched
        self.told_every_s: float | None = None  # how often the device itself says that it reports
        self.normaliser = normaliser
        self._decoder = decoder
        self._encoder = Encoder()
        self._replies: list[Reply] = []
        self._batcher = batcher
        self._budget = budget
        self._clock = clock
        self._time: Stamps = time or WallTime(clock)
        self._was_trusted = True
        self._away_count = 0
        self._on_loss = on_loss
        self.heard_s: float | None = None  # monotonic time of the last call of `messages`
        self._owing = threading.Lock()
        self._owed: list[Loss] = []  # readings lost before they reached a record; the next record answers for them

    @property
    def framing(self) -> str | FramerSettings:
        """How the decoder wants bytes cut."""
        return self._decoder.framing

    def messages(
        self,
        messages: Sequence[Message],
        acknowledgement: Acknowledgement | None = None,
        absence: Absence | None = None,
        bits: int = quality.GOOD,
    ) -> None:
        """Take messages (topic, payload, …) that arrived together; blocks while the disk does not take what came before.

        They are stamped with the time, cut to milliseconds: finer digits would be noise and cost a quarter of the bytes. `absence` is
        when those among them queued that say so (runtime/mqtt_intake.py, MqttMessage), `bits` the quality that the source knows of.
        """
        began_s = self._clock.monotonic_s()
        stamp = self._heard(began_s, bits)
        chunk = Chunk(messages=len(messages), acknowledgement=acknowledgement, is_provisional=not stamp.is_trusted)
        plain = None if stamp.is_trusted else Arrival(is_trusted=False)
        times: list[int] = []
        for message in messages:
            topic, payload = message[0], message[1]
            is_plain = len(message) < _WITH_FLAGS or not (message[_RETAIN] or message[_QUEUED])
            arrival = plain if is_plain else self._arrival(message, absence, stamp)
            try:
                readings, refusals, is_understood, missed, replies = self._decoder.decode(topic, payload)
                refused = [refusal.reason for refusal in refusals] if refusals else []
                if missed or replies:
                    self._note(missed, replies, stamp)
                if not self._points(chunk.lines, times, readings, refused, stamp, arrival) and not refused and not is_understood:
                    refused.append("the message yields no reading")
            except RejectedError as error:
                refused = [error.reason]
            except Exception as error:  # noqa: BLE001 (a broken decoder must not stall its source: set aside, logged, counted)
                _LOG.exception("decoder.broken", source=self.source, topic=topic)
                refused = [f"the decoder broke: {error!r}"]
            if refused:
                self._set_aside(chunk, topic, payload, "; ".join(refused), stamp)
        self._finish(chunk, times, len(messages), began_s)

    def taken(
        self,
        readings: Sequence[Taken],
        message_count: int,
        acknowledgement: Acknowledgement | None = None,
        losses: Sequence[Loss] = (),
        faults: Sequence[str] = (),
        *,
        is_urgent: bool = False,
    ) -> None:
        """Take what is decoded already, of `message_count` messages none of which ever comes here twice; blocks as `messages` does.

        `faults` are what could not be decoded, one reason each. `losses` happened on the other side of the source; they are told to the
        ledger when the chunk is durable, with the readings. `is_urgent`: the device waits for room (edge/batching/chunk.py).
        """
        began_s = self._clock.monotonic_s()
        boot_ns, stamp = self._clock.boot_ns(), self._heard(began_s, quality.GOOD)
        chunk = Chunk(messages=message_count, acknowledgement=acknowledgement, is_provisional=not stamp.is_trusted, is_urgent=is_urgent)
        arrival = Arrival(stamp.is_trusted, is_once=True)
        times: list[int] = []
        for reading, taken_ns in readings:
            refused: list[str] = []
            self._points(chunk.lines, times, (reading._replace(age_ns=max(0, boot_ns - taken_ns)),), refused, stamp, arrival)
            if refused:
                payload = json.dumps(dict(reading.fields), default=str).encode()
                self._set_aside(chunk, reading.measurement, payload, "; ".join(refused), stamp)
        for fault in faults:
            self._set_aside(chunk, self.source, b"", fault, stamp)
        for loss in losses:
            chunk.lose(loss)
            chunk.produced += loss.count or 0
        self._finish(chunk, times, message_count, began_s)

    def time_of(self, boot_ns: int) -> int | None:
        """Return the time of a moment of this boot (ns since 1970 UTC), None while time is not trusted. Any thread."""
        return self._time.at_boot_ns(boot_ns)

    def _heard(self, now_s: float, bits: int) -> Stamp:
        stamp = self._stamp()
        self.heard_s = now_s
        if self.is_on_trial or (self.maintained_until_ns and self._clock.boot_ns() < self.maintained_until_ns):
            bits |= quality.MAINTENANCE
        return stamp._replace(bits=stamp.bits | bits)

    def _finish(self, chunk: Chunk, times: Sequence[int], message_count: int, began_s: float) -> None:
        if times:
            self.last_but_one_s, self.last_s = self.last_s, began_s
        self._count_points(chunk, times)
        self.counts.messages += message_count
        chunk.work_s = self._clock.monotonic_s() - began_s
        self._put(chunk)

    def _count_points(self, chunk: Chunk, times: Sequence[int]) -> None:
        if times:
            chunk.raw_bytes = sum(map(len, chunk.lines)) + len(times)
            chunk.first_ns, chunk.last_ns = min(times), max(times)
            chunk.produced += len(times)
            self.counts.points += len(times)

    def _points(
        self, lines: list[str], times: list[int], readings: Sequence[Reading], refused: list[str], stamp: Stamp, arrival: Arrival | None
    ) -> bool:
        """Append the lines of `readings`; what one of them is refused for does not touch the others. Tell whether any was of use."""
        normalise, line = self.normaliser.normalise, self._encoder.line
        before, is_remembered = len(lines), False
        for reading in readings:
            point, left_out, device, away, remembered = normalise(reading, stamp.ns, stamp.bits, arrival)
            if left_out:
                refused += [refusal.reason for refusal in left_out]
            if point is None:
                is_remembered = is_remembered or remembered
                continue
            try:
                text = line(point)
                if not stamp.is_trusted:
                    text = dump(point, self._time.boot_id, device, away)
                if len(text) > _SURELY_FITS:
                    _check_length(text)
            except RejectedError as error:
                refused.append(error.reason)
                continue
            lines.append(text)
            times.append(point.time_ns)
        if arrival is not None and arrival.away:
            self._away_count += len(lines) - before
        return is_remembered or len(lines) > before

    def own(self, readings: Sequence[Reading]) -> None:
        """Take readings that the source itself makes (fan hours, say). They are no sign of life of the device."""
        stamp = self._stamp()
        chunk, times, refused = Chunk(is_provisional=not stamp.is_trusted), list[int](), list[str]()
        self._points(chunk.lines, times, readings, refused, stamp, None if stamp.is_trusted else Arrival(is_trusted=False))
        self._count_points(chunk, times)
        if refused:
            self._set_aside(chunk, self.source, b"", "; ".join(refused), stamp)
        self._put(chunk)

    def device_restarted(self) -> None:
        """The source's device was unplugged and is back. On the thread of `messages`."""
        self.normaliser.sensors_restarted(self._stamp().ns)

    def take_replies(self) -> list[Reply]:
        """Return what the decoder wants to be told to devices since the last call. On the thread of `messages`."""
        taken, self._replies = self._replies, []
        return taken

    def _note(self, missed: Sequence[Missed], replies: Sequence[Reply], stamp: Stamp) -> None:
        at_ns = stamp.ns if stamp.is_trusted else None
        for one in missed:
            self._on_loss(Loss(one.reason, self.source, one.reading_count, one.first_ns or at_ns, one.last_ns or at_ns, detail=one.detail))
        self._replies += replies[: MAX_REPLIES - len(self._replies)]

    def absence_over(self, absence: Absence) -> None:
        """All that queued at the broker during an absence has come: put it into the ledger."""
        count, self._away_count = self._away_count, 0
        if count:
            stamp = self._stamp()
            away = away_of(absence, self._time, is_trusted=stamp.is_trusted)
            first_ns, last_ns = (away.from_ns, away.to_ns) if stamp.is_trusted else (None, None)
            detail = "queued at the broker while we were away; their times are reconstructed"
            self._on_loss(Loss("broker queue", self.source, count, first_ns, last_ns, detail=detail))

    def _stamp(self) -> Stamp:
        """Return the moment, cut to milliseconds. When time becomes trusted, what is remembered in boot time is told in time."""
        ns, is_trusted, bits = self._time.stamp()
        if is_trusted and not self._was_trusted:
            self.normaliser.series.retime(lambda boot_ns: self._time.at_boot_ns(boot_ns) or boot_ns)
        self._was_trusted = is_trusted
        return Stamp(ns // ARRIVAL_STEP_NS * ARRIVAL_STEP_NS, is_trusted, bits)

    def _arrival(self, message: Message, absence: Absence | None, stamp: Stamp) -> Arrival:
        if not message[_QUEUED] or absence is None:
            return Arrival(stamp.is_trusted, is_retained=bool(message[_RETAIN]))
        away = away_of(absence, self._time, is_trusted=stamp.is_trusted)
        is_short = stamp.is_trusted and away.to_ns - away.from_ns < _SHORT_NS
        return Arrival(stamp.is_trusted, away=None if is_short else away)

    def refuse(self, topic: str, reason: str, acknowledgement: Acknowledgement | None = None, payload: bytes = b"") -> None:
        """Take note of a message that cannot even be decoded (too large, say)."""
        chunk = Chunk(messages=1, acknowledgement=acknowledgement)
        self._set_aside(chunk, topic, payload, reason, self._time.stamp())
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

    def _set_aside(self, chunk: Chunk, topic: str, payload: bytes, reason: str, stamp: Stamp) -> None:
        """Keep the message with its reason, within the budget of its topic, and account for it either way."""
        self.counts.refused += 1
        chunk.produced += 1
        at_ns = stamp.ns if stamp.is_trusted else None
        chunk.lose(Loss("decoder rejected", self.source, 1, at_ns, at_ns))
        if self._budget.allows(topic, self._clock.monotonic_s()):
            chunk.refuse(SetAside(at_ns or self._time.best_ns(), self.source, reason, topic=topic, payload=payload))

    def _put(self, chunk: Chunk) -> None:
        """Hand the chunk on. What is not taken is lost, unless its acknowledgement is outstanding: then it comes again."""
        if self._owed and chunk.acknowledgement is None:
            self._answer_for_owed(chunk)
        if self._batcher.add(chunk) or chunk.acknowledgement is not None:
            return
        if chunk.lines:
            self.counts.lost += len(chunk.lines)
            first_ns, last_ns = (None, None) if chunk.is_provisional else (chunk.first_ns, chunk.last_ns)
            chunk.lose(Loss("memory full", self.source, len(chunk.lines), first_ns, last_ns))
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
