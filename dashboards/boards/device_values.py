"""Everything that a device reports, whatever it is.

`FROM /.*/` answers with a series for each measurement (measured on InfluxDB 1.6.7; documented for 2.x and 3), which serves for fields
that all have, such as `quality`. Values are asked for measurement by measurement all the same: a field that is a number here and a bool
there (`rain`) would be given in one type for all, and which unit a value has would be lost. Of these queries few find something.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboards.house import GREEN, ORANGE
from dashboards.influxql.select import call, select
from dashboards.influxql.whose import CHOSEN_DEVICE
from dashboards.measurements import MEASUREMENTS as NAMES
from dashboards.model.query import Query
from dashboards.panels.mappings import between, words
from dashboards.panels.table import column, table
from dashboards.panels.transformations import only_told, organize, series_to_rows
from dashboards.units import unit_of
from dashboards.words import Text
from telemetry.catalogue import MEASUREMENTS, Quantity
from telemetry.spoken import spoken

EVERYTHING = "/.*/"
OF_DEVICES = tuple(each for each in MEASUREMENTS if each != "ledger")
_NUMBERS = ("int", "float")
_QUALITY = "quality"


def _quantities(measurement: str, *, numbers: bool) -> tuple[Quantity, ...]:
    return tuple(
        each for each in MEASUREMENTS[measurement] if (each.type in _NUMBERS) == numbers and each.field != _QUALITY and not each.is_counter
    )


def _last(measurement: str, *, numbers: bool) -> Query | None:
    quantities = _quantities(measurement, numbers=numbers)
    if not quantities:
        return None
    what = [(call("last", each.field), each.field) for each in quantities]
    return Query(select(*what, of=measurement, where=CHOSEN_DEVICE), alias=f"{measurement}.$col")


def _queries(*, numbers: bool) -> list[Query]:
    return [query for measurement in OF_DEVICES if (query := _last(measurement, numbers=numbers))]


def _names(*, numbers: bool) -> dict[str, Text]:
    """Return what is shown for the name of a series: the quantity with its unit, and the kind of reading."""
    names = {}
    for measurement in OF_DEVICES:
        of = NAMES[measurement]
        for each in _quantities(measurement, numbers=numbers):
            unit = f" ({spoken(each.unit)})" if each.unit and not each.unit.startswith("{") else ""
            names[f"{measurement}.{each.field}"] = Text(f"{of.vi} · {each.vi}{unit}", f"{of.en} · {each.en}{unit}")
    return names


def _units() -> Iterator[Mapping[str, Any]]:
    """Yield the units of the series as they are before they become rows; whoever inspects the panel's data sees them so."""
    for measurement in OF_DEVICES:
        for each in _quantities(measurement, numbers=True):
            yield column(f"{measurement}.{each.field}", unit=unit_of(measurement, each.field))


_NOTHING = Text("thiết bị không báo gì trong khoảng thời gian này", "the device reported nothing in this time range")
_METRIC = Text("Đại lượng", "Quantity")
_ROWS = (series_to_rows(), only_told("Value"), organize(("Metric", "Value"), without=("Time",)))
VALUES = table(
    "values",
    Text("Giá trị cuối", "Last values"),
    Text(
        "Giá trị cuối của từng đại lượng mà thiết bị báo trong khung giờ đang xem, với đơn vị. Trường ngoài danh mục không có ở đây.",
        "The last value of each quantity that the device reported in this time range, with its unit. Only catalogued fields.",
    ),
    _queries(numbers=True),
    empty=_NOTHING,
    columns=[
        column("Metric", title=_METRIC, mappings=[words(_names(numbers=True))]),
        column("Value", title=Text("Giá trị", "Value"), unit="none", width=140),
        *_units(),
    ],
    sort_by=_METRIC,
    transformations=_ROWS,
    may_be_empty=True,
)
STATES = table(
    "states",
    Text("Trạng thái và chữ", "States and texts"),
    Text(
        "Trạng thái có/không và chữ mà thiết bị báo lần cuối trong khoảng thời gian đang xem.",
        "What the device last reported as yes or no, or as text, in this time range.",
    ),
    _queries(numbers=False),
    empty=Text("thiết bị không báo trạng thái nào", "the device reports no states"),
    columns=[
        column("Metric", title=_METRIC, mappings=[words(_names(numbers=False))]),
        column("Value", title=Text("Giá trị", "Value"), mappings=[words({True: Text("có", "yes"), False: Text("không", "no")})]),
    ],
    sort_by=_METRIC,
    transformations=_ROWS,
    may_be_empty=True,
)
SEEN = table(
    "seen",
    Text("Lần cuối nghe thấy", "Last heard"),
    Text(
        "Mỗi loại số đo: lần cuối thiết bị báo trong 30 ngày qua, dù đang xem khung giờ nào, và số đo đó có tốt không. Có cờ: xem bảng cờ "
        "chất lượng để biết cờ nào.",
        "For each kind of reading: when the device last reported within 30 days, whatever range is looked at, and whether that reading was "
        "good. Flagged: see the quality panel.",
    ),
    [Query(select((call("last", _QUALITY), _QUALITY), of=EVERYTHING, where=CHOSEN_DEVICE), alias="$m")],
    empty=Text("thiết bị không báo gì trong 30 ngày qua", "the device reported nothing in 30 days"),
    columns=[
        column("Metric", title=Text("Loại số đo", "Kind of reading"), mappings=[words(NAMES)]),
        column("Time", unit="dateTimeFromNow", title=Text("Lần cuối", "Last heard")),
        column(
            "Value",
            title=Text("Chất lượng", "Quality"),
            mappings=[words({0: (Text("tốt", "good"), GREEN)}), between(1, None, (Text("có cờ", "flagged"), ORANGE))],
            custom__cellOptions={"type": "color-text"},
        ),
    ],
    sort_by=Text("Lần cuối", "Last heard"),
    is_descending=True,
    transformations=(series_to_rows(),),
    time_from="30d",
)
