"""The control commands for the firmware of boards: one row of `commands_of` each.

board_update    bundle, board, intervals?, allow_downgrade?, despite? → the update's id; it goes on by itself
board_updates   board? → the last or running update of each board
board_give_up   board → ends its update as it is
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.boards.updater import BoardUpdater, Wish
from edge.control import Command, Request
from telemetry.errors import QuanhoError


def commands_of(updater: BoardUpdater) -> Mapping[str, Command]:
    """Return the commands by name."""
    offered = _Commands(updater)
    return {"board_update": offered.update, "board_updates": offered.updates, "board_give_up": offered.give_up}


class _Commands:
    def __init__(self, updater: BoardUpdater) -> None:
        self._updater = updater

    def update(self, request: Request) -> Iterator[Mapping[str, object]]:
        intervals = int(str(request["intervals"])) if request.get("intervals") is not None else None
        if intervals is not None and not 1 <= intervals <= 1000:
            raise ValueError("intervals must be from 1 to 1000")
        allow_downgrade, is_despite = bool(request.get("allow_downgrade")), bool(request.get("despite"))
        wish = Wish(Path(str(request["bundle"])), str(request["board"]), intervals, allow_downgrade, is_despite)
        try:
            yield {"ok": True, "update": self._updater.begin(wish)}
        except QuanhoError as error:
            raise ValueError(str(error)) from error

    def updates(self, request: Request) -> Iterator[Mapping[str, object]]:
        board = request.get("board")
        yield {"ok": True, "updates": [each for each in self._updater.status() if board in (None, each["board"])]}

    def give_up(self, request: Request) -> Iterator[Mapping[str, object]]:
        try:
            self._updater.give_up(str(request["board"]))
        except QuanhoError as error:
            raise ValueError(str(error)) from error
        yield {"ok": True}
