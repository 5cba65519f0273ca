"""What probes say of the water, and what devices say of their own readings."""

from dashboards.boards.water_levels import NAMED, SITE
from dashboards.house import GREEN, ORANGE
from dashboards.influxql.select import AUTO, Select, call, name, select
from dashboards.influxql.valid import IS_VALID, marks
from dashboards.influxql.whose import OF_DEVICE
from dashboards.model.link import device_of_row, device_of_series, on_every_value
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.table import column, hidden, table
from dashboards.panels.thresholds import steps
from dashboards.panels.timeseries import timeseries
from dashboards.panels.transformations import organize
from dashboards.units import COUNT, unit_of
from dashboards.words import Text
from telemetry.catalogue import find
from telemetry.quality import FLAGS

FIELDS = ("ph", "dissolved_oxygen", "turbidity", "conductivity", "temperature")
_DECIMALS = {"ph": 2, "dissolved_oxygen": 1, "turbidity": 0, "conductivity": 0, "temperature": 1}
_COLOURED = {"type": "color-text"}
_MEASUREMENTS = ("water_level", "water_quality")


def _field(field: str) -> Panel:
    quantity = find("water_quality", field)
    assert quantity is not None  # noqa: S101 (a table of ours)
    return timeseries(
        f"quality_{field}",
        Text(quantity.vi, quantity.en),
        Text(
            "Giá trị trung bình của từng đầu đo, không tính số đo không hợp lệ. Không có vạch giới hạn: giới hạn tùy loại nguồn nước "
            "của từng điểm.",
            "Mean of each probe, without readings that are not valid. No limit is drawn: it depends on the class of each water body.",
        ),
        [
            Query(
                select((call("mean", field), field), of="water_quality", where=(SITE, IS_VALID), by=OF_DEVICE, every=AUTO),
                alias=NAMED,
            )
        ],
        unit=unit_of("water_quality", field),
        decimals=_DECIMALS[field],
        empty=Text("không có đầu đo chất lượng nước nào báo về", "no probe of water quality reports"),
        is_from_zero=False,
        overrides=(on_every_value(device_of_series()),),
        may_be_empty=True,
    )


PROBES = tuple(map(_field, FIELDS))


def marked() -> Select:
    """Return for each device that measures water: how many `readings` it has, and how many of them carry each flag, by the flag's name."""
    columns = ("readings", *(flag.name for flag in FLAGS))
    readings = (call("count", "quality"), "readings")
    return select(*map(name, columns), of=[marks(measurement, (SITE,), OF_DEVICE, readings) for measurement in _MEASUREMENTS], by=OF_DEVICE)


MARKED = table(
    "marked",
    Text("Cờ chất lượng theo thiết bị", "Quality bits by device"),
    Text(
        "Trong khoảng thời gian đang xem, mỗi thiết bị có bao nhiêu số đo và bao nhiêu số đo mang từng loại cờ: vì sao một đường bị đứt "
        "hoặc không nên tin. Một số đo có thể mang nhiều cờ. Cờ về thời gian và cờ mô phỏng không làm số đo bị loại khỏi các biểu đồ.",
        "In the time range, how many readings each device has and how many carry each kind of bit: why a curve has a gap or is not to be "
        "believed. A reading may carry several. Bits about its time, and the one of simulated data, do not keep a reading out of the "
        "charts.",
    ),
    [Query(marked(), format="table")],
    empty=Text("không thiết bị đo nước nào có số đo", "no device that measures water has readings"),
    columns=(
        column("site", title=Text("Điểm", "Site")),
        hidden("gateway"),
        column("device", title=Text("Thiết bị", "Device"), links=[device_of_row()]),
        column("readings", title=Text("Số đo", "Readings"), unit=COUNT),
        *(
            column(flag.name, title=Text(flag.vi, flag.en), thresholds=steps(GREEN, (1, ORANGE)), custom__cellOptions=_COLOURED)
            for flag in FLAGS
        ),
    ),
    defaults={"noValue": "–"},
    transformations=(organize(("site", "device", "readings", *(flag.name for flag in FLAGS), "gateway"), without=("Time",)),),
)
