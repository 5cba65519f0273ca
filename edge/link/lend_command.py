"""A board's port, lent over the control socket for as long as the client keeps its connection: to `quanho flash` on this machine.

    {"command": "lend", "port": "/dev/ttyUSB0", "seconds": 600}  → {"ok", "source", "port"}, then {"ok"} twice a second

A client that ends, however it ends, gives the port back within a beat; one that stays too long loses it after `seconds`.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from edge.link.commands import BoardSource, board_sources
from telemetry.errors import TransientError

Request = Mapping[str, object]
Answers = Iterator[Mapping[str, object]]

MOST_S = 3600.0
_BEAT_S = 0.5


def lend_command(
    sources: Callable[[], Sequence[object]], updates: Callable[[], Mapping[str, Mapping[str, object]]] = dict
) -> Callable[[Request], Answers]:
    """Return the command; `sources` gives those that run now, `updates` the last or running update by source."""

    def lend(request: Request) -> Answers:
        board = _on_port(sources(), str(request["port"]))
        source = str(board.view()["source"])
        if updates().get(source, {}).get("is_running"):
            raise ValueError(f"the board of {source} is being updated; see quanho edge boards, and wait until that is done")
        seconds = request.get("seconds", MOST_S)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= MOST_S:
            raise ValueError(f"seconds: {seconds!r} is no number up to {MOST_S:g}")
        try:
            with board.lend(seconds) as port:
                yield {"ok": True, "source": source, "port": port}
                pause = threading.Event()
                for _ in range(round(seconds / _BEAT_S)):
                    pause.wait(_BEAT_S)
                    yield {"ok": True}
        except TransientError as error:
            raise ValueError(error.reason) from error

    return lend


def _on_port(sources: Sequence[object], port: str) -> BoardSource:
    """Return the source that reads this port, by whatever name. ValueError where none does."""
    device = os.path.realpath(port)
    boards = [(one, str(one.view()["port"])) for one in board_sources(sources)]
    for board, path in boards:
        if os.path.realpath(path) == device:
            return board
    known = ", ".join(sorted(path for _, path in boards)) or "none"
    raise ValueError(f"no link source reads {port}; they read: {known}")
