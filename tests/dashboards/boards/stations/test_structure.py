"""What people find in the dashboards of stations, and that limits are those of a day."""

import json
import re
from datetime import date

import pytest

from dashboards.boards import air, surroundings
from dashboards.model.board import Board
from dashboards.model.panel import Panel
from dashboards.panels.quality import quality_texts
from dashboards.words import LANGUAGES, Language, Text
from rules.limits import legal_limits_on
from telemetry.quality import FLAGS
from tests.dashboards.schemas import errors_of_board, have_schemas

_DAY = date(2026, 3, 2)
_BOARDS = (air.on(_DAY), surroundings.on(_DAY))
_EACH = [pytest.param(board, language, id=f"{board.name}-{language}") for board in _BOARDS for language in LANGUAGES]
_PANELS = [pytest.param(panel, id=f"{board.name}-{panel.key}") for board in _BOARDS for panel in board.panels]


@pytest.mark.parametrize(("board", "language"), _EACH)
def test_a_dashboard_of_any_day_is_one_of_grafanas_schema(board: Board, language: Language) -> None:
    have_schemas()
    assert errors_of_board(board.render(language)) == []


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
