"""How many unacknowledged messages the broker lets a client have, guessed from what it does. Pure.

A broker with a strict window (mosquitto >= 2.0.13 holds 20 for an MQTT 3.1.1 client, EMQX 32) falls silent until it is acknowledged.
Waiting for the age of a batch would then cost the whole rate: 20 messages a second with batches of a second. Closing at
every short silence would cost a sync a message on a calm line. So the window is learnt: when a batch closed by its age and the
acknowledgement is answered at once by new messages, twice with the same count, that count is the window, whatever it was thought
to be; when more than that is seen outstanding, or the answers stop coming at once, it is not.
"""

from dataclasses import dataclass

_AT_ONCE_S = 0.05
_PROOFS = 2
_DOUBTS = 5


@dataclass(slots=True)
class WindowGuess:
    """`window` is the guess, None when no strict window is known. `_candidate` is the size of a batch that closed by its age."""

    window: int | None = None
    _candidate: int = 0
    _proofs: int = 0
    _doubts: int = 0
    _settled_s: float | None = None

    def arrived(self, outstanding: int, now_s: float) -> None:
        """Messages came; `outstanding` are now unacknowledged."""
        if self.window is not None and outstanding > self.window:
            self.window, self._proofs = None, 0
        if self._settled_s is None:
            return
        at_once = now_s - self._settled_s <= _AT_ONCE_S
        self._settled_s = None
        if not at_once:
            self._proofs, self._doubts = 0, self._doubts + 1
            if self._doubts >= _DOUBTS:
                self.window = None
            return
        self._doubts = 0
        if self._candidate:
            self._proofs += 1
            if self._proofs >= _PROOFS:
                self.window = self._candidate

    def settled(self, outstanding: int, now_s: float, *, by_age: bool) -> None:
        """A batch of `outstanding` messages was acknowledged; `by_age` when it had waited for its age."""
        candidate = outstanding if by_age else 0
        if candidate != self._candidate:
            self._candidate, self._proofs = candidate, 0
        self._settled_s = now_s if outstanding else None
