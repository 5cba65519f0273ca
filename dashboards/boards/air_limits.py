"""Air against the limits of the day a dashboard is built: means of 24 and 8 hours for what has such a limit, of an hour for gases.

There is no 1-hour limit for dust (QCVN 05:2023/BTNMT, table 1): an hourly value of PM2.5 or PM10 is compared with nothing here.
"""

from collections.abc import Mapping
from datetime import date

from dashboards.boards import legal
from dashboards.boards.stations import AT_SITE, BY, STATION, side_by_side
from dashboards.house import GREEN, RED
from dashboards.influxql.means import daily_mean, hourly_mean, least_hours, running_mean
from dashboards.model.grid import Row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.bargauge import bargauge
from dashboards.panels.thresholds import steps
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text
from rules.limits import LegalLimit

SYMBOLS: Mapping[str, str] = {
    "pm2_5": "PM2.5",
    "pm10": "PM10",
    "no2": "NO₂",
    "so2": "SO₂",
    "o3": "O₃",
    "co": "CO",
    "h2s": "H₂S",
    "nh3": "NH₃",
    "hcho": "HCHO",
}
DUST = ("pm2_5", "pm10")
LONG_GASES = (("no2", 24), ("so2", 24), ("o3", 8), ("co", 8))
HOURLY_GASES = ("no2", "o3", "so2", "co", "h2s", "nh3", "hcho")

_DAYS = "7d"
_VALID = Text(
    "Không tính số đo bị đánh dấu là không hợp lệ (khởi động, ngoài dải, không đổi, nhảy vọt, bảo trì, lỗi, cũ).",
    "Readings marked as not valid (warm-up, out of range, flat, jump, maintenance, error, stale) do not count.",
)
_ENOUGH = Text(
    "Chỉ tính khi có số đo trong ít nhất {least} trên {hours} giờ.", "Only where at least {least} of {hours} hours have a reading."
)
_NO_CELL = Text(
    "chưa có trạm nào đo chất này, hoặc chưa đủ số đo hợp lệ trong khoảng thời gian này",
    "no station measures this gas, or there are too few valid readings in this time",
)


def limit_rows(day: date) -> tuple[Row, ...]:
    """Return the rows; what has no limit on that day has no panel."""
    dust = tuple(
        Row(8, ((6, _running(field, 24, limit)), (18, _daily(field, limit))), title)
        for field, title in zip(DUST, (Text("Bụi so với giới hạn 24 giờ", "Dust against the 24 h limits"), None), strict=True)
        if (limit := legal.limit_of(day, "air", field, "24h"))
    )
    long = [_running(field, hours, limit) for field, hours in LONG_GASES if (limit := legal.limit_of(day, "air", field, f"{hours}h"))]
    hourly = [_hourly(field, limit) for field in HOURLY_GASES if (limit := legal.limit_of(day, "air", field, "1h"))]
    return (
        *dust,
        *side_by_side(long, 7, Text("Khí so với giới hạn 24 giờ và 8 giờ", "Gases against the 24 h and 8 h limits")),
        *side_by_side(hourly, 8, Text("Khí so với giới hạn 1 giờ", "Gases against the 1 h limits")),
    )


def _running(field: str, hours: int, limit: LegalLimit) -> Panel:
    symbol, value, words = SYMBOLS[field], legal.value(limit), legal.in_words(limit)
    enough = _with_hours(hours)
    return bargauge(
        f"running-{field}-{hours}h",
        Text(f"{symbol}: trung bình {hours} giờ qua, giới hạn {value}", f"{symbol}: mean of the last {hours} h, limit {value}"),
        Text(
            f"Trung bình của các số đo trong {hours} giờ vừa qua ở từng trạm. Đỏ từ giới hạn {words.vi} trở lên. {enough.vi} {_VALID.vi}",
            f"Mean of the readings of the last {hours} hours at each station. Red from the limit on: {words.en}. {enough.en} {_VALID.en}",
        ),
        [Query(running_mean(field, "air", hours, AT_SITE, BY), alias=STATION)],
        unit=unit_of("air", field),
        empty=_too_few(hours) if field in DUST else _NO_CELL,
        thresholds=steps(GREEN, (limit.value, RED)),
        high=1.5 * limit.value,
        decimals=0,
        may_be_empty=True,
        time_from=f"{hours}h",
    )


def _daily(field: str, limit: LegalLimit) -> Panel:
    symbol, value, words = SYMBOLS[field], legal.value(limit), legal.in_words(limit)
    enough = _with_hours(24)
    return timeseries(
        f"daily-{field}",
        Text(f"{symbol}: trung bình từng ngày, giới hạn 24 giờ {value}", f"{symbol}: mean of each day, 24 h limit {value}"),
        Text(
            f"Trung bình từ 0 đến 24 giờ của mỗi ngày trong 7 ngày, mỗi chấm một trạm. "
            f"Đường đỏ: giới hạn {words.vi}. {enough.vi} {_VALID.vi}",
            f"Mean from 0 to 24 o'clock of each of 7 days, a dot a station. Red line: the limit, {words.en}. {enough.en} {_VALID.en}",
        ),
        [Query(daily_mean(field, "air", AT_SITE, BY), alias=STATION)],
        unit=unit_of("air", field),
        empty=_too_few(24),
        decimals=0,
        limits=((limit.value, RED),),
        style={"drawStyle": "points", "pointSize": 8, "showPoints": "always", "axisSoftMax": limit.value * 1.1},
        legend_calcs=("max",),
        may_be_empty=True,
        time_from=_DAYS,
    )


def _hourly(field: str, limit: LegalLimit) -> Panel:
    symbol, value, words = SYMBOLS[field], legal.value(limit), legal.in_words(limit)
    return timeseries(
        f"hourly-{field}",
        Text(f"{symbol}: trung bình giờ, giới hạn {value}", f"{symbol}: hourly mean, limit {value}"),
        Text(
            f"Trung bình từng giờ; giờ đang diễn ra tính đến lúc này. Đường đỏ: giới hạn trung bình 1 giờ {words.vi}. {_VALID.vi}",
            f"Mean of each clock hour, of the current one so far. Red line: limit of the 1 h mean, {words.en}. {_VALID.en}",
        ),
        [Query(hourly_mean(field, "air", AT_SITE, BY), alias=STATION)],
        unit=unit_of("air", field),
        empty=_NO_CELL,
        decimals=0,
        limits=((limit.value, RED),),
        style={"lineInterpolation": "stepAfter", "axisSoftMax": limit.value * 1.1},
        may_be_empty=True,
    )


def _with_hours(hours: int) -> Text:
    return Text(*(text.format(least=least_hours(hours), hours=hours) for text in _ENOUGH))


def _too_few(hours: int) -> Text:
    return Text(
        f"chưa trạm nào có đủ {least_hours(hours)} giờ có số đo hợp lệ; xem đồ thị diễn biến ở trên",
        f"no station has valid readings in {least_hours(hours)} hours yet; see the curves above",
    )
