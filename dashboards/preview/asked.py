"""Asking a store what the panels of a dashboard ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from dashboards.influxql.chosen import chosen
from dashboards.influxql.expand import Span, duration_ms, expand
from dashboards.model.json import Json
from dashboards.preview.frame import Frame, frames_of
from dashboards.preview.region import Region, regions_of
from runtime.influx_series import QueryError, Series

Ask = Callable[[str], Sequence[Series]]
_COLUMN_PX = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """Answers by panel id, and its title with variables put in; `troubles` are the store's words where it refused a panel's query."""

    frames: dict[int, list[Frame]] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    troubles: dict[int, str] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)


def ask_board(board: Json, span: Span, ask: Ask) -> Asked:
    """Run the queries of all panels. Raises what `ask` raises, but for the QueryError of a panel."""
    asked = Asked()
    choices = chosen(board, span, lambda query: [str(row[1]) for series in ask(query) for row in series.values])
    asked.regions.extend(regions_of(board, lambda target: frames_of(target, ask(expand(target["query"], span, choices)))))
    for panel in board["panels"]:
        frames: list[Frame] = []
        asked.titles[panel["id"]] = expand(panel["title"], span, choices)
        for target in panel.get("targets", []):
            wide = replace(span_of(panel, span), points=panel["gridPos"]["w"] * _COLUMN_PX)
            try:
                answer = ask(expand(target["query"], wide, choices, panel.get("interval", "")))
            except QueryError as error:
                asked.troubles[panel["id"]] = error.words
                break
            frames += [] if target.get("hide") else frames_of(target, answer)
        asked.frames[panel["id"]] = frames
    return asked


def span_of(panel: Json, span: Span) -> Span:
    """Return the time range of a panel, which may look further back than its dashboard: timeFrom "30d"."""
    looks_back = panel.get("timeFrom", "").removeprefix("now-")
    return replace(span, from_ms=span.to_ms - duration_ms(looks_back)) if looks_back else span
