"""Live readings for whoever asks: lines are handed out after they are durable, and a slow reader loses lines, not the agent."""

import queue
import threading
from collections.abc import Iterator, Sequence

_WAITING_GROUPS = 64


class Tail:
    """Fans out lines of line protocol. Costs nothing while nobody listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[queue.Queue[Sequence[str] | None]] = []

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def put(self, lines: Sequence[str]) -> None:
        """Hand `lines` to everybody who listens."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener.put_nowait(lines)
            except queue.Full:
                continue

    def close(self) -> None:
        """End every listener."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            while True:
                try:
                    listener.put_nowait(None)
                    break
                except queue.Full:
                    listener.get_nowait()

    def listen(self, poll_s: float = 1.0) -> Iterator[Sequence[str]]:
        """Yield groups of lines until `close`; an empty group every `poll_s` seconds of silence, so that a caller can look around."""
        inbox: queue.Queue[Sequence[str] | None] = queue.Queue(_WAITING_GROUPS)
        with self._lock:
            self._listeners.append(inbox)
        try:
            while True:
                try:
                    lines = inbox.get(timeout=poll_s)
                except queue.Empty:
                    yield ()
                    continue
                if lines is None:
                    return
                yield lines
        finally:
            with self._lock:
                self._listeners.remove(inbox)
