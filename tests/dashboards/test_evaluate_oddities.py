"""What InfluxDB 1.6 does that one would not guess: worked out in memory as it does it, or refused where its answer would mislead."""

import pytest

from dashboards.influxql.evaluate import NotEvaluated, answer, evaluate, reader
from dashboards.influxql.expand import Span
from dashboards.influxql.select import call, select
from runtime.influx_series import QueryError
from telemetry.point import FieldValue, Point
from tests.dashboards.influx_store import InfluxStore, differences

FROM_S = 1_790_000_400  # the beginning of a window of 10 minutes
RANGE = f"time >= {FROM_S}s AND time <= {FROM_S + 600}s"
NOW_MS = (FROM_S + 600) * 1000


def point(at_s: int, device: str, **fields: FieldValue) -> Point:
    return Point("odd", {"device": device}, fields, (FROM_S + at_s) * 10**9)


POINTS = [
    point(-70, "a", x=9.5, n=4),
    point(10, "a", x=1.0, n=-5, state="open"),
    point(10, "b", x=2.5, n=7, up=True),
    point(10, "c", x=2.5, state="shut", up=False),
    point(130, "a", x=1.0, n=3, up=False),
    point(250, "b", x=-4.0, n=3),
    point(260, "a", x=7.0, n=2, state="open"),
    point(590, "b", x=8.0),
    point(300, "b", x=3.0, n=1)._replace(measurement="even"),
]


@pytest.fixture(scope="session")
def odd(influx: InfluxStore) -> InfluxStore:
    influx.write(POINTS)
    return influx


@pytest.mark.server
@pytest.mark.parametrize(
    "statement",
    [
        'SELECT first("x"), "device" FROM "odd" WHERE $range',  # of one time: the greater value
        'SELECT max("x") FROM "odd" WHERE $range GROUP BY "device"',
        'SELECT mode("x"), mode("up"), mode("state") FROM "odd" WHERE $range',
        'SELECT stddev("x"), stddev("x") + 1, stddev("x") / 0 FROM "odd" WHERE $range AND "device" = \'c\'',  # NaN
        'SELECT abs("n"), abs("x"), "n" % 2, "x" % 2, "n" / 2, "x" / 0 FROM "odd" WHERE $range',  # abs leaves integers as they are
        'SELECT sqrt("x"), pow("x", 0.5), ln("x"), round("x"), floor("x"), ceil("x") FROM "odd" WHERE $range',
        'SELECT "n" & 3, "n" | 8, "n" ^ 1 FROM "odd" WHERE $range AND "n" & 1 = 1',
        'SELECT last("x"), last("n") FROM "odd" WHERE $range',  # two functions: the time is that of the range
        'SELECT mean("x"), mean("x"), mean("n") AS "mean_1" FROM "odd" WHERE $range',  # names of columns
        'SELECT max("x") - min("x"), count("nothing") FROM "odd" WHERE $range',
        'SELECT count("nothing") FROM "odd" WHERE $range',
        'SELECT "device" FROM "odd" WHERE $range',  # tags alone select nothing
        'SELECT "x", "device" FROM "odd" WHERE $range ORDER BY time DESC LIMIT 3 OFFSET 1',
        'SELECT difference("x") FROM "odd" WHERE $range GROUP BY "device" ORDER BY time DESC',
        'SELECT derivative(max("x"), 1m) FROM "odd" WHERE $range GROUP BY time(1m) fill(previous)',  # reaches back by a window
        'SELECT moving_average(sum("n"), 3), sum("n") FROM "odd" WHERE $range GROUP BY time(2m) fill(0)',
        'SELECT mean("x") FROM "odd" WHERE $range GROUP BY time(4m, 1m), "device" fill(linear)',
        'SELECT last(*) FROM "odd" WHERE $range GROUP BY *',
        'SELECT mean(*) FROM "odd" WHERE $range GROUP BY /^dev/',
        'SELECT * FROM "odd" WHERE $range',
        'SELECT last("x"), "n" FROM /^(odd|even)$/ WHERE $range GROUP BY "device"',
        'SELECT * FROM "odd" WHERE $range AND ("state" = \'open\' OR "up" = false) GROUP BY *',
        'SELECT count("n") FROM "odd" WHERE time > 1790000660s - 10m GROUP BY "device"',
        'SELECT sum("x") FROM "odd" WHERE "device" !~ /a/ AND "state" !~ /open/ AND time < \'2026-09-21T14:40:30Z\'',
        'SELECT count(distinct("x")) FROM "odd" WHERE $range GROUP BY "device"',
        'SELECT top("x", "device", 2) FROM "odd" WHERE $range',
        'SELECT bottom("x", 3), "n" FROM "odd" WHERE $range',
        'SELECT integral("n", 1m) FROM "odd" WHERE $range',
        'SELECT sum("n") FROM (SELECT count("n") AS "n" FROM "odd" WHERE time >= 1790000640s GROUP BY "device"),'
        ' (SELECT last("n") * 0 AS "n" FROM "odd" WHERE $range GROUP BY "device") GROUP BY "device"',  # the last-seen statement
        'SELECT max("v") FROM (SELECT count("x") AS "v" FROM "odd" WHERE $range GROUP BY "device") GROUP BY time(2m) fill(none)',
        'SELECT max("v") FROM (SELECT elapsed("x", 1s) AS "v" FROM "odd" WHERE $range GROUP BY "device") WHERE $range GROUP BY time(2m)',
        'SELECT max("v") FROM (SELECT elapsed("x", 1s) AS "v" FROM "odd" WHERE $range GROUP BY "device") GROUP BY time(2m) fill(none)',
    ],
)
def test_it_is_worked_out_as_a_real_influxd_does_it(statement: str, odd: InfluxStore) -> None:
    text = statement.replace("$range", RANGE)
    assert not differences(odd.query(text), answer(text, reader(POINTS), NOW_MS))


