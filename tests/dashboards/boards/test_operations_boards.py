"""Fleet, delivery and device as Grafana gets them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.boards import BOARDS, board
from dashboards.influxql.chosen import unknown_variables
from dashboards.measurements import MEASUREMENTS as NAMES
from dashboards.model.json import Json
from dashboards.reasons import COPIES, NOT_LOST, OF_GAPS, REASONS, REFUSED
from dashboards.words import LANGUAGES
from edge.silence_watch import REASON as SILENCE
from edge.spool.reasons import KINDS, SET_ASIDE
from telemetry.catalogue import MEASUREMENTS

OURS = ("fleet", "delivery", "device")


def _panels(rendered: Json) -> list[Json]:
    return [panel for panel in rendered["panels"] if panel["type"] != "row"]


def _texts(tree: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _texts(value, name)
    elif isinstance(tree, list):
        for each in tree:
            yield from _texts(each, key)
    elif isinstance(tree, str):
        yield key, tree


@pytest.mark.parametrize("name", OURS)
def test_every_query_uses_variables_that_the_dashboard_has(name: str) -> None:
    rendered = board(name).render("vi")
    queries = [target["query"] for panel in _panels(rendered) for target in panel["targets"]]
    queries += [each["target"]["query"] for each in rendered["annotations"]["list"] if "query" in each.get("target", {})]
    assert [unknown for query in queries if (unknown := unknown_variables(rendered, query))] == []


@pytest.mark.parametrize("name", OURS)
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: str) -> None:
    rendered = board(name).render("vi")
    assert len({panel["id"] for panel in rendered["panels"]}) == len(rendered["panels"])
    taken = [
        (x, y)
        for panel in rendered["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("name", OURS)
def test_what_operators_read_differs_by_language(name: str) -> None:
    in_vi, in_en = (dict(enumerate(_texts(_panels(board(name).render(language))))) for language in LANGUAGES)
    shown = ("title", "description", "noValue", "displayName", "text")
    same = {in_vi[at] for at in in_vi if in_vi[at][0] in shown and in_vi[at] == in_en[at]}
    assert {text for _, text in same if re.search(r"[a-z]{4}", text) and text not in ("Gateway", "Camera")} == set()


def test_table_of_reasons_knows_every_reason_of_the_ledger() -> None:
    assert set(REASONS) == set(KINDS)
    assert set(REFUSED) == set(SET_ASIDE)
    assert {*COPIES, *NOT_LOST, *OF_GAPS} < set(KINDS)
    assert OF_GAPS[0] == SILENCE


def test_every_measurement_of_the_catalogue_has_a_name() -> None:
    assert set(NAMES) == set(MEASUREMENTS)


@pytest.mark.parametrize("name", BOARDS)
def test_every_dashboard_says_why_a_gap_is_a_gap_and_has_room_for_incidents(name: str) -> None:
    annotations = board(name).render("vi")["annotations"]["list"]
    assert [each["name"] for each in annotations[1:8]] == [
        "Khoảng trống chưa kết thúc",
        "Khoảng trống từ trước, chưa kết thúc",
        "Nguồn im lặng",
        "Gateway tắt, lý do khác",
        "Mất dữ liệu, biết số lượng",
        "Mất dữ liệu, chưa rõ số lượng",
        "Sự cố",
    ]
    assert annotations[7]["target"] == {"type": "tags", "tags": ["quanho-incident"], "matchAny": False, "limit": 100}
    assert annotations[7]["datasource"] == {"type": "grafana", "uid": "-- Grafana --"}
