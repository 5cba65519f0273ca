"""How many of the series that report at all did so in the last minutes, for each class of sensor.

A series is a device of one measurement. The answer has one row for each measurement, because InfluxDB never sums over several. Classes that
speak only when something happens (doors, switches) have no cadence and are left out.
"""

from dashboards.boards.gateway_state import MINUTES, SEEN_DAYS
from dashboards.house import GREEN, ORANGE, RED, REPORTED_WITHIN, SEEN_WITHIN
from dashboards.influxql.seen import lately
from dashboards.influxql.select import Select, call, select
from dashboards.influxql.united import constant
from dashboards.influxql.whose import OF_DEVICE
from dashboards.model.query import Query
from dashboards.panels.bargauge import bargauge
from dashboards.panels.table import column
from dashboards.panels.thresholds import steps
from dashboards.units import GRAFANA
from dashboards.words import Text

CLASSES = {
    "air": Text("Không khí", "Air"),
    "water_level": Text("Mực nước", "Water level"),
    "water_quality": Text("Chất lượng nước", "Water quality"),
    "water_flow": Text("Lưu lượng nước", "Water flow"),
    "weather": Text("Thời tiết", "Weather"),
    "noise": Text("Tiếng ồn", "Noise"),
    "power": Text("Điện", "Power"),
    "soil": Text("Đất", "Soil"),
}


def on_time() -> Select:
    """Return `share`, in percent, for each measurement of CLASSES that the store has in the time range."""
    return select(('100.0 * sum("on_time") / sum("seen")', "share"), of=[part for measurement in CLASSES for part in _one(measurement)])


def _one(measurement: str) -> tuple[Select, Select]:
    last = call("last", "quality")
    return (
        select((constant(last, 1), "seen"), (constant(last, 0), "on_time"), of=measurement, by=OF_DEVICE),
        select((constant(last, 1), "on_time"), of=measurement, by=OF_DEVICE, time=lately(REPORTED_WITHIN)),
    )


ON_TIME = bargauge(
    "on_time",
    Text("Chuỗi số đo báo về đúng giờ", "Series that reported on time"),
    Text(
        f"Trong các chuỗi số đo có dữ liệu trong {SEEN_DAYS} ngày qua, bao nhiêu phần trăm có số đo trong {MINUTES} phút vừa "
        "rồi, theo loại cảm biến. Thiếu một "
        "phần có thể vì cảm biến im lặng, gateway mất đường truyền, hoặc cảm biến vốn đo thưa hơn thế.",
        f"Of the series with data in the last {SEEN_DAYS} days, the percentage with a reading within the last {MINUTES} "
        "minutes, by class of sensor. What is "
        "missing may be a silent sensor, a gateway without uplink, or a sensor that measures less often.",
    ),
    [Query(on_time(), alias="$m")],
    unit=GRAFANA["%"],
    decimals=0,
    empty=Text(f"không cảm biến nào báo về trong {SEEN_DAYS} ngày", f"no sensor has reported in {SEEN_DAYS} days"),
    low=0,
    high=100,
    thresholds=steps(RED, (80, ORANGE), (95, GREEN)),
    overrides=[column(measurement, title=title) for measurement, title in CLASSES.items()],
    may_be_empty=True,  # as for classes that a province has no sensors of
    time_from=SEEN_WITHIN,
)
