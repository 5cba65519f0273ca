"""The answers that are worked out in memory are those of a real InfluxDB 1.6."""

from itertools import count

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from dashboards.influxql.evaluate import NotEvaluated, answer, reader
from dashboards.influxql.expand import Span, expand
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
    for select in data.draw(st.lists(statements.statement(measurement), min_size=3, max_size=6)):
        text = expand(select.text, SPAN)
        note(text)
        try:
            expected = answer(text, read, SPAN.to_ms)
        except NotEvaluated as error:  # what the strategies cannot foresee of random points
            assert "no point has" in str(error) or "fills a series" in str(error)  # noqa: PT017
            continue
        assert not differences(influx.query(text), expected)
