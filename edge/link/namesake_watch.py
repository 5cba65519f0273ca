"""Looks for boards with one identity every second, and says so once: in the log, and in the state of their sources."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from edge.link.commands import BoardSource, board_sources
from edge.link.namesakes import namesakes, others_of
from runtime.logs import Log

_LOG = Log("edge.link")
_WAY_OUT = {
    "uid": "two boards with one unique id: flash one of them again with an id of its own",
    "device": "give one of them another name (quanho flash --device, or `device` in the config): their readings mix in one series",
}


@runtime_checkable
class _Warned(Protocol):
    same_as: tuple[str, tuple[str, ...]] | None


class NamesakeWatch:
    """See the module. `look` is called by one thread."""

    def __init__(self, sources: Callable[[], Sequence[object]]) -> None:
        self._sources = sources
        self._known: dict[str, str] = {}

    def look(self) -> None:
        """Note what two boards have in common, or that they have it no more."""
        boards: list[BoardSource] = board_sources(self._sources())
        views = [one.view() for one in boards]
        found = namesakes(views) if len(views) > 1 else {}
        for board, view in zip(boards, views, strict=True):
            source = str(view["source"])
            what = found.get(source)
            others = tuple(others_of(source, views, what)) if what else ()
            if isinstance(board, _Warned):
                board.same_as = (what, others) if what else None
            if what and self._known.get(source) != what:
                _LOG.error("link.same_identity", source=source, what=what, value=view[what], others=",".join(others), reason=_WAY_OUT[what])
        self._known = found
