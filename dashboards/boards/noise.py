"""Noise: equivalent, maximum and background level by device, hours and nights against the limits for day and night.

Every mean of LAeq here is one of energies. Of LA90, the level exceeded 90 % of the time, no mean over a longer time can be worked out from
values of shorter ones; the arithmetic mean shown is called what it is.
"""

from collections.abc import Sequence
from datetime import date

from dashboards.boards import legal
from dashboards.boards.stations import AT_SITE, BY, NOTHING, STATION, last_readings
from dashboards.house import ORANGE, PURPLE, TIME_ZONE
from dashboards.influxql.levels import energy_mean, night_level
from dashboards.influxql.means import course
from dashboards.influxql.select import AUTO, select
from dashboards.model.datasource import GRAFANA
from dashboards.model.grid import Row
from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text
from rules.limits import LegalLimit, legal_limits_on

_DAY = "06-21"
_NIGHT = "21-06"
_HOURS = {_DAY: Text("Ban ngày 6–21 giờ", "Day 6–21 h"), _NIGHT: Text("Ban đêm 21–6 giờ", "Night 21–6 h")}
_COLOURS = {_DAY: ORANGE, _NIGHT: PURPLE}
_AREAS = {"common": Text("khu vực thông thường", "common areas"), "special": Text("khu vực đặc biệt", "special areas")}
_AREA_MEANS = Text(
    "Khu vực đặc biệt là cơ sở y tế, thư viện, trường học, nơi thờ tự. Trạm thuộc loại nào, hệ thống không biết: hãy chọn đúng bảng.",
    "Special areas are those of hospitals, libraries, schools and places of worship. Which kind a station stands in is not known here: "
    "take the panel that fits.",
)
_REPLACED = "QCVN 26:2010/BTNMT"  # rules/limits/noise.toml
_UNIT = unit_of("noise", "laeq")


def noise_rows(day: date) -> tuple[Row, ...]:
    """Return the rows, with the limits that are in force on a day."""
    limits = legal_limits_on(day, "noise", "laeq")
    hourly = [_hourly(area, [limit for limit in limits if limit.area == area]) for area in _AREAS]
    nights = [limit for limit in limits if limit.hours == _NIGHT]
    return (
        Row(8, ((12, _LAST), (12, _LAEQ)), Text("Tiếng ồn", "Noise")),
        Row(9, ((12, hourly[0]), (12, hourly[1]))),
        Row(8, ((8, _nights(nights)), (8, _LAMAX), (8, _LA90))),
    )


def nights_shaded(day: date) -> Json:
    """Return the annotation that shades the nights in the panels of hours, from 21 to 6 o'clock.

    Both ways of saying when, because Grafana 11 knows from and to alone, and newer ones take these for nearly a week when `to` is the
    earlier (public/app/core/utils/timeRegions.ts, convertToCron).
    """
    ids = [panel.id for row in noise_rows(day) for _, panel in row.panels if panel.key.startswith("laeq-hourly")]
    region = {"mode": "cron", "cronExpr": "0 21 * * *", "duration": "9h", "from": "21:00", "to": "06:00", "timezone": TIME_ZONE}
    return {
        "name": Text("Ban đêm", "Night"),
        "datasource": GRAFANA,
        "enable": True,
        "hide": False,
        "iconColor": "rgba(143, 63, 151, 0.35)",
        "filter": {"exclude": False, "ids": ids},
        "target": {"refId": "Night", "queryType": "timeRegions", "timeRegion": region},
    }


def _limit_lines(limits: Sequence[LegalLimit], every: str) -> list[Query]:
    """Return a series with the constant value of each limit, so that its line has a name. It is as long as there are readings at all."""
    return [
        Query(
            select((f'count("quality") * 0 + {limit.value:g}', "limit"), of="noise", where=AT_SITE, every=every, fill="none"),
            alias=_line_name(limit),
        )
        for limit in limits
    ]


def _documents(limits: Sequence[LegalLimit]) -> Text:
    """Return what documents the limits are of, and that one of them is no longer the newest."""
    names = ", ".join(sorted({legal.document(limit) for limit in limits})) or "–"
    if _REPLACED not in names:
        return Text(f"Giới hạn theo {names}.", f"Limits of {names}.")
    return Text(
        f"Giới hạn theo {names}, văn bản đã được thay bằng QCVN 26:2025/BNNMT; số của văn bản mới chưa có ở đây.",
        f"Limits of {names}, which was replaced by QCVN 26:2025/BNNMT; the numbers of the new document are not known here.",
    )


def _line_name(limit: LegalLimit) -> Text:
    hours, area, value = _HOURS[limit.hours], _AREAS[limit.area], f"{legal.value(limit)} ({legal.document(limit)})"
    return Text(f"{hours.vi}, {area.vi}: {value}", f"{hours.en}, {area.en}: {value}")


