"""Asking a store what the panels of a dashboard ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dashboards.influxql.chosen import chosen
from dashboards.influxql.expand import Span, duration_ms, expand
from dashboards.model.json import Json
from dashboards.preview.frame import Frame, frames_of
from runtime.influx_series import QueryError, Series

Ask = Callable[[str], Sequence[Series]]
_COLUMN_PX = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """Answers by panel id, and its title with variables put in; `troubles` are the store's words where it refused."""

    frames: dict[int, list[Frame]] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    troubles: dict[int, str] = field(default_factory=dict)


def ask_board(board: Json, span: Span, ask: Ask) -> Asked:
    """Run the queries of all panels. Raises what `ask` raises, but for QueryError."""
    asked = Asked()
    choices = chosen(board, span, lambda query: [str(row[1]) for series in ask(query) for row in series.values])
    for panel in board["panels"]:
        frames: list[Frame] = []
        asked.titles[panel["id"]] = expand(panel["title"], span, choices)
        for target in panel.get("targets", []):
            wide = Span(_from_ms(panel, span), span.to_ms, panel["gridPos"]["w"] * _COLUMN_PX)
            try:
                answer = ask(expand(target["query"], wide, choices, panel.get("interval", "")))
            except QueryError as error:
                asked.troubles[panel["id"]] = error.words
                break
            frames += [] if target.get("hide") else frames_of(target, answer)
        asked.frames[panel["id"]] = frames
    return asked


def _from_ms(panel: Json, span: Span) -> int:
    """A panel may look further back than its dashboard: timeFrom "30d"."""
    return span.to_ms - duration_ms(panel["timeFrom"].removeprefix("now-")) if panel.get("timeFrom") else span.from_ms
