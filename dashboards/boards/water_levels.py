"""Levels of all stations, how fast they move, and one station with its own alarm lines."""

from dashboards.boards.river_levels import with_alarms
from dashboards.house import BLUE, ORANGE, RED, YELLOW
from dashboards.influxql.expand import duration_text
from dashboards.influxql.select import AUTO, TIME_FILTER, Select, call, equals, is_variable, name, select
from dashboards.influxql.valid import IS_VALID
from dashboards.influxql.whose import OF_DEVICE
from dashboards.model.json import Json
from dashboards.model.link import device_of_series, on_every_value
from dashboards.model.query import Query
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text

NAMED = "$tag_device · $tag_site"  # a device may bear the same name at two sites
SITE = is_variable("site")
STATION = is_variable("device", "station")
RATE_UNIT = "suffix: m/h"
_STEP_MS = 1_800_000
_LINES = (
    (Text("BĐ1", "Alarm I"), YELLOW),
    (Text("BĐ2", "Alarm II"), ORANGE),
    (Text("BĐ3", "Alarm III"), RED),
)
_LEVEL = Text("Mực nước", "Level")
_NO_LEVEL = Text("không có mực nước hợp lệ trong khoảng thời gian này", "no usable level in this time range")


def rate_of_rise(every: str = AUTO) -> Select:
    """Return `rate` in m/h: the mean of the slopes between neighbouring readings, so that a bucket that has just begun is not read as calm.

    (The difference of two buckets' means would be: the newest bucket is only part full.)
    """
    slopes = select(('derivative("level", 1h)', "slope"), of="water_level", where=(SITE, IS_VALID), by=OF_DEVICE)
    return select((call("mean", "slope"), "rate"), of=slopes, where=(TIME_FILTER,), by=OF_DEVICE, every=every)


def alarm_line(number: int) -> Select:
    """Return `line`, the chosen station's alarm level 1, 2 or 3 as a curve where it has levels; nothing for a station without that "
    "alarm."""
    last = call("last", "level")
    return select(
        name("line"),
        of=[
            select(
                (f"{last} - {last} + {level}", "line"),
                of="water_level",
                where=(equals("device", station.device), SITE, STATION),
                every=AUTO,
                fill="none",
            )
            for station in with_alarms()
            if (level := station.levels[number - 1]) is not None
        ],
    )


def _override(series: Text, color: str, **custom: object) -> Json:
    properties = [{"id": f"custom.{key}", "value": value} for key, value in custom.items()]
    return {
        "matcher": {"id": "byName", "options": series},
        "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}, *properties],
    }


ALL = timeseries(
    "levels_course",
    Text("Diễn biến mực nước", "Course of the levels"),
    Text(
        "Mực nước trung bình của từng trạm, không tính số đo không hợp lệ. Các trạm dùng mốc cao độ của bản tin; không so hai trạm "
        "với nhau.",
        "Mean level of each station, without readings that are not valid. Stations use the datum of the bulletins; two are not to be "
        "compared.",
    ),
    [
        Query(
            select((call("mean", "level"), "level"), of="water_level", where=(SITE, IS_VALID), by=OF_DEVICE, every=AUTO),
            alias=NAMED,
        )
    ],
    unit=unit_of("water_level", "level"),
    decimals=2,
    empty=_NO_LEVEL,
    is_from_zero=False,
    overrides=(on_every_value(device_of_series()),),
)

RATE = timeseries(
    "rate_of_rise",
    Text("Tốc độ nước lên, xuống", "Rate of rise"),
    Text(
        "Mực nước thay đổi bao nhiêu mét mỗi giờ: dương là đang lên, âm là đang xuống. Trung bình của các độ dốc giữa hai số đo liền "
        "nhau, mỗi điểm ít nhất "
        "30 phút.",
        "By how many metres an hour the level changes: above 0 it rises, below it falls. The mean of the slopes between neighbouring "
        "readings, over at "
        "least 30 minutes a point.",
    ),
    [Query(rate_of_rise(), alias=NAMED)],
    unit=RATE_UNIT,
    decimals=2,
    empty=Text("chưa trạm nào có hai mực nước hợp lệ trong khoảng thời gian này", "no station has two usable levels in this time range"),
    is_from_zero=False,
    style={"axisCenteredZero": True, "spanNulls": 2 * _STEP_MS},
    overrides=(on_every_value(device_of_series()),),
    interval=duration_text(_STEP_MS),
)

ONE = timeseries(
    "station_course",
    Text("Mực nước và báo động: ${station}", "Level and alarms: ${station}"),
    Text(
        "Mực nước của trạm đã chọn với các mức báo động I, II, III của chính trạm đó. Trạm chưa có mức báo động trong "
        "rules/limits/rivers.toml thì chỉ có "
        "đường mực nước, không có vạch nào.",
        "The chosen station's level with its own alarm levels I, II and III. A station without alarm levels in rules/limits/rivers.toml "
        "has its curve "
        "and no line.",
    ),
    [
        Query(
            select((call("mean", "level"), "level"), of="water_level", where=(SITE, STATION, IS_VALID), by=OF_DEVICE, every=AUTO),
            alias=_LEVEL,
        ),
        *(Query(alarm_line(number), alias=title) for number, (title, _) in enumerate(_LINES, 1)),
    ],
    unit=unit_of("water_level", "level"),
    decimals=2,
    empty=_NO_LEVEL,
    is_from_zero=False,
    overrides=(
        _override(_LEVEL, BLUE, lineWidth=2),
        *(
            _override(title, color, spanNulls=True, showPoints="never", lineStyle={"fill": "dash", "dash": [10, 10]})
            for title, color in _LINES
        ),
    ),
    may_be_empty=True,
)
