"""Files that anybody edited are refused by the key that is wrong, or linted; never a crash."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.check.shape import fault_of, without_nulls
from dashboards.influxql.select import select
from dashboards.lint.table import lint
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.words import same
from tests.dashboards import sample

_SOUND = json.loads(json.dumps(sample.board()))
_OTHERS = st.sampled_from([None, 5, "x", "", [], [1], {}, {"a": 1}, True, {"query": 5}])


def _places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*at, key)
        yield from _places(each, (*at, key))


_PLACES = list(_places(_SOUND))


@given(st.lists(st.tuples(st.sampled_from(_PLACES), _OTHERS), min_size=1, max_size=3))
def test_a_damaged_dashboard_is_refused_or_linted(damages: list[tuple[tuple[str | int, ...], object]]) -> None:
    board = copy.deepcopy(_SOUND)
    for place, value in damages:
        _put(board, place, value)
    board = without_nulls(board)
    fault = fault_of(board)
    if fault is None:
        lint([board], all_boards=[_SOUND])
    else:
        assert fault[0]


def _put(board: Any, place: tuple[str | int, ...], value: object) -> None:
    for key in place[:-1]:
        if key not in _keys(board):
            return
        board = board[key]
    if place[-1] in _keys(board):
        board[place[-1]] = value


def _keys(value: Any) -> Any:
    return value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()


def test_what_grafana_writes_as_null_is_as_if_not_there() -> None:
    board = copy.deepcopy(_SOUND)
    board["panels"][0] |= {"links": None, "transformations": None, "timeFrom": None, "interval": None, "repeat": None}
    board["templating"]["list"][1]["allValue"] = None
    assert fault_of(without_nulls(board)) is None
    assert lint([without_nulls(board)], all_boards=[_SOUND]) == []


@pytest.mark.parametrize("board", [sample.board("vi"), sample.board("en")])
def test_what_we_build_has_the_shape(board: dict[str, Any]) -> None:
    assert fault_of(json.loads(json.dumps(board))) is None


def test_a_panel_with_more_queries_than_grafana_has_letters_is_refused_and_not_cut() -> None:
    query = Query(select("quality", of="air"))
    assert len(Panel("most", "table", same("x"), same("x"), same("x"), (query,) * 26).render({}, "en")["targets"]) == 26
    with pytest.raises(ValueError, match="27 queries"):
        Panel("more", "table", same("x"), same("x"), same("x"), (query,) * 27)
