"""Electricity: voltages, power, power factor, energy counted by the hour and by the day, frequency.

No limit of voltage is drawn: none with a source is in rules/limits.
"""

from dashboards.boards.stations import AT_SITE, BY, COURSE, NOTHING, STATION, last_readings
from dashboards.influxql.counters import growth
from dashboards.influxql.means import LOCAL_DAY, course
from dashboards.influxql.select import AUTO, TIME_FILTER, call, select
from dashboards.influxql.valid import IS_POSSIBLE
from dashboards.model.grid import Row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text

_NOT_MEASURED = Text("không có công tơ nào gửi đại lượng này", "no meter sends this quantity")
_BARS = {"drawStyle": "bars", "fillOpacity": 60, "stacking": {"mode": "normal", "group": "A"}}
_PHASES = ("l1", "l2", "l3")


def _mean(field: str, suffix: str = "") -> Query:
    return Query(course(field, "power", AT_SITE, BY), alias=f"{STATION}{suffix}")


_LAST = last_readings(
    "power-now",
    Text("Điện hiện tại theo công tơ", "Power now, by meter"),
    Text(
        "Số đo cuối cùng trong 7 ngày của từng công tơ, cách đây bao lâu và dấu chất lượng của nó.",
        "The last reading within 7 days of each meter, how long ago it was, and its quality marks.",
    ),
    "power",
    ("active_power", "voltage_l1", "voltage_l2", "voltage_l3", "power_factor", "energy"),
)
_PHASE_VOLTAGES = timeseries(
    "voltage-phases",
    Text("Điện áp từng pha", "Voltage by phase"),
    Text(
        f"Điện áp pha của công tơ ba pha, danh định 220 V; không vẽ giới hạn vì chưa có nguồn chính thức. {COURSE.vi}",
        f"Phase voltages of three-phase meters, nominal 220 V; no limit is drawn for want of a source. {COURSE.en}",
    ),
    [_mean(f"voltage_{phase}", f" · {phase.upper()}") for phase in _PHASES],
    unit=unit_of("power", "voltage_l1"),
    empty=Text(
        "không có công tơ ba pha nào gửi số đo trong khoảng thời gian này", "no three-phase meter sent a reading in this time range"
    ),
    decimals=1,
    style={"axisSoftMin": 200, "axisSoftMax": 240},
    legend_calcs=("lastNotNull", "min", "max"),
)
_VOLTAGE = timeseries(
    "voltage",
    Text("Điện áp của công tơ một pha", "Voltage of single-phase meters"),
    Text(
        f"Điện áp của công tơ một pha, danh định 220 V. {COURSE.vi}",
        f"Voltage of single-phase meters, nominal 220 V. {COURSE.en}",
    ),
    [_mean("voltage")],
    unit=unit_of("power", "voltage"),
    empty=Text("không có công tơ một pha nào", "there is no single-phase meter"),
    decimals=1,
    style={"axisSoftMin": 200, "axisSoftMax": 240},
    legend_calcs=("lastNotNull", "min", "max"),
    may_be_empty=True,
)
_ACTIVE = timeseries(
    "active-power",
    Text("Công suất tác dụng theo công tơ", "Active power by meter"),
    Text(f"Âm là phát ngược lên lưới. {COURSE.vi}", f"Below zero is fed into the grid. {COURSE.en}"),
    [_mean("active_power")],
    unit=unit_of("power", "active_power"),
    empty=NOTHING,
)
_SUM = timeseries(
    "active-power-sum",
    Text("Tổng công suất tác dụng", "Active power in total"),
    Text(
        "Tổng công suất trung bình của các công tơ trong từng bước ít nhất 15 phút, vì công tơ không đo cùng lúc. Một công tơ im lặng làm "
        "tổng thấp đi, không phải phụ tải giảm; bước cuối chưa trọn cũng có thể thấp.",
        "The sum of the mean power of meters in each step of at least 15 minutes, for meters do not report at the same moment. A silent "
        "meter lowers the sum, though no load went away; the last step is not over yet and may be low, too.",
    ),
    [
        Query(
            select(
                ('sum("mean")', "sum"),
                of=select((call("mean", "active_power"), "mean"), of="power", where=(*AT_SITE, IS_POSSIBLE), by=BY, every=AUTO),
                where=(TIME_FILTER,),
                every=AUTO,
            ),
            alias=Text("Tổng", "Total"),
        )
    ],
    unit=unit_of("power", "active_power"),
    empty=NOTHING,
    style={"fillOpacity": 20},
    interval="15m",
)
_FACTOR = timeseries(
    "power-factor",
    Text("Hệ số công suất", "Power factor"),
    Text(
        "Trung bình cộng theo từng bước của đồ thị. Thấp nghĩa là nhiều công suất phản kháng.",
        "Arithmetic means of each step of the graph. Low means much reactive power.",
    ),
    [_mean("power_factor")],
    unit=unit_of("power", "power_factor"),
    empty=NOTHING,
    decimals=2,
    style={"axisSoftMin": 0.8, "axisSoftMax": 1},
    legend_calcs=("lastNotNull", "min"),
)
_FREQUENCY = timeseries(
    "frequency",
    Text("Tần số lưới", "Grid frequency"),
    Text(f"Danh định 50 Hz. {COURSE.vi}", f"Nominal is 50 Hz. {COURSE.en}"),
    [_mean("frequency")],
    unit=unit_of("power", "frequency"),
    empty=_NOT_MEASURED,
    decimals=2,
    style={"axisSoftMin": 49.5, "axisSoftMax": 50.5},
    legend_calcs=("lastNotNull", "min", "max"),
    may_be_empty=True,
)


def _energy(key: str, every: str, title: Text, length: Text, time_from: str = "") -> Panel:
    return timeseries(
        key,
        title,
        Text(
            f"Điện năng nhận theo số đếm của công tơ, {length.vi}. Công tơ bị đặt lại về 0 không làm mất phần đã đếm. Sau một khoảng "
            "trống, điện của cả khoảng đó dồn vào lúc có số đo trở lại. Cột đầu bị cắt ở mép khoảng thời gian, cột cuối tính đến lúc này.",
            f"Energy imported by the meters' counters, {length.en}. A counter set back to 0 takes nothing away. After a gap the energy of "
            "all of it stands where readings begin again. The first bar is cut by the range, the last one is so far.",
        ),
        [Query(growth("energy", "power", AT_SITE, BY, every), alias=STATION)],
        unit=unit_of("power", "energy"),
        empty=NOTHING,
        decimals=1,
        style=_BARS,
        legend_calcs=("sum",),
        time_from=time_from,
    )


_HOURLY = _energy("energy-hourly", "1h", Text("Điện năng từng giờ", "Energy by the hour"), Text("theo từng giờ", "by the hour"))
_DAILY = _energy(
    "energy-daily", LOCAL_DAY, Text("Điện năng từng ngày", "Energy by the day"), Text("theo từng ngày, 7 ngày", "by the day, 7 days"), "7d"
)

POWER_ROWS = (
    Row(9, ((24, _LAST),), Text("Điện", "Power")),
    Row(8, ((12, _PHASE_VOLTAGES), (12, _VOLTAGE))),
    Row(8, ((12, _ACTIVE), (12, _SUM))),
    Row(8, ((12, _HOURLY), (12, _DAILY))),
    Row(7, ((12, _FACTOR), (12, _FREQUENCY))),
)
