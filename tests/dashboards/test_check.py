"""Every query is asked of a real store: what shows nothing is found by name, and what shows something is not."""

import gzip
import time
from collections.abc import Callable, Iterator

import pytest

from dashboards.check.ask import Range, ask
from dashboards.lint.finding import Finding
from dashboards.lint.table import lint
from quanho.demo.servers import Influxd
from runtime.influx import InfluxClient
from runtime.influx_series import QueryError, Series
from runtime.influx_settings import InfluxSettings
from tests.dashboards import sample
from tests.dashboards.sample import Json, broken, broken_rule, panel, rewrite

pytestmark = pytest.mark.server
_EMPTY = "nothing"


@pytest.fixture(scope="module")
def sampled(influxd: Influxd) -> Influxd:
    """A store with a point of everything that the sample dashboard shows, in the database `quanho`."""
    for database, lines in (("quanho", sample.LINES), (_EMPTY, "")):
        client = _client(influxd, database)
        client.create_database()
        client.write(gzip.compress(lines.format(time=time.time_ns() - 60 * 10**9).encode())) if lines else None
        client.close()
    return influxd


@pytest.fixture
def store(sampled: Influxd) -> Iterator[InfluxClient]:
    client = _client(sampled, "quanho")
    yield client
    client.close()


def _client(server: Influxd, database: str) -> InfluxClient:
    return InfluxClient(InfluxSettings(url=server.url, database=database))


