"""What the dashboards of measurements have in common: which stations they show, and how a table tells of the last reading of each."""

from collections.abc import Sequence

from dashboards.house import SEEN_WITHIN
from dashboards.influxql.select import is_variable, select
from dashboards.model.grid import WIDTH, Row
from dashboards.model.json import Json
from dashboards.model.link import device_of_row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.model.variable import TagVariable
from dashboards.panels.quality import quality_texts
from dashboards.panels.table import column, hidden, table
from dashboards.panels.transformations import organize
from dashboards.units import unit_of
from dashboards.words import Text, same
from telemetry.catalogue import find

AT_SITE = (is_variable("site"),)
BY = ("site", "gateway", "device")  # a series is told by all three: two gateways of a site may each have a "meter"
STATION = "$tag_device · $tag_site"  # a device may bear the same name at two sites
NOTHING = Text("không có số đo nào trong khoảng thời gian đang xem", "no reading in the time range shown")

COURSE = Text(
    "Trung bình theo từng bước của đồ thị, không kể số đo ngoài dải hợp lý hoặc khi thiết bị báo lỗi.",
    "Means of each step of the graph, without readings outside the plausible range or of a device that reports an error.",
)
MISSING = "–"  # of one cell; the explanation of an empty panel would fill it

_COLOURED: Json = {"type": "color-text"}
_PHASES = ("_l1", "_l2", "_l3")
_AGE = "dateTimeFromNow"
_SILENT = Text("không trạm nào gửi số đo trong 7 ngày qua", "no station sent a reading in 7 days")


def site_variable(measurement: str = "") -> TagVariable:
    """Return the choice of sites, of one measurement or of all."""
    return TagVariable("site", Text("Điểm", "Site"), "site", measurement)


def side_by_side(panels: Sequence[Panel], height: int, title: Text | None = None, most: int = 4) -> tuple[Row, ...]:
    """Return the panels in rows of at most `most`, equally wide; the title stands over the first row."""
    rows = [panels[at : at + most] for at in range(0, len(panels), most)]
    return tuple(
        Row(height, tuple((WIDTH // len(row), panel) for panel in row), title if number == 0 else None) for number, row in enumerate(rows)
    )


def last_readings(key: str, title: Text, description: Text, of: str, fields: Sequence[str], empty: Text = _SILENT) -> Panel:
    """Return a table of the last reading of every device within a week: values, age, quality. Who has fallen silent is still in it.

    The values are those of one point, the last that the device sent: `last` of `quality`, which every point has, brings along the other
    fields of its point and its time. A value that is missing there is not filled up with an older one.
    """
    last = select(('last("quality")', "quality"), *((f'"{field}"', field) for field in fields), of=of, where=AT_SITE, by=BY)
    return table(
        key,
        title,
        description,
        [Query(last, format="table")],
        empty=empty,
        columns=(
            column("device", title=Text("Thiết bị", "Device"), width=120, links=[device_of_row()]),
            column("site", title=Text("Điểm", "Site"), width=120),
            hidden("gateway"),
            column("Time", title=Text("Lần đọc cuối", "Last reading"), unit=_AGE, width=130),
            column("quality", title=Text("Chất lượng", "Quality"), width=150, mappings=quality_texts(), custom__cellOptions=_COLOURED),
            *(_value(of, field) for field in fields),
        ),
        sort_by=Text("Thiết bị", "Device"),
        transformations=[organize(("device", *fields, "Time", "quality", "site", "gateway"))],
        time_from=SEEN_WITHIN,
    )


def _value(of: str, field: str) -> Json:
    quantity = find(of, field)
    phase = field[-2:].upper() if field.endswith(_PHASES) else ""
    title = same(field) if quantity is None else Text(f"{quantity.vi} {phase}".strip(), f"{quantity.en} {phase}".strip())
    return column(field, unit=unit_of(of, field), title=title, width=110, noValue=MISSING)
