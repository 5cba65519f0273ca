"""The air of the last hour and the last day, device by device.

An hour is shown without colour: QCVN 05 has no 1-hour limit for PM2.5 and PM10, and the bands of VN_AQI are bands of the index, not of a
concentration. The mean of 24 hours is coloured by the limit for 24 hours, and is only there when enough hours have data.
"""

from dashboards.boards import legal
from dashboards.boards.air_limits import SYMBOLS
from dashboards.house import GREEN, RED
from dashboards.influxql.means import least_hours, running_mean
from dashboards.influxql.seen import lately
from dashboards.influxql.select import Select, call, select
from dashboards.influxql.united import united
from dashboards.influxql.valid import IS_VALID
from dashboards.influxql.whose import OF_DEVICE
from dashboards.model.json import Json
from dashboards.model.link import device_of_row
from dashboards.model.query import Query
from dashboards.panels.table import column, hidden, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import organize
from dashboards.units import unit_of
from dashboards.words import LANGUAGES, Text
from rules.limits import LegalLimit

FIELDS = ("pm2_5", "pm10")
LEAST_HOURS = least_hours(24)


def air_now() -> Select:
    """Return for each device `pm2_5_1h` and `pm10_1h`, and over the time range `pm2_5_24h` and `pm10_24h` with LEAST_HOURS at least."""
    columns = [f"{field}_{average}" for field in FIELDS for average in ("1h", "24h")]
    return united(columns, [part for field in FIELDS for part in (_hour(field), _day(field))], OF_DEVICE)


def _hour(field: str) -> Select:
    return select((call("mean", field), f"{field}_1h"), of="air", where=(IS_VALID,), by=OF_DEVICE, time=lately("1h"))


def _day(field: str) -> Select:
    return running_mean(field, "air", 24, (), OF_DEVICE, f"{field}_24h")


_LIMITS = {field: limit for field in FIELDS if (limit := legal.limit_of(legal.today(), "air", field, "24h"))}
_IN_WORDS = Text(
    *(", ".join(f"{SYMBOLS[field]} {legal.in_words(limit).to(language)}" for field, limit in _LIMITS.items()) for language in LANGUAGES)
)


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
        "Trung bình 1 giờ và 24 giờ vừa qua của từng thiết bị, không tính số đo không hợp lệ. Cột 24 giờ xanh hay đỏ theo giới hạn "
        f"trung bình 24 giờ: {_IN_WORDS.vi}. Giá trị 1 giờ không tô màu: quy chuẩn không có giới hạn 1 giờ cho bụi, còn các mức "
        "màu VN_AQI là của chỉ số chứ không "
        f"phải của nồng độ tức thời. Cột 24 giờ để trống khi có số liệu của chưa đủ {LEAST_HOURS} giờ.",
        "Means of the last hour and the last 24 hours for each device, without readings that are not valid. 24 hours are green or "
        f"red by the limit for the mean of 24 hours: {_IN_WORDS.en}. An hour has no colour: there is no 1-hour limit for dust, "
        "and the bands of VN_AQI are of "
        f"the index, not of a concentration. The 24-hour columns stay empty with readings of fewer than {LEAST_HOURS} hours.",
    ),
    [Query(air_now(), format="table")],
    empty=Text("không có số đo bụi trong 24 giờ qua", "no reading of dust in the last 24 hours"),
    columns=(
        column("site", title=Text("Điểm", "Site")),
        hidden("gateway"),
        column("device", title=Text("Thiết bị", "Device"), links=[device_of_row()]),
        _mean("pm2_5_1h", Text("PM2.5 1 giờ", "PM2.5 1 h")),
        _mean("pm2_5_24h", Text("PM2.5 24 giờ", "PM2.5 24 h"), _LIMITS.get("pm2_5")),
        _mean("pm10_1h", Text("PM10 1 giờ", "PM10 1 h")),
        _mean("pm10_24h", Text("PM10 24 giờ", "PM10 24 h"), _LIMITS.get("pm10")),
    ),
    defaults={"noValue": "–"},
    may_be_empty=True,  # the columns of a day are, in the first LEAST_HOURS hours
    time_from="24h",
    transformations=(organize(("site", "device", "pm2_5_1h", "pm2_5_24h", "pm10_1h", "pm10_24h", "gateway"), without=("Time",)),),
)
