"""Everything that a device reports, whatever it is: one query for each measurement of the catalogue, of which few find something.

A regular expression for the measurement would find the same on InfluxDB 1.6 (measured), fields that are not catalogued included; but
columns of all measurements would be in each row, and which unit a value has would be lost.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboards.boards.device_chosen import WHERE
from dashboards.house import BLUE, GREEN, ORANGE
from dashboards.influxql.select import call, select
from dashboards.measurements import MEASUREMENTS as NAMES
from dashboards.model.query import Query
from dashboards.panels.shown import between, words
from dashboards.panels.stat import stat
from dashboards.panels.table import column, table
from dashboards.panels.thresholds import steps
from dashboards.panels.transformations import organize, series_to_rows
from dashboards.units import unit_of
from dashboards.words import Text
from telemetry.catalogue import MEASUREMENTS, Quantity

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
    return Query(select(*what, of=measurement, where=WHERE), alias="$m.$col")


def _queries(*, numbers: bool) -> list[Query]:
    return [query for measurement in OF_DEVICES if (query := _last(measurement, numbers=numbers))]


def _named(*, numbers: bool) -> Iterator[Mapping[str, Any]]:
    for measurement in OF_DEVICES:
        for each in _quantities(measurement, numbers=numbers):
            name = Text(f"{each.vi} · {NAMES[measurement].vi}", f"{each.en} · {NAMES[measurement].en}")
            yield column(f"{measurement}.{each.field}", unit=unit_of(measurement, each.field), title=name)


_NOTHING = Text("thiết bị không báo gì trong khoảng thời gian này", "the device reported nothing in this time range")
VALUES = stat(
    "values",
    Text("Giá trị cuối", "Last values"),
    Text(
        "Giá trị cuối của từng đại lượng mà thiết bị báo trong khung giờ đang xem, với đơn vị. Trường ngoài danh mục không có ở đây.",
        "The last value of each quantity that the device reported in this time range, with its unit. Only catalogued fields.",
    ),
    _queries(numbers=True),
    unit="none",
    empty=_NOTHING,
    thresholds=steps(BLUE),
    text="value_and_name",
    overrides=list(_named(numbers=True)),
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
        column("Metric", title=Text("Đại lượng", "Quantity")),
        column("Value", title=Text("Giá trị", "Value"), mappings=[words({True: Text("có", "yes"), False: Text("không", "no")})]),
        *_named(numbers=False),
    ],
    transformations=(series_to_rows(), organize(("Metric", "Value"), without=("Time",))),
    may_be_empty=True,
)
SEEN = table(
    "seen",
    Text("Lần cuối nghe thấy", "Last heard"),
    Text(
        "Mỗi loại số đo: lần cuối thiết bị báo, và số đo đó có tốt không. Có cờ: xem bảng cờ chất lượng để biết cờ nào.",
        "For each kind of reading: when the device last reported, and whether that reading was good. Flagged: see the quality panel.",
    ),
    [Query(select((call("last", _QUALITY), _QUALITY), of=each, where=WHERE), alias=NAMES[each]) for each in OF_DEVICES],
    empty=_NOTHING,
    columns=[
        column("Metric", title=Text("Loại số đo", "Kind of reading")),
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
)
