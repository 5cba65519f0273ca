"""What a rule finds: where, what is wrong, and the way out."""

from dataclasses import dataclass
from typing import Literal

from dashboards.words import Text

Level = Literal["finding", "note"]


@dataclass(frozen=True, slots=True)
class Place:
    """A dashboard or alert rule (its uid), a panel, variable or annotation of it, and a query."""

    board: str
    panel: str = ""
    ref: str = ""

    def __str__(self) -> str:
        return " / ".join(filter(None, (self.board, self.panel, self.ref)))


@dataclass(frozen=True, slots=True)
class Finding:
    """A note is something to look at, which is no fault by itself."""

    rule: str
    place: Place
    what: Text
    way_out: Text
    level: Level = "finding"