@pytest.mark.server
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('SELECT log10("x" - 1) FROM "odd" WHERE $range', "infinite"),
        ('SELECT "x" & 1 FROM "odd" WHERE $range', "only integers"),
        ('SELECT mean("state") FROM "odd" WHERE $range', "no number"),
        ('SELECT mean("x"), "n" FROM "odd" WHERE $range', "beside one selector"),
        ('SELECT difference(max("x")) FROM "odd" WHERE $range', "needs windows"),
        ('SELECT mean("x" FROM "odd"', "is missing at character 17"),
        ('SELECT nonsense("x") FROM "odd"', "nonsense"),
        ('SELECT "x" FROM "odd" WHERE "device" =~ \'a\'', "/pattern/"),
    ],
)
def test_what_a_real_influxd_refuses_is_refused_in_memory(statement: str, words: str, odd: InfluxStore) -> None:
    text = statement.replace("$range", RANGE)
    with pytest.raises(QueryError):
        odd.query(text)
    with pytest.raises(NotEvaluated, match=words):
        answer(text, reader(POINTS), NOW_MS)


@pytest.mark.server
def test_series_filled_inside_a_statement_are_refused_since_a_real_influxd_counts_some_twice(odd: InfluxStore) -> None:
    inner = 'SELECT mean("x") AS "v" FROM "odd" WHERE $range GROUP BY time(2m), "device" fill(0)'.replace("$range", RANGE)
    windows = {series.tags["device"]: len(series.values) for series in odd.query(inner)}
    text = 'SELECT count("v") FROM ($inner)'.replace("$inner", inner)
    ((_, counted),) = odd.query(text)[0].values
    assert counted > sum(windows.values())
    with pytest.raises(NotEvaluated, match="fills a series again"):
        answer(text, reader(POINTS), NOW_MS)


@pytest.mark.server
def test_a_bound_of_time_around_windows_is_refused_since_a_real_influxd_may_answer_nothing(odd: InfluxStore) -> None:
    bound = RANGE.replace(str(FROM_S), str(FROM_S + 5))  # within the first window, which begins before it
    inner = 'SELECT mean("x") AS "v" FROM "odd" WHERE $range GROUP BY time(2m)'.replace("$range", bound)
    assert odd.query(inner)
    text = 'SELECT sum("v") FROM ($inner) WHERE $range'.replace("$inner", inner).replace("$range", bound)
    assert odd.query(text) == []
    with pytest.raises(NotEvaluated, match="put it inside"):
        answer(text, reader(POINTS), NOW_MS)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('SELECT "x" FROM "odd" WHERE time > now() - 1h', "what time that is"),
        ('SELECT mean("x") FROM "odd" GROUP BY time(1m)', "what time that is"),
        ('SELECT integral("x") FROM "odd" GROUP BY time(1m)', "windows"),
        ('SELECT "x" FROM "odd" WHERE time > 5 OR "x" = 1', "joined by AND"),
        ('SELECT "x" FROM "odd" WHERE time != 5', "only be bounded"),
        ('SELECT "x" FROM "odd" WHERE "x" = ;', "a value cannot begin so at character 35"),
        ('SELECT "x" FROM "odd" GROUP BY time(1m) fill(often)', "often"),
        ('DROP MEASUREMENT "odd"', "begins with SELECT or SHOW at character 1"),
        ("SHOW FIELD KEYS", "SHOW FIELD KEYS"),
        ('SELECT "x" FROM "odd" WHERE $timeFilter', "put in for \\$timeFilter"),
        ('SELECT "x"::float FROM "odd"', "not known here"),
        ('SELECT "x" FROM "odd" ORDER BY "device"', "order of time"),
        ('SELECT "x" FROM "odd" SLIMIT 1', "SLIMIT"),
        ('SELECT "x" FROM "odd" GROUP BY time(1m) tz(\'Asia/Ho_Chi_Minh\')', "TZ"),
    ],
)
def test_what_is_not_known_is_named(statement: str, words: str) -> None:
    with pytest.raises(NotEvaluated, match=words):
        answer(statement, reader(POINTS))


def test_a_statement_is_evaluated_as_grafana_asks_it() -> None:
    asked = select(call("max", "x"), of="odd", where=('"device" =~ /^${device:regex}$/',), every="$__interval", by=("device",), fill="none")
    span = Span(FROM_S * 1000, NOW_MS, points=1)
    (series,) = evaluate(asked, POINTS, span, {"device": ("a", "nobody")})
    assert (series.name, series.tags, series.columns) == ("odd", {"device": "a"}, ("time", "max"))
    assert series.values == ((FROM_S * 1000, 7.0),)
    (minutes,) = evaluate(asked, POINTS, Span(FROM_S * 1000, NOW_MS, points=1000), {"device": "a"}, least_interval="5m")
    assert [row[0] for row in minutes.values] == [FROM_S * 1000]
