"""Normal forms, marks and differences: pure functions."""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.deploy.diff import board_diff, json_diff
from dashboards.deploy.forms import holds, matchers_of, route_form, rule_form, seconds
from dashboards.deploy.mark import RuleMark, digest, message, rule_mark, sent_digest
from dashboards.deploy.route import merged, place
from dashboards.deploy.rules import marked
from tests.dashboards.deploy import samples
from tests.dashboards.fake_grafana.behaviour import respelt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
    max_leaves=8,
)
ROUTES = st.lists(
    st.fixed_dictionaries(
        {"receiver": st.sampled_from(["ops", "it"]), "object_matchers": st.lists(st.just(["team", "=", "x"]), max_size=1)}
    )
)


@settings(max_examples=40)
@given(st.integers(0, 60 * 86_400))
def test_a_duration_means_the_same_however_it_is_spelt(total: int) -> None:
    assert seconds(f"{total}s") == seconds(respelt(f"{total}s")) == seconds(total * 10**9) == total


def test_what_is_no_duration_stays_as_it_is() -> None:
    assert seconds("soon") == "soon"
    assert (seconds("1h30m"), seconds("0"), seconds(None), seconds("250ms")) == (5400, 0, 0, 0.25)


def test_a_rule_has_the_form_it_was_sent_in_after_grafana_added_its_own() -> None:
    sent = samples.rule("quanho-dust", "Dust")
    stored = copy.deepcopy(sent) | {
        "id": 5,
        "orgID": 1,
        "updated": "2026-01-01T00:00:00Z",
        "provenance": "api",
        "for": "5m",
        "isPaused": False,
    }
    for query in stored["data"]:
        query |= {"queryType": "", "relativeTimeRange": query.get("relativeTimeRange", {"from": 0, "to": 0})}
        query["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
    assert rule_form(stored) == rule_form(sent)
    stored["data"][1]["model"]["above"] = 26
    assert rule_form(stored) != rule_form(sent)


def test_the_four_spellings_of_matchers_are_one() -> None:
    wanted = [["severity", "=~", "a|b"], ["team", "=", "x"]]
    assert matchers_of({"object_matchers": [["team", "=", "x"], ["severity", "=~", "a|b"]]}) == wanted
    assert matchers_of({"matchers": ['team="x"', "severity =~ a|b"]}) == wanted
    assert matchers_of({"matchers": [{"Name": "team", "Type": 0, "Value": "x"}, {"Name": "severity", "Type": 2, "Value": "a|b"}]}) == wanted
    assert matchers_of({"match": {"team": "x"}, "match_re": {"severity": "a|b"}}) == wanted


def test_a_mark_in_a_rule_is_read_back_and_is_no_part_of_its_form() -> None:
    rule = samples.rule("quanho-dust", "Dust")
    own = digest(rule_form(rule))
    assert rule_form(marked(rule)) == rule_form(rule)
    assert rule_mark(marked(rule)) == RuleMark(own, own)
    assert rule_mark(marked(rule, "f" * 64)) == RuleMark(own, "f" * 64)
    assert rule_mark(rule) is None


def test_a_dashboard_is_as_we_left_it_only_when_its_newest_version_says_so() -> None:
    ours = message("a" * 64, 3)
    assert sent_digest([{"message": ours}, {"message": message("a" * 64, 2)}]) == "a" * 64
    for versions in (
        [],
        [{"message": ""}, {"message": ours}],
        [{"message": ours}, {"message": ours}],
        [{"message": f"{ours} and mine"}],
        [{}],
    ):
        assert sent_digest(versions) is None


@settings(max_examples=40)
@given(JSON)
def test_what_grafana_gives_back_unchanged_holds_what_was_sent(value: object) -> None:
    assert holds(copy.deepcopy(value), value)


def test_what_grafana_adds_is_no_difference_and_what_somebody_took_away_is() -> None:
    wanted = samples.board("quanho-x", "X")
    live = copy.deepcopy(wanted) | {"id": 7, "version": 3, "weekStart": ""}
    live["panels"][0]["pluginVersion"] = "13.0.0"
    assert list(board_diff(live, wanted)) == []
    live["panels"][0]["targets"] = []
    live["templating"]["list"].append({"name": "theirs"})
    live["panels"].append({"id": 99, "title": "Theirs"})
    told = [f"{line.sign} {line.text}" for line in board_diff(live, wanted)]
    assert told[0] == "- variable “theirs”"
    assert "- panel “Theirs”" in told
    assert any(text.startswith("+ query A: SELECT") for text in told)


def test_a_difference_with_control_characters_and_no_end_stays_on_its_line() -> None:
    told = [str(line.text) for line in json_diff({"title": "a\x1b[2J\nb"}, {"title": "x" * 5000})]
    assert told[0] == "title: a [2J b"
    assert len(told[1]) < 500


@settings(max_examples=40)
@given(ROUTES, st.integers(0, 5))
def test_our_policy_comes_and_goes_without_a_trace_in_the_tree_of_others(routes: list[dict[str, object]], at: int) -> None:
    ours = {"receiver": "quanho-oncall", "object_matchers": [["quanho", "=", "true"]]}
    tree = {"receiver": "ops", "group_by": ["x"], "routes": routes}
    with_ours = merged(tree, place(tree, ours, set()), ours)
    assert with_ours["routes"][0] == ours
    assert merged(with_ours, place(with_ours, ours, set()), None) == tree
    moved = {**tree, "routes": [*routes[:at], ours, *routes[at:]]}
    changed = ours | {"repeat_interval": "1h"}
    again = merged(moved, place(moved, changed, set()), changed)
    assert again["routes"].index(changed) == min(at, len(routes))
    assert merged(again, place(again, None, {"quanho-oncall"}), None) == tree


def test_the_default_of_a_route_is_no_difference() -> None:
    route = {"receiver": "x", "object_matchers": [["a", "=", "b"]], "repeat_interval": "4h"}
    assert route_form(route) == route_form(route | {"continue": False, "routes": [], "provenance": "api", "repeat_interval": "240m"})
