"""The open batch of one source: filled by the source's thread, taken by the spool writer."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from edge.batching.chunk import Chunk
from edge.batching.close_policy import Cause, ClosePolicy, Filling, closes, stalled
from edge.batching.window_guess import WindowGuess
from runtime.clock import Clock
from telemetry.batch import Priority


@dataclass(frozen=True, slots=True)
class Closed:
    """A batch that was taken for writing; `held_bytes` is what it keeps in memory of its `owner` until it is settled."""

    source: str
    priority: Priority
    chunks: list[Chunk]
    messages: int
    cause: Cause
    stalled: bool = False
    held_bytes: int = 0
    owner: "Batcher | None" = None


class Batcher:
    """See the module. `wake` is called when the writer has to look at its deadlines again."""

    def __init__(
        self,
        source: str,
        priority: Priority,
        policy: ClosePolicy,
        memory_bytes: int,
        clock: Clock,
        wake: Callable[[], None],
        window: int | None = None,
    ) -> None:
        self.source = source
        self.priority = priority
        self._policy = policy
        self._memory_bytes = memory_bytes
        self._clock = clock
        self._wake = wake
        self._guess = WindowGuess(window)
        self._free = threading.Condition()
        self._chunks: list[Chunk] = []
        self._opened_s = self._touched_s = self._work_s = 0.0
        self._raw = self._messages = 0
        self._is_urgent = False
        self._open = 0  # bytes of memory in the open batch
        self._held = 0  # bytes taken by the writer and not yet durable
        self._closed = False

    def add(self, chunk: Chunk) -> bool:
        """Put a chunk into the open batch.

        When memory is full (the disk does not take what came before), a chunk that is acknowledged waits, and one that is
        not is refused: the result is False, and the caller accounts for the loss. False too when the agent stops.
        """
        with self._free:
            while self._open + self._held > self._memory_bytes and not self._closed:
                if chunk.acknowledgement is None:
                    return False
                self._free.wait()
            if self._closed:
                return False
            now = self._clock.monotonic_s()
            before = self._due()
            if not self._chunks:
                self._opened_s = now
            self._chunks.append(chunk)
            self._touched_s = now
            self._work_s = chunk.work_s
            self._raw += chunk.raw_bytes + chunk.refused_bytes
            self._open += chunk.held_bytes
            self._messages += chunk.messages
            self._is_urgent |= chunk.is_urgent
            self._guess.arrived(now)
            after = self._due()
        if before is None or (after is not None and after < before):
            self._wake()
        return True

    @property
    def is_full(self) -> bool:
        """Tell whether `add` would wait or refuse."""
        with self._free:
            return self._closed or self._open + self._held > self._memory_bytes

    def due_s(self) -> float | None:
        """Return when the open batch closes (monotonic seconds), None when nothing is open."""
        with self._free:
            return self._due()

    def take(self, now_s: float, *, at_once: bool = False) -> Closed | None:
        """Take the open batch if it is due (or `at_once`); it counts as held until `settled`."""
        with self._free:
            if not self._chunks:
                return None
            filling = self._filling()
            due, cause = closes(filling, self._policy)
            if due > now_s and not at_once:
                return None
            was_stalled = stalled(filling, now_s)
            closed = Closed(self.source, self.priority, self._chunks, self._messages, cause, was_stalled, self._open, self)
            self._held += self._open
            self._chunks, self._raw, self._open, self._messages = [], 0, 0, 0
            self._is_urgent = False
            return closed

    def settled(self, closed: Closed) -> None:
        """A taken batch is durable: let sources go on."""
        with self._free:
            self._guess.settled(closed.messages, self._clock.monotonic_s(), closed.cause, stalled=closed.stalled)
            self._held -= closed.held_bytes
            self._free.notify_all()

    def close(self) -> None:
        """Wake and refuse whoever waits: the agent stops."""
        with self._free:
            self._closed = True
            self._free.notify_all()

    @property
    def waiting_bytes(self) -> int:
        """Memory of what is not durable yet; 0 only when all is."""
        with self._free:
            return self._open + self._held

    @property
    def is_spent(self) -> bool:
        """Tell whether it is closed and everything it was given is durable."""
        with self._free:
            return self._closed and not self._chunks and not self._held

    def _due(self) -> float | None:
        return max(0.0, closes(self._filling(), self._policy)[0]) if self._chunks else None

    def _filling(self) -> Filling:
        return Filling(self._opened_s, self._touched_s, self._raw, self._messages, self._guess.window, self._work_s, self._is_urgent)
