"""The uplink: one thread that hands the spool's records to the store, live readings first, and acts on every answer.

accept      the records are delivered
split, set aside    see edge/uplink/parcel.py: the bad lines go to the set-aside store, the rest is delivered
hold        nobody but a person can help (wrong token, no such database): alarm, try slowly, lose nothing
retry       the store or the way to it is down: look for it again (edge/uplink/probe.py), never before the store says

How much goes into a request, and when the backlog may go, is edge/uplink/pacing.py.
"""

import gzip
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.spool.lease import ANY_SIZE, LaneName
from edge.spool.lines import split_lines
from edge.spool.segment_reader import Record
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss, Spool
from edge.uplink.eta import BacklogEta
from edge.uplink.pacing import NEWEST_BYTES, NEWEST_RECORDS, Budget, Pacer
from edge.uplink.parcel import Parcel
from edge.uplink.probe import PATIENCE, Patience, wait_s
from edge.uplink.refused import refused_losses
from edge.uplink.state import UplinkState
from edge.uplink.target import Target
from runtime.clock import Clock
from runtime.influx_answers import Action, Answer
from runtime.influx_causes import Cause
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.errors import TransientError

__all__ = ["PATIENCE", "Patience", "Uplink", "UplinkState"]

_LOG = Log("edge.uplink")
_IDLE_S = 1.0
_SAVE_EVERY_S = 5.0
_ASK_TIME_EVERY_S = 60.0
_BUSY = (429, 503)


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
        budget: Budget = Budget(),  # noqa: B008 (frozen)
        patience: Patience = PATIENCE,
        rng: random.Random | None = None,
        now_ns: Callable[[], int] | None = None,
        is_time_wanted: Callable[[], bool] = lambda: False,
        on_refused: Callable[[Sequence[Loss]], bool] | None = None,
    ) -> None:
        """`now_ns` tells the time for people; while `is_time_wanted`, a store that has nothing to do is asked again for its date.

        `on_refused` returns once the ledger's word on refused lines is durable, or False: then the lease is released.
        """
        self._spool = spool
        self._on_refused = on_refused or self._note_losses
        self._make_target = make_target
        self._clock = clock
        self._on_loss = on_loss
        self._on_cause = on_cause
        self._limits = limits  # lines, and bytes of text, in one request
        self._patience = patience
        self._now_ns = now_ns or clock.wall_ns
        self._is_time_wanted = is_time_wanted
        self._asked_s = 0.0
        self._rng = rng or random.Random()  # noqa: S311 (jitter)
        self._pacer, self._eta = Pacer(budget), BacklogEta()
        self._parcels: dict[LaneName, Parcel] = {}  # under way
        self._state = UplinkState()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._deadline_s = float("inf")
        self._failures = 0
        self._saved_s = 0.0
        self._is_connected = self._is_left = False
        self._is_lost = True  # unlike a store that only asked for patience
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
            if parcel := self._next():
                self._deliver(parcel)
            elif self._stopping.is_set() and not self._spool.backlog_records():
                break
            else:
                self._rest()
        self._release()
        self._target.close()

    def _next(self) -> Parcel | None:
        """Return what to send from: of each lane what is under way, or else what the spool has next."""
        now_s = time.monotonic()
        lanes = [LaneName.LIVE, LaneName.BACKLOG]
        if self._pacer.is_backlogs_turn(now_s):
            lanes.reverse()
        for name in lanes:
            if name is LaneName.BACKLOG and self._pacer.backlog_wait_s(now_s):
                continue
            if name not in self._parcels and (lease := self._spool.lease(name, *self._limits, self._most_bytes(name) or ANY_SIZE)):
                self._parcels[name] = Parcel(lease)
            if name in self._parcels:
                return self._parcels[name]
        return None

    def _most_bytes(self, lane: LaneName) -> int | None:
        return self._pacer.live_bytes() if lane is LaneName.LIVE else self._pacer.backlog_bytes()

    def _rest(self) -> None:
        """There is nothing to send now: a store that can be reached is as good as one that took something."""
        if self._is_time_wanted() and time.monotonic() - self._asked_s >= _ASK_TIME_EVERY_S:
            self._is_connected = False
            return
        self._note(is_up=True, is_held=False, trouble="")
        self._save()
        wait_s = self._pacer.backlog_wait_s(time.monotonic())
        self._work.wait(min(wait_s or _IDLE_S, _IDLE_S))
        self._work.clear()

    def _connect(self) -> bool:
        """Find the store. From the first contact the newest readings go first; it is up once it takes something."""
        try:
            server = self._target.connect()
        except TransientError as error:
            self._is_lost = True
            self._trouble(Answer(Action.RETRY, "unreachable", error.retry_after_s, error.reason))
            return False
        self._is_connected, self._asked_s = True, time.monotonic()
        if server != self._state.server:
            _LOG.info("uplink.connected", server=server)
        self._pacer.resumed(time.monotonic())
        if self._is_lost:
            self._is_lost = False
            self._pacer.found(self._target.round_trip_s, time.monotonic())
        self._spool.split_lanes(NEWEST_RECORDS, NEWEST_BYTES)
        self._note(server=server)
        return True

    def _deliver(self, parcel: Parcel) -> None:
        """Send the next part of a parcel and act on the answer."""
        body = parcel.next(self._most_bytes(parcel.lease.lane))
        began_s = time.monotonic()
        answer = self._target.send(body)
        now_s = time.monotonic()
        if self._is_left:  # another uplink may follow in this process: what became of the request nobody knows, so it is sent again
            self._release()
            return
        self._note(requests=self._state.requests + 1, sent_bytes=self._state.sent_bytes + len(body))
        parcel.answered(answer)
        if parcel.must_wait:
            if answer.status in _BUSY:
                self._pacer.refused(began_s, now_s)
            else:
                self._is_lost = self._is_lost or answer.action is Action.RETRY
            self._trouble(answer)
            return
        self._pacer.answered(len(body), began_s, now_s, is_backlog=parcel.lease.lane is LaneName.BACKLOG)
        if answer.action is not Action.ACCEPT:
            self._on_cause(answer.cause)
        if parcel.is_done and (not parcel.refused or self._set_aside(parcel)):
            self._accepted(parcel)

    def _set_aside(self, parcel: Parcel) -> bool:
        """Make refused lines durable in the set-aside store; False when the disk does not take them now: the lease is released."""
        records, refused = parcel.lease.records, parcel.refused
        now_ns, sources = self._now_ns(), _sources(records)
        entries = [SetAside(now_ns, sources[refusal.line], refusal.reason, line=refusal.line) for refusal in refused]
        try:
            self._spool.set_aside.add(entries)
        except OSError as error:
            parcel.is_partly_delivered = False
            self._trouble(Answer(Action.RETRY, "set-aside store", words=str(error.strerror)))
            return False
        losses = refused_losses(records, [refusal.line for refusal in refused], parcel.lease.priority)
        for loss in losses:
            _LOG.warning("uplink.refused", source=loss.source, lines=loss.count, reason=refused[0].reason)
        if losses and not self._on_refused(losses):
            parcel.is_partly_delivered = False
            self._trouble(Answer(Action.RETRY, "ledger", words="its word on refused lines is not durable"))
            return False
        return True

    def _note_losses(self, losses: Sequence[Loss]) -> bool:
        for loss in losses:
            self._on_loss(loss)
        return True

    def _accepted(self, parcel: Parcel) -> None:
        lease, refused = parcel.lease, len(parcel.refused)
        del self._parcels[lease.lane]
        self._spool.accept(lease)
        if self._failures:
            _LOG.info("uplink.recovered", server=self._state.server, after=self._failures)
            self._failures = 0
        now_ns = self._now_ns()
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
        self._release(but_partly_delivered=True)
        is_held = answer.action is Action.HOLD
        trouble = f"{answer.reason}: {answer.words}".rstrip(": ")
        if trouble != self._state.trouble:
            (_LOG.error if is_held else _LOG.warning)("uplink.held" if is_held else "uplink.lost", reason=answer.reason, words=answer.words)
        self._note(is_up=False, is_held=is_held, trouble=trouble)
        self._save()
        self._stopping.wait(wait_s(self._patience, answer, self._failures, self._rng))

    def _release(self, *, but_partly_delivered: bool = False) -> None:
        """Give back what is under way; on a link that comes and goes a slow backlog record would begin anew for ever."""
        for name, parcel in list(self._parcels.items()):
            if not (but_partly_delivered and name is LaneName.BACKLOG and parcel.is_partly_delivered):
                self._spool.release(self._parcels.pop(name).lease)

    def _save(self, every_s: float = _SAVE_EVERY_S) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._saved_s < every_s:
            return
        self._saved_s = now_s
        self._note(
            link_bytes_per_s=self._pacer.link_bytes_per_s,
            backlog_bytes_per_s=self._pacer.budget_bytes_per_s,
            backlog_eta_s=self._eta.look(self._spool.backlog_records(), now_s),
        )
        try:
            self._spool.save()
        except OSError as error:
            _LOG.warning("spool.unsaved", reason=error)

    def _note(self, **changes: object) -> None:
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]


def _sources(records: Sequence[Record]) -> dict[bytes, str]:
    """Return the source of each line."""
    return {line: record.head.source for record in records for line in split_lines(gzip.decompress(record.payload.body))}
