"""The air of the last hour and the last day, device by device.

An hour is shown without colour: QCVN 05 has no 1-hour limit for PM2.5 and PM10, and the bands of VN_AQI are bands of the index, not of a
concentration. The mean of 24 hours is coloured by the limit for 24 hours, and is only there when enough hours have data.
"""

from dashboards.house import GREEN, RED
from dashboards.influxql.select import Select, call, select
from dashboards.influxql.united import united
from dashboards.influxql.valid import IS_VALID
from dashboards.model.json import Json
from dashboards.model.link import device_of_row
from dashboards.model.query import Query
from dashboards.panels.table import column, hidden, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import organize
from dashboards.units import unit_of
from dashboards.words import Text
from rules.limits import LegalLimit, legal_limits

FIELDS = ("pm2_5", "pm10")
LEAST_HOURS = 18  # our own rule: a day of which more than a quarter is missing has no mean
_BY = ("site", "gateway", "device")
_LAST_HOUR = "time > now() - 1h"


def day_limit(field: str) -> LegalLimit:
    """Return the limit for the mean of 24 hours that is in force without an end."""
    return next(
        row for row in legal_limits() if (row.measurement, row.field, row.average) == ("air", field, "24h") and row.holds_to is None
    )


def air_now() -> Select:
    """Return for each device `pm2_5_1h` and `pm10_1h`, and over the time range `pm2_5_24h` and `pm10_24h` with LEAST_HOURS at least."""
    columns = [f"{field}_{average}" for field in FIELDS for average in ("1h", "24h")]
    return united(columns, [part for field in FIELDS for part in (_hour(field), _day(field))], _BY)


def _hour(field: str) -> Select:
    return select((call("mean", field), f"{field}_1h"), of="air", where=(IS_VALID,), by=_BY, time=_LAST_HOUR)


def _day(field: str) -> Select:
    hours = select((call("mean", field), "hour"), of="air", where=(IS_VALID,), by=_BY, every="1h", fill="none")
    day = select((call("mean", "hour"), "day"), (call("count", "hour"), "hours"), of=hours, by=_BY)
    return select(('"day"', f"{field}_24h"), of=day, where=(f'"hours" >= {LEAST_HOURS}',), by=_BY)


def _number(text: str) -> str:
    return text.removesuffix(".0")


_PM2_5, _PM10 = day_limit("pm2_5"), day_limit("pm10")
_DOCUMENT = _PM2_5.source.partition(" (")[0]  # without the circular, whose name is not the same in both languages
_LIMITS = f"PM2.5 {_number(str(_PM2_5.value))} µg/m³, PM10 {_number(str(_PM10.value))} µg/m³"


def _mean(name: str, title: Text, limit: LegalLimit | None = None) -> Json:
    unit = unit_of("air", name.rsplit("_", 1)[0])
    if limit is None:
        return column(name, title=title, unit=unit, decimals=0)
    colours = steps(GREEN, (limit.value, RED))
    return column(name, title=title, unit=unit, decimals=0, thresholds=colours, custom__cellOptions={"type": "color-background"})


AIR_NOW = table(
    "air_now",
    Text("Bụi trong không khí", "Dust in the air"),
    Text(
        "Trung bình 1 giờ và 24 giờ vừa qua của từng thiết bị, không tính số đo có cờ chất lượng. Cột 24 giờ xanh hay đỏ theo giới hạn "
        "trung bình 24 giờ "
        f"({_LIMITS}; {_DOCUMENT}). Giá trị 1 giờ không tô màu: quy chuẩn không có giới hạn 1 giờ cho bụi, còn các mức màu VN_AQI là "
        "của chỉ số chứ không "
        f"phải của nồng độ tức thời. Cột 24 giờ để trống khi có số liệu của chưa đủ {LEAST_HOURS} giờ.",
        "Means of the last hour and the last 24 hours for each device, without readings that carry quality bits. 24 hours are green or "
        "red by the limit "
        f"for the mean of 24 hours ({_LIMITS}; {_DOCUMENT}). An hour has no colour: there is no 1-hour limit for dust, and the bands "
        "of VN_AQI are of "
        f"the index, not of a concentration. The 24-hour columns stay empty with readings of fewer than {LEAST_HOURS} hours.",
    ),
    [Query(air_now(), format="table")],
    empty=Text("không có số đo bụi trong 24 giờ qua", "no reading of dust in the last 24 hours"),
    columns=(
        column("site", title=Text("Điểm", "Site")),
        hidden("gateway"),
        column("device", title=Text("Thiết bị", "Device"), links=[device_of_row()]),
        _mean("pm2_5_1h", Text("PM2.5 1 giờ", "PM2.5 1 h")),
        _mean("pm2_5_24h", Text("PM2.5 24 giờ", "PM2.5 24 h"), _PM2_5),
        _mean("pm10_1h", Text("PM10 1 giờ", "PM10 1 h")),
        _mean("pm10_24h", Text("PM10 24 giờ", "PM10 24 h"), _PM10),
    ),
    defaults={"noValue": "–"},
    may_be_empty=True,  # the columns of a day are, in the first LEAST_HOURS hours
    time_from="24h",
    transformations=(organize(("site", "device", "pm2_5_1h", "pm2_5_24h", "pm10_1h", "pm10_24h", "gateway"), without=("Time",)),),
)
