"""Queries become what Grafana makes of them: its macros, its intervals, its way to put variables in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.boards import BOARDS, board
from dashboards.influxql.chosen import chosen, unknown_variables
from dashboards.influxql.expand import ALL, Span, duration_ms, duration_text, expand, expand_every, interval_ms, interval_text, variables_in
from dashboards.influxql.select import is_variable, literal, name

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_SPAN = Span(1_700_000_000_000, 1_700_021_600_000)  # 6 h
_MACRO = re.compile(r"\$(timeFilter|interval|__interval)")  # Grafana's server replaces them in values, too
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=10).filter(
    lambda text: not _MACRO.search(text)
)


@pytest.mark.parametrize(
    ("length_ms", "points", "least", "interval"),
    [
        # packages/grafana-data/src/datetime/rangeutil.test.ts and intervalv2_test.go of Grafana: five minutes over 1000 and 1500 points
        (5 * _MINUTE, 1000, "", "200ms"),
        (15 * _MINUTE, 1000, "", "1s"),
        (_HOUR, 1000, "", "5s"),
        (6 * _HOUR, 1000, "", "20s"),
        (_DAY, 1000, "", "1m"),
        (7 * _DAY, 1000, "", "10m"),
        (30 * _DAY, 1000, "", "30m"),
        (10, 1000, "", "1ms"),
        (_HOUR, 1000, "10s", "10s"),
        (_HOUR, 1000, "50s", "50s"),  # no rounding of the least interval
        (_HOUR, 1000, "90s", "1m"),  # what Grafana's server writes of 90 s
        (_DAY, 1, "", "1d"),  # a day is no longer below a day
        (20 * _HOUR, 1, "", "12h"),
        (10 * 365 * _DAY, 10, "", "1y"),
    ],
)
def test_an_interval_is_rounded_as_the_browser_and_written_as_the_server_does(
    length_ms: int, points: int, least: str, interval: str
) -> None:
    assert expand("$__interval", Span(0, length_ms, points), least_interval=least) == interval


@given(st.integers(1, 10**12), st.integers(1, 5000))
def test_a_coarser_panel_never_has_a_finer_interval(length_ms: int, points: int) -> None:
    assert interval_ms(Span(0, length_ms, points + 1)) <= interval_ms(Span(0, length_ms, points))


@given(st.integers(1, 10**10))
def test_a_duration_is_written_so_that_it_is_read_as_it_was(ms: int) -> None:
    assert duration_ms(duration_text(ms)) == ms


@given(st.integers(1, 10**10))
def test_an_interval_is_never_written_longer_than_it_is(ms: int) -> None:
    assert duration_ms(interval_text(ms)) <= ms


@pytest.mark.parametrize("text", ["", "10", "s", "1.5h", "10 s", "1y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration_ms(text)


def test_macros_are_replaced_and_a_longer_name_is_not_taken_for_a_shorter_one() -> None:
    text = expand("$timeFilter $__interval_ms $__interval $interval", _SPAN)
    assert text == "time >= 1700000000000ms and time <= 1700021600000ms 20000 20s 20s"
    assert expand_every("time($__interval)", _SPAN, 60_000) == "time(1m)"


@pytest.mark.parametrize(
    ("query", "choice", "expanded"),
    [
        (is_variable("site"), ALL, '"site" =~ /^.*$/'),
        (is_variable("site"), "a.b/c", '"site" =~ /^a\\.b\\/c$/'),
        (is_variable("site"), ("a.b",), '"site" =~ /^a\\.b$/'),
        (is_variable("site"), ("a", "b|c"), '"site" =~ /^(a|b\\|c)$/'),
        ('"site" =~ /^$site$/', ALL, '"site" =~ /^.*$/'),
        ('"site" =~ /^$site$/', "a.b", '"site" =~ /^a\\.b$/'),
        ('"site" =~ /^$site$/', ("a.b",), '"site" =~ /^(a\\.b)$/'),
        ('"site" =~ /^[[site]]$/', ("a", "b"), '"site" =~ /^(a|b)$/'),
        ("\"site\" = '$site'", "a.b", "\"site\" = 'a.b'"),
        ("\"site\" = '${site:raw}'", "a.b", "\"site\" = 'a.b'"),
        ('"site" =~ /^$site$/', "6.tram", '"site" =~ /^6.tram$/'),  # begins like a number: Grafana leaves it as it is
    ],
)
def test_variables_are_put_in_as_the_data_source_does(query: str, choice: str | tuple[str, ...], expanded: str) -> None:
    assert expand(query, _SPAN, {"site": choice}) == expanded


@given(st.lists(_TEXTS, min_size=1, max_size=4, unique=True), _TEXTS)
def test_the_condition_of_a_variable_finds_the_chosen_values_and_no_other(values: list[str], other: str) -> None:
    condition = expand(is_variable("site"), _SPAN, {"site": tuple(values)})
    pattern = re.compile(condition.removeprefix('"site" =~ /').removesuffix("/").replace("\\/", "/"))
    assert all(pattern.search(value) for value in values)
    assert bool(pattern.search(other)) is (other in values)


def test_macros_are_no_variables_and_a_variable_without_a_value_is_refused() -> None:
    assert variables_in('$timeFilter $__interval ${a:regex} [[b]] $c "$"') == {"a", "b", "c"}
    with pytest.raises(KeyError, match="nobody"):
        expand("$nobody", _SPAN)


@given(_TEXTS)
def test_quotes_and_backslashes_in_names_and_literals_end_nothing(text: str) -> None:
    for quoted in (name(text), literal(text)):
        assert re.fullmatch(r"""(["'])(?:\\.|(?!\1)[^\\])*\1""", quoted, re.DOTALL)


@pytest.mark.parametrize(
    ("variable", "choice"),
    [
        ({"includeAll": True, "multi": True, "allValue": ".*", "current": {"value": "$__all"}}, ".*"),
        ({"includeAll": True, "multi": True, "current": {"value": ["$__all"]}}, ("a", "b")),
        ({"includeAll": True, "multi": True, "allValue": ".*", "current": {"value": ["b"]}}, ("b",)),
        ({}, "a"),
        ({"current": {"value": "b"}}, "b"),
        ({"type": "custom", "current": {"value": "x"}}, "x"),
        ({"type": "constant", "query": "fixed"}, "fixed"),
    ],
)
def test_a_dashboard_opens_with_what_its_variables_were_saved_with(variable: dict[str, object], choice: object) -> None:
    given = {"type": "query", "name": "site", "query": 'SHOW TAG VALUES WITH KEY = "site"', **variable}
    opened = chosen({"templating": {"list": [given]}}, _SPAN, lambda _: ["b", "a"])
    assert opened == {"site": choice}


def test_a_variable_asks_within_what_those_before_it_chose() -> None:
    variables = [
        {"type": "query", "name": "site", "query": "SHOW TAG VALUES WITH KEY = site"},
        {"type": "query", "name": "device", "query": f"SHOW TAG VALUES WITH KEY = device WHERE {is_variable('site')}"},
    ]
    asked: list[str] = []
    chosen({"templating": {"list": variables}}, _SPAN, lambda query: asked.append(query) or ["a.b"])  # type: ignore[func-returns-value]
    assert asked[1].endswith('"site" =~ /^a\\.b$/')


def test_our_dashboards_use_no_variable_that_they_do_not_have() -> None:
    for key in BOARDS:
        rendered = board(key).render("en")
        for panel in rendered["panels"]:
            for target in panel.get("targets", []):
                assert unknown_variables(rendered, target["query"]) == set()
