"""How many unacknowledged messages the broker lets a client have, guessed from what it does. Pure.

A broker with a window (mosquitto >= 2.0.13 holds 20 for an MQTT 3.1.1 client, EMQX 32) falls silent until it is acknowledged.
Waiting for the age of a batch would then cost the whole rate: 20 messages a second with batches of a second. Closing at
every short silence would cost a sync a message on a calm line. So the window is learnt: when a batch fell silent early, closed by
its age, and the acknowledgement is answered at once by new messages, twice, the line was held back. Some windows are loose
(mosquitto 2.0.11 lets 21 to 1,019 messages go under load), so the least count seen is the guess. From then on it is enough
that the line is idle with as many outstanding, until the answers stop coming at once.
"""

from dataclasses import dataclass

from edge.batching.close_policy import Cause

_AT_ONCE_S = 0.05
_PROOFS = 2
_DOUBTS = 5


@dataclass(slots=True)
class WindowGuess:
    """`window` is the guess, None when no window is known."""

    window: int | None = None
    _candidate: int = 0
    _proofs: int = 0
    _doubts: int = 0
    _settled_s: float | None = None

    def arrived(self, now_s: float) -> None:
        """Messages came."""
        if self._settled_s is None:
            return
        at_once = now_s - self._settled_s <= _AT_ONCE_S
        self._settled_s = None
        self._proofs = self._proofs + 1 if at_once else 0
        self._doubts = 0 if at_once else self._doubts + 1
        if self._proofs and (self.window is not None or self._proofs >= _PROOFS):
            self.window = self._candidate
        elif self._doubts >= _DOUBTS:
            self.window = None

    def settled(self, outstanding: int, now_s: float, cause: Cause, *, stalled: bool) -> None:
        """A batch of `outstanding` messages was acknowledged; `stalled` when it had been silent before it closed."""
        held_back = outstanding and (cause is Cause.IDLE or (cause is Cause.AGE and stalled))
        if not held_back:
            self._settled_s = None
            if self.window is None:
                self._proofs = 0
            return
        known = self.window if self.window is not None else self._candidate if self._proofs else outstanding
        self._candidate = min(outstanding, known)
        self._settled_s = now_s
