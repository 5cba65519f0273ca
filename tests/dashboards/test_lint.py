"""Each rule finds what it is for, by name, and nothing else of a dashboard that is otherwise sound."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.built import built
from dashboards.lint.finding import Finding
from dashboards.lint.table import RULES, lint
from dashboards.words import LANGUAGES
from tests.dashboards import sample
from tests.dashboards.sample import Json, broken, broken_rule, panel, rewrite

Change = Callable[[Json], object]


def _set(title: str, **values: object) -> Change:
    return lambda board: panel(board, title).update(values)


def _grid(title: str, **values: int) -> Change:
    return lambda board: panel(board, title)["gridPos"].update(values)


def _unit(title: str, unit: str) -> Change:
    return lambda board: panel(board, title)["fieldConfig"]["defaults"].update(unit=unit)


def _column_unit(column: str, unit: str) -> Change:
    def change(board: Json) -> None:
        for override in panel(board, "Gateways")["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] == column:
                override["properties"] = [{"id": "unit", "value": unit}]

    return change


def _variable(**values: object) -> Change:
    return lambda board: board["templating"]["list"][1].update(values)


def _add_variable(board: Json) -> None:
    board["templating"]["list"].append({**copy.deepcopy(board["templating"]["list"][1]), "name": "device"})


def _link(url: str) -> Change:
    return lambda board: panel(board, "Dust").update(links=[{"title": "there", "url": url}])


def _nest(column: str, where: str = "") -> Change:
    def change(board: Json) -> None:
        inner = 'SELECT max("spool_oldest_age_s") / 3600 AS "a" FROM "gateway" WHERE $timeFilter AND "site" =~ /^${site:regex}$/'
        panel(board, "Waiting")["targets"][0]["query"] = f'SELECT max("{column}") AS "age" FROM ({inner}){where}'  # noqa: S608 (a test's own text)

    return change


BROKEN: dict[str, tuple[Change, str, str, str]] = {
    # what is done to it: the change, the rule, where, a part of what is said
    "a renamed field": (rewrite("Dust", "pm2_5", "pm25"), "catalogue", "Dust / A", "“pm25” is no field or tag of “air”"),
    "a renamed measurement": (rewrite("Dust", '"air"', '"aire"'), "catalogue", "Dust / A", "measurement “aire”"),
    "a renamed tag": (rewrite("Dust", '"device"', '"station"'), "catalogue", "Dust / A", "“station” is no tag of “air”"),
    "a tag of another measurement": (rewrite("Dust", '"device"', '"reason"'), "catalogue", "Dust / A", "“reason” is no tag"),
    "a column that is not inside": (_nest("b"), "catalogue", "Waiting / A", "gives no column “b”"),
    "a query without its end": (rewrite("Waiting", "max(", "(max("), "readable", "Waiting / A", "')' is missing"),
    "a bound outside": (_nest("a", " WHERE $timeFilter"), "time-bounds", "Waiting / A", "in an outer SELECT"),
    "a double-quoted literal": (rewrite("Gaps", "'open'", '"note"'), "literals", "Gaps / A", "with the text 'note'"),
    "a unit of another quantity": (_unit("Dust", "conppb"), "unit", "Dust / A", "“mean” is in ug/m3, and shown as “conppb”"),
    "a unit without the conversion": (_unit("Waiting", "s"), "unit", "Waiting / A", "“age” is in h, and shown as “s”"),
    "a conversion without the unit": (rewrite("Waiting", " / 3600", " / 60"), "unit", "Waiting / A", "in min, and shown as “h”"),
    "a rate shown as a level": (rewrite("Waiting", "max(", "derivative("), "unit", "Waiting / A", "is in"),
    "a count shown with a unit": (rewrite("Dust", "mean(", "count("), "unit", "Dust / A", "is in no unit, and shown as “conμgm3”"),
    "a column's wrong unit": (_column_unit("memory", "kbytes"), "unit", "Gateways / A", "“memory” is in By, and shown as “kbytes”"),
    "a share shown as a part": (_column_unit("stored", "percentunit"), "unit", "Gateways / A", "“stored” is in %"),
    "a yes shown as a number": (_column_unit("up", "celsius"), "unit", "Gateways / A", "“up” is in yes/no"),
    "no unit": (_unit("Dust", ""), "unit", "Dust", "has no unit"),
    "a unit that Grafana does not have": (_unit("Dust", "µg"), "unit", "Dust", "“µg” is not known"),
    "a sum of different units": (
        rewrite("Waiting", '"spool_oldest_age_s")', '"spool_oldest_age_s") + max("spool_bytes")'),
        "unit",
        "Waiting / A",
        "joins different units",
    ),
    "panels over one another": (_grid("Waiting", x=6), "grid", "Waiting", "over the panel “Dust”"),
    "a panel beyond the edge": (_grid("Waiting", w=13), "grid", "Waiting", "outside of 24 columns"),
    "an empty strip": (
        lambda board: [each["gridPos"].update(y=each["gridPos"]["y"] + 1) for each in board["panels"][2:]],
        "grid",
        "Gateways",
        "1 rows above",
    ),
    "no description": (_set("Dust", description=" "), "words", "Dust", "no description"),
    "no title": (lambda board: board.update(title=""), "words", "", "no title"),
    "a variable without a label": (_variable(label=""), "words", "$site", "no label"),
    "an unknown variable": (rewrite("Dust", "${site:regex}", "${sites:regex}"), "variables", "Dust / A", "uses $sites"),
    "an unknown variable in a title": (_set("Dust", description="Dust of $town"), "variables", "Dust", "uses $town"),
    "a variable that nobody uses": (_add_variable, "variables", "$device", "no query uses"),
    "several values in quotes": (
        rewrite("Dust", '"site" =~ /^${site:regex}$/', "\"site\" = '$site'"),
        "variables",
        "Dust / A",
        "stands in no regular expression",
    ),
    "a fixed data source": (
        lambda board: panel(board, "Dust")["targets"][0].update(datasource={"type": "influxdb", "uid": "abc"}),
        "datasource",
        "Dust / A",
        "fixed: abc",
    ),
    "a fixed data source of a variable": (_variable(datasource={"type": "influxdb", "uid": "abc"}), "datasource", "$site", "fixed: abc"),
    "a fixed data source of an annotation": (
        lambda board: board["annotations"]["list"][-1].update(datasource="abc"),
        "datasource",
        "Gaps",
        "fixed: abc",
    ),
    "no data source": (lambda board: panel(board, "Dust").pop("datasource"), "datasource", "Dust", "fixed"),
    "a forecast": (rewrite("Dust", 'mean("pm2_5")', 'holt_winters(mean("pm2_5"), 5, 0)'), "portable", "Dust / A", "HOLT_WINTERS"),
    "a sample": (rewrite("Dust", 'mean("pm2_5")', 'sample("pm2_5", 3)'), "portable", "Dust / A", "SAMPLE"),
    "a formula shown with a unit": (rewrite("Dust", "mean(", "pow(10, "), "unit", "Dust / A", "pow() is a formula"),
    "columns of different kinds compared": (rewrite("Gaps", "\"state\" = 'open'", '"state" = "count"'), "literals", "Gaps / A", "'count'"),
    "a literal that is no column": (rewrite("Gaps", "'open'", '"open"'), "literals", "Gaps / A", "with the text 'open'"),
    "a limit of series": (rewrite("Dust", "fill(null)", "fill(null) SLIMIT 3"), "portable", "Dust / A", "SLIMIT"),
    "a query that writes": (rewrite("Dust", 'FROM "air"', 'INTO "b" FROM "air"'), "portable", "Dust / A", "INTO"),
    "a variable by series": (_variable(query="SHOW SERIES"), "portable", "$site", "SHOW SERIES"),
    "no time filter": (rewrite("Dust", "$timeFilter AND ", ""), "time-bounds", "Dust / A", "no $timeFilter"),
    "a time filter that is one of two": (rewrite("Dust", "$timeFilter AND", "$timeFilter OR"), "time-bounds", "Dust / A", "no $timeFilter"),
    "a fixed time": (rewrite("Dust", "$timeFilter", "$timeFilter AND time > '2026-01-01'"), "time-bounds", "Dust / A", "a fixed time"),
    "a time since now": (rewrite("Dust", "$timeFilter", "$timeFilter AND time > now() - 1h"), "time-bounds", "Dust / A", "now()"),
    "only a time since now": (rewrite("Dust", "$timeFilter", "time > now() - 1h"), "time-bounds", "Dust / A", "no $timeFilter"),
    "a uid that is too long": (lambda board: board.update(uid="u" * 41), "identity", "", "41 characters"),
    "a dashboard to edit": (lambda board: board.update(editable=True), "identity", "", "edited by hand"),
    "a dashboard without our tag": (lambda board: board.update(tags=["quanho-en"]), "identity", "", "no tag quanho"),
    "two panels with one id": (
        lambda board: panel(board, "Dust").update(id=panel(board, "Gaps")["id"]),
        "identity",
        "",
        "not this panel's",
    ),
    "a link to nowhere": (_link("/d/quanho-gone-en"), "links", "Dust", "quanho-gone-en"),
    "a link with an unknown variable": (_link("/d/quanho-sample-en?var-town=x"), "links", "Dust", "sets $town"),
    "a list of nothing": (lambda board: board["links"][0].update(tags=["nobody"]), "links", "Dashboards", "has the tags nobody"),
}


def _lint(board: Json) -> list[Finding]:
    return lint([board], all_boards=[sample.board()])


def test_the_sound_dashboard_and_the_sound_rule_have_no_finding() -> None:
    assert lint([sample.board(language) for language in LANGUAGES], [sample.RULE]) == []


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found_by_name_and_nothing_else(what: str) -> None:
    change, rule, where, said = BROKEN[what]
    found = _lint(broken(change))
    assert {finding.rule for finding in found} == {rule}, found
    assert all(where in str(finding.place) for finding in found)
    assert said in found[0].what.en
    assert all(text.vi and text.en for finding in found for text in (finding.what, finding.way_out))
    assert len(found) == (2 if what == "two panels with one id" else 1), found


RULE_BROKEN: dict[str, tuple[Change, str, str]] = {
    "no runbook": (lambda rule: rule["annotations"].pop("runbook_url"), "alert-rule", "no runbook"),
    "a runbook that is not there": (lambda rule: rule["annotations"].update(runbook_url="docs/runbooks/none.md"), "alert-rule", "none.md"),
    "a section that is not there": (
        lambda rule: rule["annotations"].update(runbook_url="docs/runbooks/config.md#nothing"),
        "alert-rule",
        "no section #nothing",
    ),
    "a runbook elsewhere": (
        lambda rule: rule["annotations"].update(runbook_url="https://example.org"),
        "alert-rule",
        "not in docs/runbooks",
    ),
    "one language only": (lambda rule: rule["annotations"].pop("summary_en"), "alert-rule", "no text in en"),
    "the other language only": (lambda rule: rule["annotations"].pop("summary"), "alert-rule", "no text in vi"),
    "no severity": (lambda rule: rule["labels"].clear(), "alert-rule", "severity is None"),
    "no hold time": (lambda rule: rule.pop("for"), "alert-rule", "no hold time"),
    "a long uid": (lambda rule: rule.update(uid="u" * 41), "alert-rule", "41 characters"),
    "a condition that is not there": (lambda rule: rule.update(condition="D"), "alert-rule", "the condition D"),
    "an expression of nothing": (lambda rule: rule["data"][2]["model"].update(expression="$Z"), "alert-rule", "C refers to Z"),
    "another data source": (lambda rule: rule["data"][0].update(datasourceUid="abc"), "alert-rule", "source is abc"),
    "a variable": (lambda rule: _query(rule, "$timeFilter", "$timeFilter AND \"site\" = '$site'"), "alert-rule", "the variable $site"),
    "a renamed field": (lambda rule: _query(rule, "pm2_5", "pm25"), "catalogue", "pm25"),
    "a double-quoted literal": (lambda rule: _query(rule, "$timeFilter", '$timeFilter AND "site" = "quality"'), "literals", "'quality'"),
}


def test_the_panel_that_an_alert_rule_is_shown_in_is_looked_for() -> None:
    def shown(uid: str, panel_id: int) -> list[str]:
        rule = broken_rule(lambda rule: rule["annotations"].update(__dashboardUid__=uid, __panelId__=str(panel_id)))
        return [finding.what.en for finding in lint([], [rule], [sample.board()])]

    assert shown("quanho-sample-en", sample.GAPS_ID) == []
    assert shown("quanho-sample-en", 1) == ["belongs to the panel 1, which quanho-sample-en has not"]
    assert shown("quanho-gone-en", 1) == ["belongs to a dashboard that is not there: quanho-gone-en"]


def _query(rule: Json, old: str, new: str) -> None:
    model: dict[str, Any] = rule["data"][0]["model"]
    assert old in model["query"]
    model["query"] = model["query"].replace(old, new)


@pytest.mark.parametrize("what", RULE_BROKEN)
def test_what_is_broken_in_an_alert_rule_is_found_and_nothing_else(what: str) -> None:
    change, rule, said = RULE_BROKEN[what]
    found = lint([], [broken_rule(change)])
    assert [finding.rule for finding in found] == [rule], found
    assert said in found[0].what.en


def test_languages_that_differ_in_more_than_words_are_found() -> None:
    vi, en = sample.board("vi"), sample.board("en")
    panel(en, "Dust")["targets"][0]["query"] += " LIMIT 5"
    found = lint([vi, en])
    assert [(finding.rule, str(finding.place)) for finding in found] == [("languages", "quanho-sample-en")]
    assert "queries differ" in found[0].what.en


def test_panels_in_a_folded_row_are_looked_at_too() -> None:
    folded = sample.board()
    row = next(each for each in folded["panels"] if each["type"] == "row")
    inside = [each for each in folded["panels"] if each["gridPos"]["y"] > row["gridPos"]["y"]]
    folded["panels"] = [each for each in folded["panels"] if each not in inside]
    row.update(collapsed=True, panels=inside)
    assert _lint(folded) == []
    inside[0]["title"] = ""
    assert [finding.rule for finding in _lint(folded)] == ["words"]


def test_every_rule_of_the_table_is_broken_somewhere_here() -> None:
    assert {rule for _, rule, *_ in (*BROKEN.values(), *RULE_BROKEN.values())} | {"languages"} == set(RULES)


def test_our_own_dashboards_have_no_finding() -> None:
    found = lint([each.json for each in built()])
    assert found == [], "\n".join(f"{finding.place} [{finding.rule}] {finding.what.en}: {finding.way_out.en}" for finding in found)
