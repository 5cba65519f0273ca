"""What Grafana takes of these dashboards (against its published JSON schemas, closed), and what people find in them."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from dashboards.boards import air, surroundings
from dashboards.model.board import Board
from dashboards.model.panel import Panel
from dashboards.panels.quality import quality_texts
from dashboards.words import LANGUAGES, Language, Text
from rules.limits import legal_limits_on
from telemetry.quality import FLAGS

_SCHEMAS = Path(__file__).parents[5] / "shared/specs/grafana-dashboard-jsonschema/jsonschema"
_DAY = date(2026, 3, 2)
_BOARDS = (air.on(_DAY), surroundings.on(_DAY))
_EACH = [pytest.param(board, language, id=f"{board.name}-{language}") for board in _BOARDS for language in LANGUAGES]
_PANELS = [pytest.param(panel, id=f"{board.name}-{panel.key}") for board in _BOARDS for panel in board.panels]

needs_schemas = pytest.mark.skipif(not _SCHEMAS.is_dir(), reason="no ../shared/specs: Grafana's JSON schemas are not on this machine")


@cache
def _definitions(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_SCHEMAS / f"{name}.jsonschema.json").read_text(encoding="utf-8"))["definitions"]
    return found


def _faults(value: Any, schema: str, definition: str) -> list[str]:
    """Return what is wrong with a value; what has a default in Grafana may be absent, what Grafana does not know may not be there."""
    closed = {"$ref": f"#/definitions/{definition}", "definitions": _as_grafana_reads(_definitions(schema))}
    return [f"{'/'.join(map(str, error.path))}: {error.message}"[:300] for error in Draft7Validator(closed).iter_errors(value)]


def _as_grafana_reads(schema: Any) -> Any:
    """Return a schema without what it simplifies: values of any type are declared as objects, defaults as required, unions as exclusive."""
    if isinstance(schema, list):
        return [_as_grafana_reads(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "object" and schema.get("additionalProperties") == {}:
        return {}
    read = {"anyOf" if key == "oneOf" else key: _as_grafana_reads(each) for key, each in schema.items()}
    if isinstance(required := schema.get("required"), list):
        properties = schema.get("properties", {})
        read["required"] = [name for name in required if name == "type" or "default" not in properties.get(name, {})]
    return read


def _rendered(board: Board, language: Language) -> Iterator[tuple[Panel, dict[str, Any]]]:
    by_id = {panel.id: panel for panel in board.panels}
    for each in board.render(language)["panels"]:
        if each["type"] != "row":
            yield by_id[each["id"]], each


@needs_schemas
@pytest.mark.parametrize(("board", "language"), _EACH)
def test_a_dashboard_is_one_of_grafanas_schema(board: Board, language: Language) -> None:
    assert _faults(board.render(language), "dashboard", "Dashboard") == []


@needs_schemas
@pytest.mark.parametrize(("board", "language"), _EACH)
def test_options_and_field_settings_are_those_of_the_panel_kind(board: Board, language: Language) -> None:
    for panel, rendered in _rendered(board, language):
        schema = panel.kind.replace("-", "")
        assert _faults(rendered["options"], schema, "Options") == [], panel.key
        custom = rendered["fieldConfig"]["defaults"].get("custom")
        assert custom is None or _faults(custom, schema, "FieldConfig") == [], panel.key
        for override in rendered["fieldConfig"]["overrides"]:
            named = {
                each["id"].removeprefix("custom."): each["value"] for each in override["properties"] if each["id"].startswith("custom.")
            }
            assert "FieldConfig" not in _definitions(schema) or _faults(named, schema, "FieldConfig") == [], panel.key


@needs_schemas
def test_every_unit_is_one_that_grafana_knows() -> None:
    known = {each["const"] for each in _definitions("units").values() if "const" in each}
    for board in _BOARDS:
        for panel in board.panels:
            columns = [each["value"] for override in panel.overrides for each in override["properties"] if each["id"] == "unit"]
            assert {unit for unit in (panel.unit, *columns) if not unit.startswith("suffix:")} <= known, panel.key


@pytest.mark.parametrize("board", _BOARDS, ids=lambda board: board.name)
def test_panels_have_ids_of_their_own_and_do_not_overlap(board: Board) -> None:
    panels = board.render("vi")["panels"]
    assert len({each["id"] for each in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for each in panels:
        grid = each["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        assert not cells & taken, each["title"]
        assert grid["x"] + grid["w"] <= 24, each["title"]
        taken |= cells


@pytest.mark.parametrize("panel", _PANELS)
def test_a_panel_says_in_both_languages_what_it_is_and_what_emptiness_means(panel: Panel) -> None:
    for text in (panel.title, panel.description, panel.empty):
        assert text.vi.strip(), panel.key
        assert text.en.strip(), panel.key
        assert text.vi != text.en, panel.key
    assert "{" not in panel.description.vi + panel.description.en
    assert len(panel.title.vi) <= 56, "longer than the head of a panel on a phone of 360 px, in two lines"


@pytest.mark.parametrize("board", _BOARDS, ids=lambda board: board.name)
def test_every_text_is_in_the_language_of_the_dashboard(board: Board) -> None:
    vietnamese = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
    assert not vietnamese.search(json.dumps(board.render("en"), ensure_ascii=False).replace("QĐ-TCMT", ""))  # the name of a document
    assert vietnamese.search(json.dumps(board.render("vi"), ensure_ascii=False))


@pytest.mark.parametrize(("day", "limit"), [(date(2025, 12, 31), 50), (date(2026, 1, 1), 45)])
def test_limits_are_those_of_the_day_a_dashboard_is_built(day: date, limit: int) -> None:
    panels = {panel.key: panel for panel in air.on(day).panels}
    for key in ("running-pm2_5-24h", "daily-pm2_5"):
        assert f"{limit} µg/m³" in panels[key].title.en
        assert panels[key].defaults["thresholds"]["steps"][-1]["value"] == limit


def test_a_day_without_limits_has_no_panels_that_compare() -> None:
    keys = {panel.key for panel in air.on(date(2020, 1, 1)).panels}
    assert not [key for key in keys if key.startswith(("running-", "daily-", "hourly-"))]
    assert "pm2_5" in keys


def test_a_limit_of_noise_bears_hours_kind_of_area_and_document() -> None:
    panels = {panel.key: panel for panel in surroundings.on(_DAY).panels}
    names = [str(query.alias.en) for query in panels["laeq-hourly-common"].queries if isinstance(query.alias, Text)]
    assert names == [
        "Day 6–21 h, common areas: 70 dB(A) (QCVN 26:2010/BTNMT)",
        "Night 21–6 h, common areas: 55 dB(A) (QCVN 26:2010/BTNMT)",
    ]
    nights = [str(query.alias.en) for query in panels["night"].queries if isinstance(query.alias, Text)]
    assert {name.partition(" h,")[0] for name in nights} == {"Night 21–6"}
    assert len(nights) == 2
    matched = [override["matcher"]["options"].en for override in panels["laeq-hourly-common"].overrides]
    assert matched == names


def test_every_noise_limit_in_force_is_drawn() -> None:
    drawn = {str(query.alias) for panel in surroundings.on(_DAY).panels if panel.key.startswith("laeq-hourly") for query in panel.queries}
    limits = legal_limits_on(_DAY, "noise", "laeq")
    assert limits
    assert [limit for limit in limits if not any(f"{limit.value:g} dB(A)" in name and limit.area in name for name in drawn)] == []


def test_nights_are_shaded_where_limits_of_the_night_are_drawn() -> None:
    board = surroundings.on(_DAY)
    (night,) = board.annotations
    keys = {panel.id: panel.key for panel in board.panels}
    assert [keys[each] for each in night["filter"]["ids"]] == ["laeq-hourly-common", "laeq-hourly-special"]


def test_every_quality_bit_has_a_text_and_several_have_one() -> None:
    single, several = quality_texts()
    assert [single["options"][str(flag.bit)]["text"].vi for flag in FLAGS] == [flag.vi for flag in FLAGS]
    assert several["options"]["from"] == 1
    assert several["options"]["to"] == sum(flag.bit for flag in FLAGS)


def test_no_panel_shows_a_vn_aqi_and_the_one_of_now_says_why() -> None:
    board = air.on(_DAY)
    assert [panel.key for panel in board.panels if "AQI" in panel.title.en] == []
    (now,) = [panel for panel in board.panels if panel.key == "now"]
    assert "VN_AQI" in now.description.vi
    assert "VN_AQI" in now.description.en
