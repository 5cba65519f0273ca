"""When the store is taken away and brought back, and the thread that does it."""

import threading

from quanho.demo.store import Store
from telemetry.errors import QuanhoError

_FIRST_S, _LASTS_S, _EVERY_S = 15.0, 15.0, 50.0
_SHORT_RUN_S = 45.0
_SHARE_BEFORE, _SHARE_AWAY = 0.3, 0.3
_LAST_CALM_S = 10.0
_RETRY_S = 2.0


def is_cut_due(elapsed_s: float, run_s: float | None) -> bool:
    """Tell whether the store is to be away at `elapsed_s` of a run of `run_s` seconds (None: until somebody ends it). Pure.

    A short run has one cut in its middle, a longer one a cut of 15 s every 50 s, none in its last 10 s.
    """
    if run_s is not None and run_s <= _SHORT_RUN_S:
        return _SHARE_BEFORE * run_s <= elapsed_s < (_SHARE_BEFORE + _SHARE_AWAY) * run_s
    if run_s is not None and elapsed_s > run_s - _LAST_CALM_S:
        return False
    return elapsed_s >= _FIRST_S and (elapsed_s - _FIRST_S) % _EVERY_S < _LASTS_S


class Cutter:
    """Takes the store away and brings it back on a thread of its own, for a start takes seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_wanted_away = False
        self._is_away = False
        self._was_away = False
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cutter", daemon=True)

    @property
    def is_away(self) -> bool:
        """Whether the store is away, or on its way there or back."""
        return self._is_wanted_away or self._is_away

    @property
    def was_away(self) -> bool:
        """Whether the store has been away."""
        return self._was_away

    def start(self) -> None:
        self._thread.start()

    def want(self, *, away: bool) -> None:
        """Have the store taken away, or brought back."""
        if away != self._is_wanted_away and self._store.can_be_cut:
            self._is_wanted_away = away
            self._work.set()

    def stop(self) -> None:
        """Bring the store back and end."""
        self._stopping.set()
        self.want(away=False)
        self._work.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not (self._stopping.is_set() and not self._is_away):
            if self._is_wanted_away == self._is_away:
                self._work.wait()
                self._work.clear()
                continue
            try:
                self._move(away=self._is_wanted_away)
            except (QuanhoError, OSError):
                if self._stopping.wait(_RETRY_S):
                    return  # whoever stops us tries once more, and is told why it fails

    def _move(self, *, away: bool) -> None:
        if away:
            self._store.cut()
            self._was_away = True
        else:
            self._store.restore()
        self._is_away = away
