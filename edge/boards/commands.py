"""The control commands for the firmware of boards: one row of `update_commands` each.

board_update    bundle, board, intervals?, allow_downgrade?, despite? → the source and the update's id; it goes on by itself
board_updates   the last or running update of each board
board_give_up   board → ends its update as it is
board_flashed   bundle → its images are kept, as those of a board that was flashed by hand

A board is named by its source, its device or its unique id in hex.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from edge.boards.updater import BoardUpdater, Wish
from edge.control import Command, Request
from edge.link.commands import find_board
from telemetry.errors import QuanhoError


def update_commands(updater: BoardUpdater, sources: Callable[[], Sequence[object]]) -> Mapping[str, Command]:
    """Return the commands by name; `sources` gives those that run now."""
    offered = _Commands(updater, sources)
    return {
        "board_update": offered.update,
        "board_updates": offered.updates,
        "board_give_up": offered.give_up,
        "board_flashed": offered.flashed,
    }


class _Commands:
    def __init__(self, updater: BoardUpdater, sources: Callable[[], Sequence[object]]) -> None:
        self._updater = updater
        self._sources = sources

    def update(self, request: Request) -> Iterator[Mapping[str, object]]:
        intervals = int(str(request["intervals"])) if request.get("intervals") is not None else None
        if intervals is not None and not 1 <= intervals <= 1000:
            raise ValueError("intervals must be from 1 to 1000")
        allow_downgrade, is_despite = bool(request.get("allow_downgrade")), bool(request.get("despite"))
        board = self._source_of(str(request["board"]))
        wish = Wish(Path(str(request["bundle"])), board, intervals, allow_downgrade, is_despite)
        try:
            yield {"ok": True, "board": board, "update": self._updater.begin(wish)}
        except QuanhoError as error:
            raise ValueError(str(error)) from error

    def updates(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, "updates": self._updater.status()}

    def give_up(self, request: Request) -> Iterator[Mapping[str, object]]:
        try:
            self._updater.give_up(self._source_of(str(request["board"])))
        except QuanhoError as error:
            raise ValueError(str(error)) from error
        yield {"ok": True}

    def flashed(self, request: Request) -> Iterator[Mapping[str, object]]:
        try:
            self._updater.learn(Path(str(request["bundle"])))
        except QuanhoError as error:
            raise ValueError(str(error)) from error
        yield {"ok": True}

    def _source_of(self, name: str) -> str:
        return str(find_board(self._sources(), name).view()["source"])
