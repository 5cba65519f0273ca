"""Holding the uplink back for a while, as if its cable were out: how the buffer is tested without anybody climbing to a router.

The pause is between uplink and store, so everything above behaves as in a real outage. It ends by itself, whoever forgets it.
"""

import threading
from collections.abc import Callable, Iterator, Mapping

from edge.control import Request
from edge.uplink.target import Target
from runtime.clock import Clock
from runtime.influx_answers import Action, Answer
from runtime.logs import Log
from telemetry.errors import TransientError

_LOG = Log("edge.uplink")
MOST_S = 900.0
_REASON = "paused for a test"


class UplinkPause:
    """The pause, in boot time, which does not move with the wall clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_ns = 0
        self._lock = threading.Lock()

    def left_s(self) -> float:
        """Return the seconds for which nothing is delivered yet, 0 when it is."""
        return max(0.0, (self._until_ns - self._clock.boot_ns()) / 1e9)

    def begin(self, seconds: float) -> None:
        """Deliver nothing for `seconds`; 0 ends it. Raises ValueError beyond MOST_S."""
        if not 0 <= seconds <= MOST_S:
            raise ValueError(f"the uplink is paused for at most {MOST_S / 60:g} minutes")
        with self._lock:
            self._until_ns = self._clock.boot_ns() + int(seconds * 1e9)
        _LOG.info("uplink.paused" if seconds else "uplink.unpaused", for_s=seconds)

    def command(self, request: Request) -> Iterator[Mapping[str, object]]:
        """Control command `pause_uplink`: with `for_s`; without it only tells."""
        if "for_s" in request:
            self.begin(float(str(request["for_s"])))
        yield {"ok": True, "left_s": self.left_s()}

    def over(self, make_target: Callable[[], Target]) -> Callable[[], Target]:
        """Return a maker of targets that nothing reaches during the pause."""
        return lambda: _Paused(make_target(), self)


class _Paused:
    """A target behind a pause."""

    def __init__(self, target: Target, pause: UplinkPause) -> None:
        self._target, self._pause = target, pause

    @property
    def round_trip_s(self) -> float:
        return self._target.round_trip_s

    @round_trip_s.setter
    def round_trip_s(self, value: float) -> None:
        self._target.round_trip_s = value

    def connect(self) -> str:
        if self._pause.left_s():
            raise TransientError(_REASON)
        return self._target.connect()

    def send(self, body: bytes) -> Answer:
        if self._pause.left_s():
            return Answer(Action.RETRY, "unreachable", words=_REASON)
        return self._target.send(body)

    def close(self) -> None:
        self._target.close()
