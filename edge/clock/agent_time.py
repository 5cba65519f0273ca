"""The agent's time: what every point is stamped with. Joins the decision (trust.py), the boots and their file.

Until time is trusted, stamps are boot times, and what carries them waits in the spool. The offset of a boot is on the disk before
anybody is told that time is trusted, so that no line is ever sent with an offset that a crash could lose.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.clock.boots import Boot, Place, gained, with_floor
from edge.clock.boots_file import Saved, SavedLine, load, save
from edge.clock.settings import ClockSettings
from edge.clock.stamp import Stamp
from edge.clock.trust import TICK_NS, Corrected, Disputed, Event, FloorLowered, Gained, Line, Look, Stepped, Trust
from edge.spool.files import DiskFiles, Files
from edge.spool.loss import Loss
from runtime.clock import Clock
from runtime.logs import Log
from telemetry import quality

_LOG = Log("edge.clock")
_SAVE_EVERY_S = 300.0
_TRIES = 5
_CLEAN_LOOK_NS = 1_000_000
_UNKNOWN_LENGTH_NS = 86_400_000_000_000
REASON = "clock corrected"
SOURCE = "clock"


@dataclass(frozen=True, slots=True)
class ClockState:
    """The clock for `edge status`. Durations in seconds; `host_ahead_s` is how far the host's clock is ahead of ours."""

    is_trusted: bool
    witness: str
    error_s: float
    host_ahead_s: float | None
    disputed_s: float
    refusal: str
    waiting_boots: int


