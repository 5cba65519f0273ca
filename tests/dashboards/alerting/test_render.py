"""Rules as Grafana takes them, held against its own specs."""

import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from dashboards.alerting.numbers import plain
from dashboards.alerting.panels import panel_of
from dashboards.alerting.render import RUNBOOK, grafana_rule, render
from dashboards.alerting.rule import MOST_UID, Rule, today
from dashboards.alerting.rules import load, named
from dashboards.boards import board
from dashboards.influxql.expand import variables_in
from dashboards.influxql.select import name
from dashboards.model.json import Json
from tests.dashboards.alerting.oracles import check, check_by_sdk

_RULES = load()
_DAY = date(2026, 11, 27)
_ROOT = Path(__file__).parents[3]


def _rendered() -> list[Json]:
    return [grafana_rule(rule, bound) for rule in _RULES if (bound := rule.bound(_DAY))]


def _without(rule: Json, *keys: str) -> Json:
    return {key: value for key, value in rule.items() if key not in keys}


@pytest.mark.parametrize("rule", _rendered(), ids=lambda rule: rule["uid"])
def test_rule_is_what_grafana_13_and_11_describe(rule: Json) -> None:
    check("grafana-13.0-openapi3.json", "ProvisionedAlertRule", rule)
    check("grafana-11.4-swagger2.json", "ProvisionedAlertRule", _without(rule, "missingSeriesEvalsToResolve"))
    check_by_sdk("Rule", _without(rule, "missingSeriesEvalsToResolve"))


def test_specs_refuse_what_grafana_would_not_know() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("grafana-13.0-openapi3.json", "ProvisionedAlertRule", _rendered()[0] | {"folderUid": "x"})


@pytest.mark.parametrize("rule", _rendered(), ids=lambda rule: rule["uid"])
def test_rule_asks_without_variables_and_says_all_in_both_languages(rule: Json) -> None:
    for query in rule["data"]:
        assert not variables_in(query["model"].get("query", ""))
    assert len(rule["uid"]) <= MOST_UID
    texts = {key: rule["annotations"][key] for key in ("summary_vi", "summary_en", "description_vi", "description_en")}
    assert len(set(texts.values())) == len(texts)
    assert not [key for key, text in texts.items() if not text or re.search(r"\[\w+\]", text)]


@pytest.mark.parametrize("rule", _rendered(), ids=lambda rule: rule["uid"])
def test_rule_leads_to_its_part_of_the_runbook(rule: Json) -> None:
    file, anchor = rule["annotations"]["runbook_url"].split("#")
    assert file == RUNBOOK
    assert f'<a id="{anchor}"></a>' in (_ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", [rule for rule in _RULES if rule.dashboard], ids=lambda rule: rule.name)
def test_rule_leads_to_a_panel_that_shows_what_it_is_about(rule: Rule) -> None:
    leads = panel_of(rule, "en")
    (panel,) = [panel for panel in board(rule.dashboard).panels if str(panel.id) == leads["__panelId__"]]
    bound = rule.bound(today())
    if rule.case.legal and bound:
        assert f"limit {plain(bound.value)} " in panel.title.en.replace("\N{NARROW NO-BREAK SPACE}", "")
    elif rule.dashboard != "device":
        assert name(getattr(rule.query, "measurement", "ledger")) in "".join(query.select.text for query in panel.queries)


def test_titles_are_unique_in_the_folder() -> None:
    titles = [rule["title"] for rule in _rendered()]
    assert len(set(titles)) == len(titles)


def test_limit_is_the_one_in_force_on_the_day() -> None:
    (rule,) = named(_RULES, "air-pm2-5")
    values = {day: rule.bound(date.fromisoformat(day)) for day in ("2023-09-11", "2025-12-31", "2026-01-01")}
    assert values["2023-09-11"] is None
    assert [values[day].value for day in ("2025-12-31", "2026-01-01")] == [50.0, 45.0]  # type: ignore[union-attr]


def test_gauge_without_a_known_level_is_in_no_rule_of_that_level() -> None:
    first, second = (named(_RULES, name)[0].levels for name in ("flood-1", "flood-2"))
    assert first is not None
    assert second is not None
    assert "cam-dan" in first
    assert "cam-dan" not in second
    assert not {"ben-ho", "cat-khe"} & set(first)


def test_no_rule_loses_its_alerts_to_an_outage_but_the_store_is_told() -> None:
    states = {rule.name: (rule.no_data, rule.on_error) for rule in _RULES}
    assert states.pop("store") == states.pop("watchdog") == ("Alerting", "Alerting")
    assert set(states.values()) == {("KeepLast", "KeepLast")}


def test_heartbeat_asks_no_store_and_is_only_there_for_who_listens() -> None:
    (watchdog,) = named(_RULES, "watchdog")
    rule = grafana_rule(watchdog, watchdog.bound(_DAY))  # type: ignore[arg-type]
    assert [query["datasourceUid"] for query in rule["data"]] == ["__expr__"]
    assert watchdog.uid not in {each["uid"] for group in render(_RULES).groups for each in group.rules}


def test_numbers_in_statements_have_no_exponent() -> None:
    for rule in _rendered():
        assert not re.search(r"\d[eE][+-]?\d", rule["data"][0]["model"].get("query", "")), rule["uid"]
