"""Fields that the store keeps refusing, shared by the uplink, which learns of them, and the sources, which stop sending them."""

import threading
from collections.abc import Callable

from edge.uplink.refusals import RefusalTable
from runtime.clock import Clock
from runtime.influx_causes import Cause, TypeConflict

_MOST_NOTED = 25


class FieldBlocks:
    """`on_first` is called once, at the first conflict, when it `is_active`: until then sources need not ask."""

    def __init__(self, clock: Clock, on_first: Callable[[], None]) -> None:
        self._clock = clock
        self._on_first = on_first
        self._lock = threading.Lock()
        self._table = RefusalTable()
        self.is_active = False

    def note(self, cause: Cause | None) -> None:
        """Remember what a refusal named as its cause."""
        if not isinstance(cause, TypeConflict):
            return
        now_s = self._clock.monotonic_s()
        with self._lock:
            for _ in range(min(cause.dropped or 1, _MOST_NOTED)):
                self._table.note(cause.measurement, cause.field, cause.given, now_s)
            begins, self.is_active = not self.is_active, True
        if begins:
            self._on_first()

    def is_blocked(self, measurement: str, field: str, given: str) -> bool:
        """Tell whether a field is refused at once when it comes as type `given` (runtime/influx_causes.py)."""
        with self._lock:
            return self._table.blocked(measurement, field, given, self._clock.monotonic_s())
