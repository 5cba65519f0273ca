"""What the operations centre and the water page are made of, apart from their queries."""

import re
from typing import Any

import pytest

from dashboards.alerting.rules import load
from dashboards.boards import board
from dashboards.boards.river_levels import with_alarms
from dashboards.house import ALERTS_FOLDER
from dashboards.model.grid import WALL_HEIGHT
from dashboards.words import LANGUAGES, Language

NAMES = ("overview", "water")
BOTH = pytest.mark.parametrize(("name", "language"), [(name, language) for name in NAMES for language in LANGUAGES])


def panels(name: str, language: Language = "vi") -> list[dict[str, Any]]:
    return [panel for panel in board(name).render(language)["panels"] if panel["type"] != "row"]


def panel(name: str, key: str, language: Language = "vi") -> dict[str, Any]:
    [wanted] = [each for each in board(name).panels if each.key == key]
    return next(each for each in panels(name, language) if each["id"] == wanted.id)


@BOTH
def test_every_panel_explains_itself_and_what_no_data_means(name: str, language: Language) -> None:
    empty = {"vi": "Khi không có dữ liệu: ", "en": "When there is no data: "}[language]
    for each in panels(name, language):
        explained, _, absent = each["description"].partition(empty)
        assert len(explained) > 40, each["title"]
        assert len(absent) > 5, each["title"]


def test_vietnamese_and_english_differ_in_words_alone() -> None:
    for name in NAMES:
        for vi, en in zip(panels(name, "vi"), panels(name, "en"), strict=True):
            assert vi["id"] == en["id"]
            assert vi["gridPos"] == en["gridPos"]
            assert [target["query"] for target in vi.get("targets", [])] == [target["query"] for target in en.get("targets", [])]
            assert vi["description"] != en["description"]


def test_the_operations_centre_fits_a_wall_without_a_scroll_bar() -> None:
    last = max(each["gridPos"]["y"] + each["gridPos"]["h"] for each in panels("overview"))
    assert last <= WALL_HEIGHT
    assert last * 38 - 8 + 60 + 32 <= 1080  # 30 px and 8 px a unit, the line of controls, padding
    assert all(each["gridPos"]["w"] >= 5 for each in panels("overview")), "narrower than 400 px on a wall"


@BOTH
def test_links_lead_to_the_device_in_the_same_language(name: str, language: Language) -> None:
    text = str(board(name).render(language))
    assert set(re.findall(r"/d/(quanho-\w+-\w\w)\?", text)) == {f"quanho-device-{language}"}
    assert "var-device=${__data.fields.device:percentencode}" in text


def test_a_marker_leads_to_its_gateway_which_is_a_device_of_that_name() -> None:
    [link] = panel("overview", "map")["fieldConfig"]["defaults"]["links"]
    assert "var-device=${__data.fields.gateway:percentencode}" in link["url"]
    assert "var-site=${__data.fields.site:percentencode}" in link["url"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_link_names_is_in_the_answer_and_not_taken_out_of_it(name: str) -> None:
    for each in panels(name):
        named = set(re.findall(r"\$\{__data\.fields\.(\w+)", str(each["fieldConfig"])))
        for transformation in each.get("transformations", []):
            assert not named & transformation["options"]["excludeByName"].keys(), each["title"]
        labels = set(re.findall(r"\$\{__field\.labels\.(\w+)", str(each["fieldConfig"])))
        for target in each.get("targets", []) if named | labels else []:
            grouped = target["query"].rpartition("GROUP BY")[2]
            assert all(f'"{tag}"' in grouped for tag in named | labels), (each["title"], target["query"])


def test_each_layer_of_the_map_shows_one_query_in_one_colour() -> None:
    shown = panel("overview", "map")
    layers = shown["options"]["layers"]
    assert [layer["filterData"] for layer in layers] == [{"id": "byRefId", "options": target["refId"]} for target in shown["targets"]]
    assert len({layer["config"]["style"]["color"]["fixed"] for layer in layers}) == 3
    assert {target["resultFormat"] for target in shown["targets"]} == {"table"}


def test_the_list_of_alerts_names_our_folder_by_the_one_title_it_has() -> None:
    titles = {panel("overview", "alerts", language)["options"]["folder"]["title"] for language in LANGUAGES}
    assert titles == {ALERTS_FOLDER.title.vi} == {ALERTS_FOLDER.title.en}
    state = panel("overview", "alerts")["options"]["stateFilter"]
    assert [name for name, is_shown in state.items() if is_shown] == ["firing", "recovering", "noData", "error"]


def test_only_means_of_24_hours_are_coloured_and_by_the_limit_in_force() -> None:
    coloured = {}
    for override in panel("overview", "air_now")["fieldConfig"]["overrides"]:
        for each in override["properties"]:
            if each["id"] == "thresholds":
                coloured[override["matcher"]["options"]] = [step["value"] for step in each["value"]["steps"]]
    assert coloured == {"pm2_5_24h": [None, 45.0], "pm10_24h": [None, 100.0]}  # QCVN 05:2023/BTNMT, PM2.5 since 2026


def test_lines_are_drawn_for_known_alarm_levels_alone() -> None:
    _, *lines = [target["query"] for target in panel("water", "station_course")["targets"]]
    assert len(lines) == 3
    assert "ben-ho" not in "".join(lines), "no level of Bến Hồ is known"
    assert "cam-dan" in lines[0]
    assert "cam-dan" not in lines[1] + lines[2], "only alarm I of Cẩm Đàn is known"
    assert {station.device for station in with_alarms()} == set(re.findall(r"\"device\" = '([\w-]+)'", lines[0]))


def test_of_all_rules_the_list_of_alerts_leaves_out_the_heartbeat_alone() -> None:
    label, value = re.fullmatch(r'\{(\w+)!="(\w+)"\}', panel("overview", "alerts")["options"]["alertInstanceLabelFilter"]).groups()  # type: ignore[union-attr]
    hidden = {rule.name for rule in load() if rule.labels.get(label) == value}
    assert hidden == {"watchdog"}
