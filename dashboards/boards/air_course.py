"""How the air changes: dust, the pattern of the hours, stations side by side, comfort, particles."""

from dashboards.boards.stations import AT_SITE, BY, COURSE, NOTHING, STATION
from dashboards.influxql.means import course, hourly_mean
from dashboards.influxql.select import call, select
from dashboards.influxql.valid import IS_VALID
from dashboards.model.grid import Row
from dashboards.model.link import device_of_row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.statushistory import statushistory
from dashboards.panels.table import column, hidden, table
from dashboards.panels.timeseries import timeseries
from dashboards.panels.transformations import organize
from dashboards.units import COUNT, unit_of
from dashboards.words import Text, same

_NO_LIMIT = Text(
    "Không so với giới hạn: quy chuẩn chỉ đặt giới hạn trung bình 24 giờ và năm cho bụi, xem bên dưới.",
    "Not compared with a limit: the regulation limits dust by means of 24 hours and of a year alone, see below.",
)
_NO_SENSOR = Text("chưa có trạm nào đo đại lượng này", "no station measures this quantity")


def _curve(field: str, title: Text, description: Text, *, low: float = 0, may_be_empty: bool = False) -> Panel:
    return timeseries(
        field,
        title,
        description,
        [Query(course(field, "air", AT_SITE, BY), alias=STATION)],
        unit=unit_of("air", field),
        empty=_NO_SENSOR if may_be_empty else NOTHING,
        style={"axisSoftMin": low},
        may_be_empty=may_be_empty,
    )


_PM2_5 = _curve(
    "pm2_5",
    Text("Bụi PM2.5", "PM2.5"),
    Text(f"{COURSE.vi} {_NO_LIMIT.vi}", f"{COURSE.en} {_NO_LIMIT.en}"),
)
_PM10 = _curve(
    "pm10",
    Text("Bụi PM10", "PM10"),
    Text(f"{COURSE.vi} {_NO_LIMIT.vi}", f"{COURSE.en} {_NO_LIMIT.en}"),
)
_CO2 = _curve(
    "co2",
    Text("Khí CO₂", "Carbon dioxide"),
    Text(
        "Ngoài trời khoảng 400 đến 450 ppm; cao hơn nhiều là ở nơi kín gió hoặc gần nguồn thải.",
        "About 400 to 450 ppm outdoors; much more means still air or a source nearby.",
    ),
    low=400,
)
_TEMPERATURE = _curve(
    "temperature",
    Text("Nhiệt độ", "Temperature"),
    Text("Nhiệt độ không khí tại trạm; hộp máy phơi nắng đo cao hơn.", "Air temperature at the station; a box in the sun reads higher."),
    low=20,
)
_HUMIDITY = _curve(
    "humidity",
    Text("Độ ẩm tương đối", "Relative humidity"),
    Text(
        "Trên 90 %, cảm biến bụi quang học rẻ tiền thường đo cao hơn thực tế vì hạt bụi hút ẩm.",
        "Above 90 % optical dust sensors tend to read high, because particles take up water.",
    ),
)
_PATTERN = statushistory(
    "pattern",
    Text("PM2.5 theo giờ", "PM2.5 by the hour"),
    Text(
        "Mỗi ô là trung bình một giờ của một trạm. Màu đi từ thấp nhất (xanh) đến cao nhất (đỏ) trong bảng, không phải mức đánh giá.",
        "Each cell is the mean of an hour at a station. Colours run from the lowest (blue) to the highest (red) shown and are no rating.",
    ),
    [Query(hourly_mean("pm2_5", "air", AT_SITE, BY), alias=STATION)],
    unit=unit_of("air", "pm2_5"),
    empty=NOTHING,
)
_COMPARED = table(
    "compared",
    Text("So sánh các trạm: PM2.5", "Stations side by side: PM2.5"),
    Text(
        "Số đo PM2.5 hợp lệ của từng trạm trong khoảng thời gian đang xem. 95 % số đo không vượt giá trị ở cột 95 %.",
        "Valid readings of PM2.5 of each station in the time range shown. 95 % of the readings are not above the value in the 95 % column.",
    ),
    [
        Query(
            select(
                (call("mean", "pm2_5"), "mean"),
                (call("median", "pm2_5"), "median"),
                (call("percentile", "pm2_5", "95"), "p95"),
                (call("max", "pm2_5"), "max"),
                (call("count", "pm2_5"), "readings"),
                of="air",
                where=(*AT_SITE, IS_VALID),
                by=BY,
            ),
            format="table",
        )
    ],
    empty=NOTHING,
    columns=(
        column("device", title=Text("Thiết bị", "Device"), width=110, links=[device_of_row()]),
        hidden("gateway"),
        column("site", title=Text("Điểm", "Site"), width=110),
        *(
            column(name, title=title, unit=unit_of("air", "pm2_5"), decimals=1)
            for name, title in {
                "mean": Text("Trung bình", "Mean"),
                "median": Text("Trung vị", "Median"),
                "p95": same("95 %"),
                "max": Text("Cao nhất", "Highest"),
            }.items()
        ),
        column("readings", title=Text("Số lần đo", "Readings"), unit=COUNT),
    ),
    sort_by=Text("Trung bình", "Mean"),
    is_descending=True,
    transformations=[organize(("device", "mean", "median", "p95", "max", "readings", "site", "gateway"), without=("Time",))],
)


def _particles(field: str, title: Text) -> Panel:
    return _curve(
        field,
        title,
        Text(
            "Số hạt trong một xăng-ti-mét khối không khí, với cảm biến có đếm hạt.",
            "Particles in a cubic centimetre, of sensors that count.",
        ),
        may_be_empty=True,
    )


DUST_ROWS = (Row(9, ((12, _PM2_5), (12, _PM10)), Text("Bụi", "Dust")),)
PATTERN_ROWS = (Row(9, ((12, _PATTERN), (12, _COMPARED)), Text("Theo giờ và theo trạm", "By hour and by station")),)
COMFORT_ROWS = (Row(8, ((8, _CO2), (8, _TEMPERATURE), (8, _HUMIDITY)), Text("CO₂ và khí hậu tại trạm", "CO₂ and climate at the stations")),)
PARTICLE_ROWS = (
    Row(
        7,
        (
            (12, _particles("n0_3", Text("Số hạt trên 0,3 µm", "Particles above 0.3 µm"))),
            (12, _particles("pm2_5_number", Text("Số hạt đến 2,5 µm", "Particles up to 2.5 µm"))),
        ),
        Text("Số hạt", "Particle numbers"),
    ),
)