def _dashed(limits: Sequence[LegalLimit]) -> list[Json]:
    """Return how the lines of limits look; they are found by name, which no device has."""
    return [
        {
            "matcher": {"id": "byName", "options": _line_name(limit)},
            "properties": [
                {"id": "color", "value": {"mode": "fixed", "fixedColor": _COLOURS[limit.hours]}},
                {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [10, 10]}},
                {"id": "custom.drawStyle", "value": "line"},
                {"id": "custom.fillOpacity", "value": 0},
                {"id": "custom.lineWidth", "value": 2},
                {"id": "custom.showPoints", "value": "never"},
                {"id": "custom.spanNulls", "value": True},
            ],
        }
        for limit in limits
    ]


def _hourly(area: str, limits: Sequence[LegalLimit]) -> Panel:
    words = _AREAS[area]
    return timeseries(
        f"laeq-hourly-{area}",
        Text(f"LAeq từng giờ và giới hạn: {words.vi}", f"LAeq by the hour and limits: {words.en}"),
        Text(
            "Mức âm tương đương của từng giờ (trung bình năng lượng). Nền tím: ban đêm, khi giới hạn ban đêm áp dụng. "
            f"{_documents(limits).vi} {_AREA_MEANS.vi}",
            "Equivalent level of each hour (mean of energies). Purple: night, when the night's limit holds. "
            f"{_documents(limits).en} {_AREA_MEANS.en}",
        ),
        [Query(energy_mean("laeq", "noise", AT_SITE, BY, "1h"), alias=STATION), *_limit_lines(limits, "1h")],
        unit=_UNIT,
        empty=NOTHING,
        decimals=1,
        style={"lineInterpolation": "stepAfter", "axisSoftMin": 40, "axisSoftMax": 80},
        overrides=_dashed(limits),
        legend_calcs=("lastNotNull",),
    )


def _nights(limits: Sequence[LegalLimit]) -> Panel:
    return timeseries(
        "night",
        Text("Mức tương đương của từng đêm (21–6 giờ)", "Equivalent level of each night (21–6 h)"),
        Text(
            "Trung bình năng lượng của các số đo từ 21 giờ đến 6 giờ sáng hôm sau; mỗi chấm đứng ở ngày mà đêm bắt đầu. "
            f"Đêm đang diễn ra hiện từ 3 giờ, tính đến lúc đó. {_documents(limits).vi}",
            "Mean of the energies of the readings from 21 to 6 o'clock of the next morning; a dot stands at the day its night begins. "
            f"A night that is not over is shown from 3 o'clock on, so far. {_documents(limits).en}",
        ),
        [Query(night_level("laeq", "noise", AT_SITE, BY), alias=STATION), *_limit_lines(limits, "24h, 23h")],
        unit=_UNIT,
        empty=Text("chưa có trọn một ngày đêm số đo", "no whole day and night of readings yet"),
        decimals=1,
        style={"drawStyle": "points", "pointSize": 8, "showPoints": "always", "axisSoftMin": 40, "axisSoftMax": 60},
        overrides=_dashed(limits),
        legend_calcs=("lastNotNull",),
        may_be_empty=True,
        time_from="7d",
    )


_LAST = last_readings(
    "noise-now",
    Text("Tiếng ồn hiện tại theo trạm", "Noise now, by station"),
    Text(
        "Số đo cuối cùng trong 7 ngày của từng trạm, cách đây bao lâu và dấu chất lượng của nó.",
        "The last reading within 7 days of each station, how long ago it was, and its quality marks.",
    ),
    "noise",
    ("laeq", "lamax", "la90"),
)
_LAEQ = timeseries(
    "laeq",
    Text("Mức âm tương đương LAeq", "Equivalent level LAeq"),
    Text(
        "Trung bình năng lượng của các số đo hợp lệ trong từng bước của đồ thị. Giới hạn áp dụng cho từng giờ và đêm: xem bên dưới.",
        "Mean of the energies of the valid readings in each step of the graph. Limits are for hours and nights: see below.",
    ),
    [Query(energy_mean("laeq", "noise", AT_SITE, BY, AUTO), alias=STATION)],
    unit=_UNIT,
    empty=NOTHING,
    decimals=1,
    style={"axisSoftMin": 40},
)
_LAMAX = timeseries(
    "lamax",
    Text("Mức âm lớn nhất LAmax", "Maximum level LAmax"),
    Text(
        "Cao nhất trong từng bước của đồ thị: tiếng còi, xe tải, pháo.", "The highest in each step of the graph: horns, lorries, fireworks."
    ),
    [Query(course("lamax", "noise", AT_SITE, BY, "max"), alias=STATION)],
    unit=unit_of("noise", "lamax"),
    empty=NOTHING,
    decimals=1,
    style={"axisSoftMin": 40},
)
_LA90 = timeseries(
    "la90",
    Text("Tiếng ồn nền LA90", "Background level LA90"),
    Text(
        "Mức bị vượt trong 90 % thời gian của mỗi lần đo. Đường vẽ là trung bình cộng của các giá trị LA90, không phải LA90 của cả bước.",
        "The level exceeded 90 % of the time of each reading. The curve is the arithmetic mean of LA90 values, not the LA90 of the step.",
    ),
    [Query(course("la90", "noise", AT_SITE, BY), alias=STATION)],
    unit=unit_of("noise", "la90"),
    empty=NOTHING,
    decimals=1,
    style={"axisSoftMin": 30},
)