def _now() -> Range:
    return Range(time.time_ns() // 1_000_000)


def _check(board: Json, store: InfluxClient) -> list[Finding]:
    may_be_empty = {"quanho-sample-en": frozenset({sample.GAPS_ID})}
    linted = lint([board])
    return linted + ask([board], [], store, _now(), linted=linted, may_be_empty=may_be_empty)


def test_a_sound_dashboard_and_rule_on_a_store_that_has_it_all_have_no_finding(store: InfluxClient) -> None:
    assert _check(sample.board(), store) == []
    assert ask([], [sample.RULE], store, _now()) == []


@pytest.mark.parametrize(
    ("change", "rule", "where", "said"),
    [
        (rewrite("Dust", "pm2_5", "pm25"), "catalogue", "Dust / A", "“pm25”"),  # a renamed field
        (rewrite("Dust", "pm2_5", "pm10"), "store", "Dust / A", "no field or tag “pm10”"),  # catalogued, and nobody sends it
        (rewrite("Gateways", '"gateway" WHERE', '"device" WHERE'), "catalogue", "Gateways / A", "“rss_bytes” is no field"),
        (rewrite("Dust", '"device"', '"sensor"'), "store", "Dust / A", "no field or tag “sensor”"),
        (rewrite("Gaps", "'open'", '"open"'), "literals", "Gaps / A", "'open'"),  # a double-quoted literal
        (rewrite("Dust", "$timeFilter", "$timeFilter AND \"device\" = 'dust-3'"), "store", "Dust / A", "no series"),
        (rewrite("Waiting", 'max("spool', 'derivative("spool'), "unit", "Waiting / A", "is in"),
        (rewrite("Dust", 'mean("pm2_5")', 'holt_winters(mean("pm2_5"), 5, 0)'), "portable", "Dust / A", "HOLT_WINTERS"),
        (rewrite("Gateways", 'last("clock', 'sum("clock'), "store", "Gateways / A", "unsupported sum iterator type"),  # 200 with an error
        (rewrite("Dust", "fill(null)", "fill(null) LIMIT 0 x"), "readable", "Dust / A", "should end here"),
        (rewrite("Dust", "${site:regex}", "${sites:regex}"), "variables", "Dust / A", "$sites"),
        (lambda board: board["templating"]["list"][1].update(current={"value": ["hue"]}), "store", "$site", "its default “hue”"),
    ],
)
def test_a_query_that_shows_nothing_is_found_by_name_and_nothing_else(
    store: InfluxClient, change: Callable[[Json], object], rule: str, where: str, said: str
) -> None:
    found = [finding for finding in _check(broken(change), store) if finding.level == "finding"]
    of_rule = [finding for finding in found if where in str(finding.place)]
    assert [finding.rule for finding in of_rule][:1] == [rule], found
    assert said in of_rule[0].what.en
    if where != "$site":  # with a default that is not there no panel shows anything
        assert {str(finding.place).split(" / ")[1] for finding in found} == {where.split(" / ")[0]}


def test_a_dropped_measurement_is_named_by_each_panel_that_asks_it(sampled: Influxd) -> None:
    lines = "".join(line for line in sample.LINES.splitlines(keepends=True) if not line.startswith("air,"))
    without = _client(sampled, "without_air")
    without.create_database()
    without.write(gzip.compress(lines.format(time=time.time_ns()).encode()))
    found = _check(sample.board(), without)
    without.close()
    assert [(str(finding.place), finding.what.en) for finding in found] == [
        ("quanho-sample-en / Dust / A", "the store has no measurement “air”")
    ]


def test_what_may_be_empty_is_a_note(sampled: Influxd) -> None:
    lines = "".join(line for line in sample.LINES.splitlines(keepends=True) if not line.startswith("ledger,"))
    quiet = _client(sampled, "without_gaps")
    quiet.create_database()
    quiet.write(gzip.compress(lines.format(time=time.time_ns()).encode()))
    found = _check(sample.board(), quiet) + ask([], [broken_rule(_about_soil)], quiet, _now())
    quiet.close()
    assert {(finding.level, finding.place.panel) for finding in found} == {("note", "Gaps"), ("note", "Bụi / Dust")}


def _about_soil(rule: Json) -> None:
    rule["data"][0]["model"]["query"] = 'SELECT last("moisture") FROM "soil" WHERE $timeFilter'


def test_an_empty_store_is_told_by_every_panel_and_variable(sampled: Influxd) -> None:
    empty = _client(sampled, _EMPTY)
    found = _check(sample.board(), empty)
    empty.close()
    assert [finding.place.panel for finding in found if finding.level == "finding"] == ["$site", "Dust", "Waiting", "Gateways"]


def test_queries_that_both_languages_share_are_asked_once(store: InfluxClient) -> None:
    asked: list[str] = []

    class Counting:
        def query(self, statement: str) -> list[Series]:
            asked.append(statement)
            return store.query(statement)

    steps: list[tuple[int, int]] = []
    found = ask([sample.board("vi"), sample.board("en")], [], Counting(), _now(), on_asked=lambda done, total: steps.append((done, total)))
    assert found == []
    selects = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(selects) == len(set(selects)) == 5
    assert steps[0] == (0, 5)
    assert steps[-1] == (5, 5)


def test_a_panel_with_a_time_of_its_own_is_asked_in_it(store: InfluxClient) -> None:
    later = Range(time.time_ns() // 1_000_000 + 12 * 3_600_000)  # the points are older than the dashboard's six hours
    board = broken(lambda board: panel(board, "Dust").update(timeFrom="24h"))
    found = [finding.place.panel for finding in ask([board], [], store, later) if finding.level == "finding"]
    assert found == ["Waiting", "Gateways", "Gaps"]


def test_a_query_that_the_store_refuses_is_a_finding_even_where_nothing_to_show_is_none(store: InfluxClient) -> None:
    board = broken(rewrite("Gaps", 'count("gap_id")', 'mean("gap_id")'))
    found = _check(board, store)
    assert [(finding.level, finding.place.panel) for finding in found] == [("finding", "Gaps")]
    with pytest.raises(QueryError, match="unsupported mean"):
        store.query('SELECT mean("gap_id") FROM "ledger"')


def test_an_empty_column_of_a_table_is_a_note_and_an_empty_curve_a_finding(store: InfluxClient) -> None:
    inner = 'SELECT {} FROM "air" WHERE $timeFilter AND "site" =~ /^${{site:regex}}$/ AND "pm2_5" {} 0'
    united = 'SELECT max("a") AS "a", max("b") AS "b" FROM ({}), ({})'.format(  # noqa: S608
        inner.format('max("pm2_5") AS "a"', ">"), inner.format('max("pm2_5") AS "b"', "<")
    )

    def levels(result_format: str) -> list[str]:
        target = {"query": united, "resultFormat": result_format}
        board = broken(lambda board: panel(board, "Dust")["targets"][0].update(target))
        return [finding.level for finding in _check(board, store) if "the column b has nothing" in finding.what.en]

    assert (levels("table"), levels("time_series")) == (["note"], ["finding"])
    (unsent,) = _check(broken(rewrite("Gateways", "rss_bytes", "card_bytes")), store)  # not every gateway has a card
    assert (unsent.level, unsent.what.en) == ("note", "in the store “gateway” has no field or tag “card_bytes”")


def test_a_panel_of_one_device_must_show_something_of_what_it_asks_for(store: InfluxClient) -> None:
    def of_one_device(first: str, second: str) -> list[tuple[str, str]]:
        variable = {**sample.board()["templating"]["list"][1], "name": "device", "query": 'SHOW TAG VALUES WITH KEY = "device"'}
        for key in ("multi", "includeAll", "allValue", "current"):
            variable.pop(key)

        def change(board: Json) -> None:
            board["templating"]["list"].append(variable)
            dust = panel(board, "Dust")
            query = 'SELECT {} FROM "{}" WHERE $timeFilter AND "device" =~ /^${{device:regex}}$/'
            dust["targets"] = [
                {**dust["targets"][0], "refId": ref, "query": query.format(*asked.split(" of "))}
                for ref, asked in (("A", first), ("B", second))
            ]

        found = _check(broken(change), store)
        return [(str(finding.place), finding.what.en) for finding in found if finding.place.panel == "Dust" and finding.rule == "store"]

    assert of_one_device('last("pm2_5"), last("pm10") of air', 'last("temperature") of weather') == []
    assert of_one_device('last("pm10") of air', 'last("temperature") of weather') == [
        ("quanho-sample-en / Dust", "the device has nothing to show in this panel")
    ]
