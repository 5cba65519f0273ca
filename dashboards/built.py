"""All dashboards as JSON, in the languages asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.boards import BOARDS, board
from dashboards.model.board import Board
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Built:
    """One dashboard in one language. `may_be_empty` are the ids of the panels for which nothing to show is no fault."""

    name: str
    language: Language
    json: Json
    may_be_empty: frozenset[int] = frozenset()

    @property
    def uid(self) -> str:
        return str(self.json["uid"])


def built(languages: Sequence[Language] = LANGUAGES) -> list[Built]:
    """Return every dashboard of the table in every language."""
    return [_one(board(name), language) for language in languages for name in BOARDS]


def _one(board: Board, language: Language) -> Built:
    return Built(board.name, language, board.render(language), frozenset(panel.id for panel in board.panels if panel.may_be_empty))
