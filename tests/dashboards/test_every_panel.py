"""Every query of every dashboard, as Grafana asks it, on a store that was seeded through the real agent: answered, and rightly.

What devices measured is compared with what they sent; what the agent tells of itself (`gateway`, `ledger`) with what the store holds.
"""

from collections.abc import Iterator

import pytest

from dashboards.boards import BOARDS, board
from dashboards.built import built
from dashboards.influxql.chosen import chosen
from dashboards.influxql.evaluate import NotEvaluated, Reader, answer, reader
from dashboards.influxql.expand import Choice, Span, duration_ms, expand
from dashboards.influxql.select import Select
from dashboards.model.board import Board
from dashboards.model.panel import Panel
from runtime.influx_series import QueryError, Series
from tests.dashboards.influx_store import differences
from tests.dashboards.seeded import Seeded, read_back

pytestmark = pytest.mark.server


@pytest.fixture(scope="session")
def points(seeded_store: Seeded) -> Reader:
    """All that was sent, with the agent's marks, and what the agent told of itself."""
    own = [point for measurement in ("gateway", "ledger") for point in read_back(seeded_store.store, measurement)]
    return reader([*seeded_store.judged, *own])


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_shows_what_was_sent(name: str, seeded_store: Seeded, points: Reader) -> None:
    assert not list(_faults(name, seeded_store, points, seeded_store.span, must_show=True))


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_is_right_also_where_there_is_a_gap(name: str, seeded_store: Seeded, points: Reader) -> None:
    assert not list(_faults(name, seeded_store, points, seeded_store.around_the_gap, must_show=False))


def test_both_languages_ask_the_same() -> None:
    asked = {
        (each.language, each.name): [[target["query"] for target in panel.get("targets", ())] for panel in each.json["panels"]]
        for each in built()
    }
    for name in BOARDS:
        assert asked["vi", name] == asked["en", name]


def _faults(name: str, seeded: Seeded, points: Reader, span: Span, *, must_show: bool) -> Iterator[str]:
    """Yield what is wrong with the answers of a dashboard."""
    one = board(name)
    choices = _chosen(one, span, seeded, takes_last=not must_show)
    for panel in one.panels:
        of_panel = Span(span.to_ms - duration_ms(panel.time_from), span.to_ms, span.points) if panel.time_from else span
        is_shown = False
        for query in panel.queries:
            try:
                found, told = _compared(query.select, panel, seeded, points, of_panel, choices)
            except (NotEvaluated, QueryError) as error:
                yield f"{panel.key}: {error}"
                continue
            is_shown = is_shown or _has_a_value(found)
            yield from (f"{panel.key}: {query.select.text}: {each}" for each in told)
        if must_show and panel.queries and not is_shown and not panel.may_be_empty:
            yield f"{panel.key}: shows nothing"


def _chosen(one: Board, span: Span, seeded: Seeded, *, takes_last: bool) -> dict[str, Choice]:
    """Return the variables as the dashboard opens; or with the last value, not the first, of those that have one value at a time."""

    def values(query: str) -> list[str]:
        return [row[1] for series in seeded.store.query(query) for row in series.values]

    choices = chosen(one.render("en"), span, values)
    for variable in one.variables if takes_last else ():
        if variable.is_single:
            choices[variable.name] = max(values(expand(variable.query, span, choices)), default="")
    return choices


def _compared(
    select: Select, panel: Panel, seeded: Seeded, points: Reader, span: Span, choices: dict[str, Choice]
) -> tuple[list[Series], list[str]]:
    """Return the answer of the store, and in what it differs from the one worked out."""
    now_ms = seeded.span.to_ms
    text = expand(select.text, span, choices, panel.interval).replace("now()", f"{now_ms}ms")  # the same moment for both
    found = seeded.store.query(text)
    told = differences(found, answer(text, points, now_ms))
    by = {tag for tag in select.by if not tag.startswith("/")}
    told += [f"tags {sorted(series.tags)}, expected {sorted(by)}" for series in found if not by <= series.tags.keys()]
    return found, told


def _has_a_value(series: list[Series]) -> bool:
    return any(value is not None for each in series for row in each.values for value in row[1:])
