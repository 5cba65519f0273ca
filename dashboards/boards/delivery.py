"""Delivery."""

from dashboards.influxql.select import AUTO, call, is_variable, select
from dashboards.model.board import Board
from dashboards.model.grid import Row
from dashboards.model.query import Query
from dashboards.model.variable import TagVariable
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text

_CURVE = timeseries(
    "curve",
    Text("Diễn biến", "Course"),
    Text("Giá trị trung bình theo thời gian.", "Means over time."),
    [
        Query(
            select(call("mean", "stored_rate"), of="gateway", where=(is_variable("site"),), by=("device",), every=AUTO),
            alias="$tag_device",
        )
    ],
    unit=unit_of("gateway", "stored_rate"),
    empty=Text("không có số đo trong khoảng thời gian này", "no reading in this time range"),
)

BOARD = Board(
    "delivery",
    Text("Giao nhận dữ liệu", "Delivery"),
    Text("Giao nhận dữ liệu.", "Delivery."),
    (Row(9, ((24, _CURVE),)),),
    (TagVariable("site", Text("Điểm", "Site"), "site", "gateway"),),
)
