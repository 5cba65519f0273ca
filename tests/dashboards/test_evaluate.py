"""The answers that are worked out in memory are those of a real InfluxDB 1.6."""

from itertools import count

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from dashboards.influxql.evaluate import NotEvaluated, answer, reader
from dashboards.influxql.expand import Span, expand
from dashboards.influxql.select import Select, call, select
from telemetry.point import Point
from tests.dashboards import statements
from tests.dashboards.influx_store import InfluxStore, differences

SPAN = Span(statements.FROM_MS, statements.FROM_MS + statements.LENGTH_MS, 20)
_NUMBERS = count()


@pytest.mark.server
@settings(max_examples=60)
@given(data=st.data())
def test_an_answer_worked_out_in_memory_is_that_of_a_real_influxd(influx: InfluxStore, data: st.DataObject) -> None:
    measurement = f"m{next(_NUMBERS)}"
    points = data.draw(statements.points(measurement))
    influx.write(points)
    read = reader(points)
    for drawn in data.draw(st.lists(statements.statement(measurement), min_size=3, max_size=6)):
        text = expand(drawn.text, SPAN)
        note(text)
        try:
            expected = answer(text, read, SPAN.to_ms)
        except NotEvaluated as error:  # what the strategies cannot foresee of random points
            assert "no point has" in str(error) or "fills a series" in str(error)  # noqa: PT017
            continue
        assert not differences(influx.query(text), expected)


_KINDS = (
    Point("air", {"device": "d1"}, {"quality": 1, "x": 2.0}, (statements.FROM_MS + 60_000) * 1_000_000),
    Point("air", {"device": "d1"}, {"quality": 0, "x": 4.0}, (statements.FROM_MS + 95_000) * 1_000_000),
    Point("noise", {"device": "d1"}, {"quality": 16, "n": 3}, (statements.FROM_MS + 70_000) * 1_000_000),
    Point("state", {"device": "d2"}, {"quality": 4}, (statements.FROM_MS + 80_000) * 1_000_000),
)


@pytest.mark.server
@pytest.mark.parametrize(
    "select",
    [
        select(call("last", "quality"), of="/.*/"),
        select(call("last", "quality"), of="/^(air|state)$/", by=("device",)),
        select(call("count", "quality"), of="/i/", every="1m", fill="0"),
        select('max("pause")', of=select(('elapsed("quality", 1ms) / 1000.0', "pause"), of="/.*/"), every="1m", fill="none"),
        select('max("flag")', of=select(('("quality" & 1) / 1', "flag"), of="/.*/"), where=('"flag" > 0',), every="5m", fill="none"),
    ],
    ids=["all", "some by a tag", "some by time", "inside", "bits inside"],
)
def test_measurements_found_by_a_regular_expression_are_answered_each_on_its_own(influx: InfluxStore, select: Select) -> None:
    influx.write(_KINDS)
    text = expand(select.text, SPAN)
    expected = answer(text, reader(_KINDS), SPAN.to_ms)
    found = [series for series in influx.query(text) if series.name in {point.measurement for point in _KINDS}]
    assert expected
    assert not differences(found, expected)
