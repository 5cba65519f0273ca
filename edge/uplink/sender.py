"""The uplink: one thread that hands the spool's records to the store, live readings first, and acts on every answer.

accept      the records are delivered
split, set aside    see edge/uplink/split.py: the bad lines go to the set-aside store, the rest is delivered
hold        nobody but a person can help (wrong token, no such database): alarm, try slowly, lose nothing
retry       the store or the way to it is down: wait with full jitter, or as long as the store says
"""

import gzip
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.spool.queue import LaneName, Lease
from edge.spool.segment_reader import Record
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss, Spool
from edge.uplink.refused import refused_losses
from edge.uplink.split import Refusal, Splitter
from edge.uplink.target import Target
from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock
from runtime.influx_answers import Action, Answer
from runtime.influx_causes import Cause
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.errors import TransientError

_LOG = Log("edge.uplink")
_IDLE_S = 1.0
_SAVE_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the uplink waits: `retry` while the store is down, `hold_s` seconds while only a person can help."""

    retry: Backoff
    hold_s: float


PATIENCE = Patience(Backoff(first_s=0.5, ceiling_s=15.0), hold_s=30.0)


@dataclass(frozen=True, slots=True)
class UplinkState:
    """The uplink at one moment; counts are since the start. `trouble` is why nothing is delivered, empty when all is well.

    `lag_s` is how old the newest reading of the last delivery was when the store had it, in seconds.
    """

    is_up: bool = False
    server: str = ""
    trouble: str = ""
    is_held: bool = False
    delivered_lines: int = 0
    refused_lines: int = 0
    requests: int = 0
    sent_bytes: int = 0
    last_delivery_ns: int | None = None
    lag_s: float | None = None


class Uplink:
    """See the module. `wake` is called when there is something new to send."""

    def __init__(
        self,
        spool: Spool,
        make_target: Callable[[], Target],
        clock: Clock,
        on_loss: Callable[[Loss], None],
        on_cause: Callable[[Cause | None], None],
        on_death: Callable[[str], None],
        *,
        limits: tuple[int, int] = (5000, 1 << 20),
        patience: Patience = PATIENCE,
        rng: random.Random | None = None,
        on_refused: Callable[[Sequence[Loss]], bool] | None = None,
    ) -> None:
        """`on_refused` returns once the ledger's word on refused lines is durable, or False: then the lease is released."""
        self._spool = spool
        self._on_refused = on_refused or self._note_losses
        self._make_target = make_target
        self._clock = clock
        self._on_loss = on_loss
        self._on_cause = on_cause
        self._limits = limits  # lines, and bytes of text, in one request
        self._patience = patience
        self._rng = rng or random.Random()  # noqa: S311 (jitter)
        self._state = UplinkState()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._deadline_s = float("inf")
        self._failures = 0
        self._saved_s = 0.0
        self._is_connected = self._is_left = False
        self.beat_s = clock.monotonic_s()  # when the thread last came round; a request may take its time-out
        self._thread = VitalThread("uplink", self._run, on_death)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        """There is something new to send."""
        self._work.set()

    def stop(self, timeout_s: float) -> bool:
        """Deliver what is left while the store takes it, then end; False when a request still hangs after `timeout_s`.

        Then the thread is left to its request; what becomes of that does not matter, the records are in the spool.
        """
        self._deadline_s = time.monotonic() + 0.8 * timeout_s
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout_s)
        self._is_left = self._thread.is_alive()
        return not self._is_left

    def state(self) -> UplinkState:
        return self._state

    def _run(self) -> None:
        self._target = self._make_target()  # here, because loading a client takes a while and sources need not wait for it
        while not (self._stopping.is_set() and (not self._is_connected or time.monotonic() >= self._deadline_s)):
            self.beat_s = self._clock.monotonic_s()
            if not self._is_connected and not self._connect():
                continue
            lease = self._spool.lease(LaneName.LIVE, *self._limits) or self._spool.lease(LaneName.BACKLOG, *self._limits)
            if lease is not None:
                self._deliver(lease)
            elif self._stopping.is_set():
                break
            else:
                self._rest()
        self._target.close()

    def _rest(self) -> None:
        """There is nothing to send: a store that can be reached is as good as one that took something."""
        self._note(is_up=True, is_held=False, trouble="")
        self._save()
        self._work.wait(_IDLE_S)
        self._work.clear()

    def _connect(self) -> bool:
        """Find the store. From the first contact the newest readings go first; it is up once it takes something."""
        try:
            server = self._target.connect()
        except TransientError as error:
            self._trouble(Answer(Action.RETRY, "unreachable", error.retry_after_s, error.reason))
            return False
        self._is_connected = True
        if server != self._state.server:
            _LOG.info("uplink.connected", server=server)
        self._spool.split_lanes()
        self._note(server=server)
        return True

    def _deliver(self, lease: Lease) -> None:
        answer = self._send(lease.body)
        if self._is_left:
            return
        if answer.action is Action.ACCEPT:
            self._accepted(lease, refused=0)
        elif answer.action in (Action.SPLIT, Action.SET_ASIDE):
            self._split(lease, answer)
        else:
            self._spool.release(lease)
            self._trouble(answer)

    def _send(self, body: bytes) -> Answer:
        answer = self._target.send(body)
        self._note(requests=self._state.requests + 1, sent_bytes=self._state.sent_bytes + len(body))
        return answer

    def _split(self, lease: Lease, answer: Answer) -> None:
        """Find the bad lines, set them aside durably, and only then count the records as done."""
        splitter = Splitter(gzip.decompress(lease.body).removesuffix(b"\n").split(b"\n"), answer)
        self._on_cause(answer.cause)
        while (lines := splitter.next()) is not None:
            reply = self._send(gzip.compress(b"\n".join(lines) + b"\n", 1, mtime=0))
            splitter.answered(reply)
            self._on_cause(reply.cause)
            if splitter.must_wait or time.monotonic() >= self._deadline_s:
                self._spool.release(lease)
                if splitter.must_wait:
                    self._trouble(splitter.must_wait)
                return
        if self._set_aside(lease, splitter.refused):
            self._accepted(lease, refused=len(splitter.refused))

    def _set_aside(self, lease: Lease, refused: Sequence[Refusal]) -> bool:
        """Make refused lines durable in the set-aside store; False when the disk does not take them now: the lease is released."""
        now_ns, sources = self._clock.wall_ns(), _sources(lease.records)
        entries = [SetAside(now_ns, sources[refusal.line], refusal.reason, line=refusal.line) for refusal in refused]
        try:
            self._spool.set_aside.add(entries)
        except OSError as error:
            self._spool.release(lease)
            self._trouble(Answer(Action.RETRY, "set-aside store", words=str(error.strerror)))
            return False
        losses = refused_losses(lease.records, [refusal.line for refusal in refused], lease.priority)
        for loss in losses:
            _LOG.warning("uplink.refused", source=loss.source, lines=loss.count, reason=refused[0].reason)
        if losses and not self._on_refused(losses):
            self._spool.release(lease)
            self._trouble(Answer(Action.RETRY, "ledger", words="its word on refused lines is not durable"))
            return False
        return True

    def _note_losses(self, losses: Sequence[Loss]) -> bool:
        for loss in losses:
            self._on_loss(loss)
        return True

    def _accepted(self, lease: Lease, refused: int) -> None:
        self._spool.accept(lease)
        if self._failures:
            _LOG.info("uplink.recovered", server=self._state.server, after=self._failures)
            self._spool.split_lanes()
            self._failures = 0
        now_ns = self._clock.wall_ns()
        self._note(
            is_up=True,
            is_held=False,
            trouble="",
            delivered_lines=self._state.delivered_lines + lease.count - refused,
            refused_lines=self._state.refused_lines + refused,
            last_delivery_ns=now_ns,
            lag_s=max(0.0, (now_ns - max(record.head.last_ns for record in lease.records)) / 1e9),
        )
        self._save(every_s=_SAVE_EVERY_S)

    def _trouble(self, answer: Answer) -> None:
        """Note why nothing is delivered, and wait."""
        self._failures += 1
        self._is_connected = False
        is_held = answer.action is Action.HOLD
        trouble = f"{answer.reason}: {answer.words}".rstrip(": ")
        if trouble != self._state.trouble:
            (_LOG.error if is_held else _LOG.warning)("uplink.held" if is_held else "uplink.lost", reason=answer.reason, words=answer.words)
        self._note(is_up=False, is_held=is_held, trouble=trouble)
        wait_s = self._patience.hold_s if is_held else next_delay(self._patience.retry, self._failures, self._rng)
        self._save()
        self._stopping.wait(max(wait_s, answer.retry_after_s or 0.0))

    def _save(self, every_s: float = _SAVE_EVERY_S) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._saved_s < every_s:
            return
        self._saved_s = now_s
        try:
            self._spool.save()
        except OSError as error:
            _LOG.warning("spool.unsaved", reason=error)

    def _note(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]


def _sources(records: Sequence[Record]) -> dict[bytes, str]:
    """Return the source of each line."""
    return {line: record.head.source for record in records for line in gzip.decompress(record.payload.body).split(b"\n")}
