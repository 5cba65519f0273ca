"""What the end of the spool tells of the series: their last times and paces."""

import gzip

from edge.paces import paces
from edge.series import SeriesTable
from telemetry.lineprotocol.encode import encode, series_key
from telemetry.point import Point

TAGS = {"device": "kho 1, tầng 2", "site": "b\\n"}
T_NS = 1_780_000_000_000_000_000


def body(*times: int, tags: dict[str, str] = TAGS) -> bytes:
    return gzip.compress(b"".join(encode(Point("air quality", tags, {"text": 'a b "c"', "pm": 1.5}, at)) + b"\n" for at in times))


def test_each_series_has_its_last_time_and_its_usual_distance() -> None:
    found = paces([body(T_NS, T_NS + 500, T_NS + 1000), body(T_NS + 1500, T_NS + 9000), body(T_NS + 3, tags={"device": "x"})])
    assert found == {
        series_key("air quality", TAGS): (T_NS + 9000, 500),
        series_key("air quality", {"device": "x"}): (T_NS + 3, 0),
    }


def test_what_cannot_be_read_is_passed_over() -> None:
    assert paces([b"no gzip", gzip.compress(b"\n \nx\n"), body(T_NS)]) == {series_key("air quality", TAGS): (T_NS, 0)}


def test_a_series_that_an_earlier_process_had_goes_on_where_it_was() -> None:
    table = SeriesTable(10)
    table.seed({"air": (T_NS, 500)})
    series = table.admit("air", "air", {})
    assert series is not None
    assert (series.time_ns, series.pace_ns) == (T_NS, 500)
    assert table.place_arrival(series, T_NS, {"pm": 1.0}) == T_NS + 1, "no point replaces one that is stored"
