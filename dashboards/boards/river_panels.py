"""Levels against alarms as panels, for the operations centre and for the page about water."""

from collections.abc import Sequence
from dataclasses import replace

from dashboards.boards.gateway_state import SEEN_DAYS
from dashboards.boards.river_levels import ALARMS, against_alarms, names
from dashboards.house import SEEN_WITHIN
from dashboards.model.link import device_of_row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.mappings import words
from dashboards.panels.stat import stat
from dashboards.panels.table import column, hidden, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import organize
from dashboards.units import unit_of
from dashboards.words import Text

_METRES = unit_of("water_level", "level")
_LEVEL = Text("Mực nước", "Level")
_ALARM = Text("So với báo động", "Against the alarms")
_ABOVE = Text("Chênh lệch", "Difference")
_ORDER = ("station", "device", "level", "alarm", "above", "Time", "site", "gateway")
_TIME = "dateTimeFromNow"
_COLOURED = {"type": "color-background"}


def levels_table(key: str, where: Sequence[str] = (), *, has_site: bool = True) -> Panel:
    """Return every station's last level, the alarm it has reached and by how much; the most serious first."""
    return table(
        key,
        Text("Mực nước so với báo động", "Water levels against the alarms"),
        Text(
            f"Mực nước hợp lệ mới nhất trong {SEEN_DAYS} ngày của từng trạm, so với báo động I, II, III của chính trạm đó như "
            "trong bản tin thủy văn: “trên BĐ1” và "
            "cao hơn bao nhiêu mét; số âm là còn thấp hơn BĐ1. Mức báo động theo Quyết định 05/2020/QĐ-TTg và các nguồn ghi trong "
            "rules/limits/rivers.toml. "
            "Xem cột “Lúc”: trạm im lặng vẫn giữ mực nước cũ.",
            f"The latest usable level within {SEEN_DAYS} days of each station against alarms I, II and III of that very "
            "station, as bulletins say it: “trên BĐ1” is "
            "above alarm I, and by how many metres; a number below 0 is how far alarm I is. Alarm levels by Decision 05/2020/QĐ-TTg and "
            "the sources named in "
            "rules/limits/rivers.toml. Mind the column “When”: a station that is silent keeps its old level.",
        ),
        [Query(against_alarms(where), format="table")],
        empty=Text(f"không trạm nào có mực nước trong {SEEN_DAYS} ngày", f"no station has a level within {SEEN_DAYS} days"),
        columns=(
            column("station", title=Text("Trạm", "Station"), mappings=[words(names())], custom__align="left"),
            column("device", title=Text("Thiết bị", "Device"), links=[device_of_row()]),
            column("site", title=Text("Điểm", "Site")) if has_site else hidden("site"),
            hidden("gateway"),
            column("level", title=_LEVEL, unit=_METRES, decimals=2),
            column("alarm", title=_ALARM, mappings=[words(ALARMS)], custom__cellOptions=_COLOURED, custom__align="center"),
            column("above", title=_ABOVE, unit=_METRES, decimals=2),
            column("Time", title=Text("Lúc", "When"), unit=_TIME),
        ),
        sort_by=_ALARM,
        is_descending=True,
        defaults={"noValue": "–"},
        transformations=(organize(_ORDER),),
        time_from=SEEN_WITHIN,
    )


def level_now(key: str, where: Sequence[str]) -> Panel:
    """Return one station's last level, the alarm it has reached and by how much."""
    panel = stat(
        key,
        Text("Trạm đã chọn", "The chosen station"),
        Text(
            "Mực nước hợp lệ mới nhất trong khoảng thời gian đang xem, báo động mà nó đã vượt, và cao hơn mức đó bao nhiêu (âm: còn thấp "
            "hơn BĐ1). "
            "“Chưa có mức báo động”: trạm không có trong bảng mức báo động, nên không so với mức nào.",
            "The latest usable level in the time range, the alarm it has reached, and how far above that it is (below 0: under alarm I). "
            "“No alarm level known”: the station is not in the table of alarm levels, and is compared with none.",
        ),
        [Query(against_alarms(where, ("level", "alarm", "above")), format="table")],
        unit=_METRES,
        decimals=2,
        empty=Text("trạm không có mực nước hợp lệ", "the station has no usable level"),
        text="value_and_name",
        thresholds=steps("text"),
        overrides=(
            column("level", title=_LEVEL),
            column("alarm", title=_ALARM, unit="none", mappings=[words(ALARMS)]),
            column("above", title=_ABOVE),
        ),
    )
    return replace(panel, options={**panel.options, "orientation": "horizontal"})  # one below another