class AgentTime:
    """See the module. `look` belongs to one thread, about once a second; all else may be called by any.

    `on_note` hears what belongs into the ledger, `on_trusted` that time is trusted now.
    """

    def __init__(
        self, clock: Clock, settings: ClockSettings, folder: Path, on_note: Callable[[Loss], None], files: Files | None = None
    ) -> None:
        self.on_trusted: Callable[[], None] = lambda: None
        self._clock = clock
        self._settings = settings
        self._folder = folder
        self._on_note = on_note
        self._files = files or DiskFiles()
        self._lock = threading.RLock()
        self._trust = Trust(settings.trust, 0, settings.drift_ppm)
        self._boots: list[Boot] = []
        self._line: Line | None = None
        self._bits = quality.GOOD
        self._saved_s = clock.monotonic_s()
        self._host_ahead_ns: int | None = None
        self._has_waited = self._is_news = False
        self.before_ns: int | None = None

    def load(self, last_own_ns: int | None = None, lengths: Sequence[tuple[str, int]] = (), last_sign_ns: int | None = None) -> None:
        """Read what is known, and enter this boot.

        `last_own_ns` is the newest time of our own found in the spool, `last_sign_ns` the newest of any source, which no floor is made of;
        `lengths` are boot times of signs of life found there, by boot id.
        """
        with self._lock:
            with suppress(OSError):
                self._files.make_folder(self._folder)
            saved = load(self._files, self._folder)
            floor_ns = max(saved.floor_ns, last_own_ns or 0)
            boot_id, boot_ns = self._clock.boot_id, self._clock.boot_ns()
            self._boots = [_lengthened(boot, lengths) for boot in saved.boots]
            if not self._boots or self._boots[-1].id != boot_id:
                self._boots.append(Boot(boot_id, floor_ns, self._clock.wall_ns() - boot_ns))
            told = saved.line if saved.line and saved.line.boot_id == boot_id and self._boots[-1].place else None
            self._trust = Trust(
                self._settings.trust, floor_ns, self._settings.drift_ppm, told.line if told else None, told.error_ns if told else 0
            )
            self.before_ns = max(floor_ns, last_sign_ns or 0) if saved.boots else None
            self._line = self._trust.line
            self._write()
        self.look()
        self._has_waited = self._line is None

    def look(self) -> None:
        """Look at the host's clocks."""
        with self._telling():
            seen = self._observed()
            if seen is not None:
                self._act(self._trust.look(seen))
                line = self._line
                self._host_ahead_ns = seen.wall_ns - line.at(seen.boot_ns) if line else None
                is_doubtful = self._trust.disputed_ns or self._trust.error_ns(seen.boot_ns) > self._settings.max_error_s * 1e9
                self._bits = quality.CLOCK_ESTIMATED if is_doubtful else quality.GOOD
            if self._clock.monotonic_s() - self._saved_s >= _SAVE_EVERY_S:
                self._write()

    def date_seen(self, date_ns: int, sent_boot_ns: int, got_boot_ns: int) -> None:
        """An authenticated server named this second between these two boot times."""
        with self._telling():
            self._act(self._trust.date(date_ns, sent_boot_ns, got_boot_ns))

    def stamp(self) -> Stamp:
        """Return this moment."""
        boot_ns = self._clock.boot_ns()
        line = self._line
        if line is None:
            return Stamp(boot_ns, is_trusted=False, bits=quality.GOOD)
        return Stamp(line.at(boot_ns), is_trusted=True, bits=self._bits)

    def trusted_ns(self) -> int | None:
        """Return the time in ns since 1970 UTC, None while it is not trusted."""
        line = self._line
        return line.at(self._clock.boot_ns()) if line else None

    def best_ns(self) -> int:
        """Return the time as well as anybody knows it: for names of files and for people, not for points."""
        return self.trusted_ns() or max(self._clock.wall_ns(), self._trust.floor_ns)

    def at_boot_ns(self, boot_ns: int) -> int | None:
        """Return the trusted time of a moment of this boot, None while time is not trusted."""
        line = self._line
        return line.at(boot_ns) if line else None

    @property
    def boot_id(self) -> str:
        return self._clock.boot_id

    @property
    def floor_ns(self) -> int:
        """No time before this one is believed (ns since 1970 UTC)."""
        return self._trust.floor_ns

    def place(self, boot_id: str) -> Place | None:
        """Return when a boot was, None while that is not known. A boot that nobody remembers gets a place before this one."""
        with self._lock:
            known = next((boot for boot in reversed(self._boots) if boot.id == boot_id), None)
            if self._line is None:
                return known.place if known and known.place and known is not self._boots[-1] else None
            if known is None:
                known = self._adopt(boot_id)
            return known.place if known else None

    def state(self) -> ClockState:
        """Return how things stand."""
        with self._lock:
            trust, ahead_ns = self._trust, self._host_ahead_ns
            return ClockState(
                self._line is not None,
                trust.witness.value if trust.witness else ("earlier" if self._line else ""),
                trust.error_ns(self._clock.boot_ns()) / 1e9,
                None if ahead_ns is None else ahead_ns / 1e9,
                trust.disputed_ns / 1e9,
                "" if self._line else trust.refusal,
                sum(boot.place is None for boot in self._boots),
            )

    def close(self) -> None:
        """Write down the last sign of life."""
        with self._lock:
            self._write()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Hold the lock, and tell after letting it go: who is told takes the spool's lock, under which `place` is asked."""
        with self._lock:
            yield
            is_news, self._is_news = self._is_news, False
        if is_news:
            self.on_trusted()

    def _observed(self) -> Look | None:
        """Read the clocks together; None when the machine is too busy to let us."""
        for _ in range(_TRIES):
            before_ns, wall_ns, after_ns = self._clock.boot_ns(), self._clock.wall_ns(), self._clock.boot_ns()
            if after_ns - before_ns <= _CLEAN_LOOK_NS:
                return Look((before_ns + after_ns) // 2, wall_ns, self._clock.kernel_error_ns())
        return None

    def _act(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, FloorLowered):
                self._boots = with_floor(self._boots, event.to_ns - event.boot_ns)
            if isinstance(event, Gained):
                self._gain(event)
            elif self._line is not None or isinstance(event, FloorLowered):
                self._tell(event)
        if self._line is not None:
            self._line = self._trust.line
        if any(isinstance(event, Corrected) for event in events):
            self._write()

    def _gain(self, event: Gained) -> None:
        line = self._trust.line
        assert line is not None  # noqa: S101 (a line is what was gained)
        before = list(self._boots)
        drift_s = event.boot_ns / 1e9 * self._settings.drift_ppm / 1e6
        self._boots = gained(before, line.time_ns - line.boot_ns, event.boot_ns, is_estimated=drift_s > self._settings.max_error_s)
        if not self._write(line):
            self._boots = before
            self._trust.forget()
            return
        self._line = line
        _LOG.info("clock.trusted", witness=event.witness.value, time=_shown(line.time_ns), error_s=round(event.error_ns / 1e9, 3))
        self._note_places(before, line)
        self._is_news = True

    def _note_places(self, before: Sequence[Boot], line: Line) -> None:
        """Tell the ledger of boots that never learnt the time, and of this one if it had to wait."""
        for old, boot in zip(before, self._boots, strict=True):
            if old.place is None and boot.place is not None:
                is_this = boot is self._boots[-1]
                if is_this and not self._has_waited:
                    continue
                end_ns = line.time_ns if is_this else boot.place.end_ns
                detail = "times found when the clock was trusted" if is_this else "boot without a trusted clock, placed between known times"
                self._on_note(Loss(REASON, SOURCE, 0, boot.place.start_ns, end_ns, detail=detail))

    def _tell(self, event: Event) -> None:
        now_ns = self.trusted_ns()
        match event:
            case Stepped(_, by_ns):
                _LOG.warning("clock.stepped", by_s=by_ns / 1e9)
                detail = f"the host's clock was set by {by_ns / 1e9:+.3f} s; readings keep their time"
            case Corrected(_, by_ns, witness):
                _LOG.warning("clock.corrected", by_s=by_ns / 1e9, witness=witness.value)
                detail = f"corrected by {by_ns / 1e9:+.3f} s ({witness.value})"
            case Disputed(_, by_ns, witness) if by_ns:
                _LOG.error("clock.disputed", by_s=by_ns / 1e9, witness=witness.value)
                detail = f"the {witness.value} differs by {by_ns / 1e9:+.3f} s, which is not followed; points are marked"
            case Disputed(_, _, witness):
                _LOG.info("clock.agreed", witness=witness.value)
                detail = f"the {witness.value} agrees again"
            case FloorLowered(_, from_ns, to_ns):
                _LOG.error("clock.floor_lowered", before=_shown(from_ns), now=_shown(to_ns))
                detail = f"an earlier trusted time, {_shown(from_ns)}, was wrong"
            case _:
                return
        self._on_note(Loss(REASON, SOURCE, 0, now_ns, now_ns, detail=detail))

    def _adopt(self, boot_id: str) -> Boot | None:
        """Give a boot that the file does not name a place before this one."""
        this = self._boots[-1].place
        if this is None:
            return None
        start_ns = min(self._boots[-1].floor_ns, this.start_ns)
        length_ns = min(_UNKNOWN_LENGTH_NS, this.start_ns - start_ns)
        boot = Boot(boot_id, start_ns, start_ns, length_ns, Place(start_ns, start_ns + length_ns, length_ns, is_estimated=True))
        self._boots.insert(-1, boot)
        if self._write():
            return boot
        self._boots.remove(boot)
        return None

    def _write(self, line: Line | None = None) -> bool:
        """Write everything down; False when the disk does not take it now."""
        boot_ns = self._clock.boot_ns()
        self._saved_s = self._clock.monotonic_s()
        told = line or self._line
        if told and not self._trust.disputed_ns:
            self._trust.floor_ns = max(self._trust.floor_ns, told.at(boot_ns) // TICK_NS * TICK_NS)
        self._boots[-1] = replace(self._boots[-1], length_ns=max(self._boots[-1].length_ns, boot_ns))
        saved_line = SavedLine(self._clock.boot_id, told, self._trust.error_ns(boot_ns)) if told else None
        try:
            save(self._files, self._folder, Saved(self._trust.floor_ns, self._boots, saved_line))
        except OSError as error:
            _LOG.warning("clock.unsaved", reason=error)
            return False
        return True


def _lengthened(boot: Boot, lengths: Sequence[tuple[str, int]]) -> Boot:
    return replace(boot, length_ns=max([boot.length_ns, *(length for boot_id, length in lengths if boot_id == boot.id)]))


def _shown(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds")
