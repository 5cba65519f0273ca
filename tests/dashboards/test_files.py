"""The files of `build`, read as Grafana reads them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from dashboards.alerting.contacts import Contacts, Email, Webhook
from dashboards.alerting.render import render
from dashboards.alerting.rendered import Alerting, ContactPoint, RuleGroup
from dashboards.alerting.rules import load
from dashboards.built import built
from dashboards.files.alerts import secret_files
from dashboards.files.provisioning import FileSettings, Secret, Store, files
from dashboards.house import ALERTS_FOLDER, DATASOURCE_UID, FOLDERS
from dashboards.model.json import Json
from tests.dashboards.grafana_reading import as_grafana_reads

QUERY = 'SELECT mean("pm2_5") FROM "air" WHERE $timeFilter AND "site" =~ /^a$/ GROUP BY time($__interval)'


def rule(**more: Any) -> Json:
    return {
        "uid": "quanho-pm",
        "orgID": 1,
        "folderUID": "quanho-alerts",
        "ruleGroup": "air",
        "title": "PM2,5 > 50 $µg",
        "condition": "C",
        "data": [
            {
                "refId": "A",
                "datasourceUid": DATASOURCE_UID,
                "relativeTimeRange": {"from": 600, "to": 0},
                "model": {"refId": "A", "rawQuery": True, "query": QUERY},
            }
        ],
        "noDataState": "NoData",
        "execErrState": "Error",
        "for": "5m",
        "keep_firing_for": "10m",
        "missingSeriesEvalsToResolve": 1000,
        "annotations": {"summary": "{{ $labels.site }}: {{ $values.B.Value }}", "__dashboardUid__": "quanho-air-vi", "__panelId__": "7"},
        "labels": {"severity": "critical", "where": "{{ $labels.site }}"},
        "isPaused": False,
        **more,
    }


ROUTE: Json = {
    "receiver": "on-call",
    "object_matchers": [["team", "=", "quanho"]],
    "group_by": ["alertname", "site"],
    "repeat_interval": "4h",
    "routes": [{"receiver": "phones", "object_matchers": [["severity", "=~", "critical|high"]], "group_wait": "10s"}],
}
POINTS = (
    ContactPoint("quanho-mail", "on-call", "email", {"addresses": "a@example.org"}, {}),
    ContactPoint(
        "quanho-hook",
        "phones",
        "webhook",
        {"url": "https://oncall.example/hook", "title": "{{ $x }}", "hmacConfig": {"timestampHeader": "X-Time"}},
        {"hmacConfig.secret": SecretStr("not to be written")},
        disable_resolve_message=True,
    ),
)


def alerting(*rules: Json, route: Json | None = ROUTE) -> Alerting:
    return Alerting((RuleGroup("quanho-alerts", "air", 60, rules or (rule(labels={"team": "quanho"}),)),), POINTS, route)


def written(given: Alerting | None = None, **settings: Any) -> dict[str, bytes]:
    wanted = FileSettings(**{"seen_at": "/quanho", **settings})
    return files(built(wanted.languages), given or Alerting(), wanted)


def read(made: dict[str, bytes], path: str) -> Any:
    content = yaml.safe_load(made[f"provisioning/{path}"])
    assert content["apiVersion"] == 1
    return as_grafana_reads(content)


def test_a_user_of_influxdb_1_has_the_password_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("parole\n")
    store = Store(url="http://influxdb:8086/", username="gr$fana", password=Secret(source="file", name=str(tmp_path / "secret")))
    made = written(store=store)
    (source,) = read(made, "datasources/quanho.yaml")["datasources"]
    assert (source["uid"], source["type"], source["access"], source["url"]) == (DATASOURCE_UID, "influxdb", "proxy", "http://influxdb:8086")
    assert (source["user"], source["secureJsonData"]) == ("gr$fana", {"password": "parole"})
    assert source["jsonData"] == {"dbName": "quanho", "httpMode": "POST", "timeInterval": "10s"}
    assert not any(b"parole" in content for content in made.values())


def test_a_token_of_influxdb_2_goes_as_a_header_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "t0ken==")
    made = written(store=Store(token=Secret(source="env", name="INFLUX_TOKEN")))
    (source,) = read(made, "datasources/quanho.yaml")["datasources"]
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token t0ken=="}
    assert "user" not in source


def test_a_dollar_sign_in_the_name_of_a_database_is_no_variable() -> None:
    (source,) = read(written(store=Store(database="air$quality")), "datasources/quanho.yaml")["datasources"]
    assert source["jsonData"]["dbName"] == "air$quality"


def test_every_provider_points_at_a_folder_with_the_dashboards_of_its_language() -> None:
    made = written()
    providers = read(made, "dashboards/quanho.yaml")["providers"]
    assert [each["folderUid"] for each in providers] == [folder.uid for folder in FOLDERS.values()]
    for each in providers:
        assert (each["type"], each["allowUiUpdates"], each["disableDeletion"]) == ("file", False, True)
        below = each["options"]["path"].removeprefix("/quanho/")
        boards = [json.loads(content) for path, content in made.items() if path.startswith(f"{below}/")]
        assert sorted(board["uid"] for board in boards) == sorted(each.uid for each in built((below.removeprefix("dashboards/"),)))


def test_dashboards_are_not_changed_by_a_single_character() -> None:
    made = written()
    for each in built():
        assert json.loads(made[f"dashboards/{each.language}/{each.uid}.json"]) == each.json


def test_one_language_is_only_that_language() -> None:
    made = written(alerting(), languages=("en",))
    assert {path.split("/")[1] for path in made if path.startswith("dashboards/")} == {"en"}
    assert read(made, "alerting/rules.yaml")["groups"][0]["folder"] == ALERTS_FOLDER.title.en


def test_the_same_input_gives_the_same_bytes() -> None:
    assert written(alerting()) == written(alerting())


def test_rules_keep_queries_and_annotations_as_they_are_and_double_dollars_elsewhere() -> None:
    """Grafana takes queries and annotations raw, and puts its environment into the rest (rules_types.go)."""
    made = written(alerting(rule()))
    raw = yaml.safe_load(made["provisioning/alerting/rules.yaml"])["groups"][0]["rules"][0]
    assert raw["data"][0]["model"]["query"] == QUERY
    assert raw["annotations"] == rule()["annotations"]
    seen = read(made, "alerting/rules.yaml")["groups"][0]["rules"][0]
    assert seen["title"] == rule()["title"]
    assert seen["labels"] == rule()["labels"]


def test_rules_have_the_names_of_files() -> None:
    group = read(written(alerting(rule())), "alerting/rules.yaml")["groups"][0]
    seen = group["rules"][0]
    assert (group["name"], group["folder"], group["interval"]) == ("air", ALERTS_FOLDER.title.vi, "60s")
    assert (seen["keepFiringFor"], seen["missing_series_evals_to_resolve"], seen["for"]) == ("10m", 1000, "5m")
    assert (seen["dashboardUid"], seen["panelId"]) == ("quanho-air-vi", 7)
    assert not {"orgID", "folderUID", "ruleGroup", "keep_firing_for", "missingSeriesEvalsToResolve"} & set(seen)


def test_what_files_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="no name for newThing"):
        written(alerting(rule(newThing=1)))
    with pytest.raises(ValueError, match="annotation"):
        written(alerting(rule(annotations={"summary": "${HOME}"})))
    with pytest.raises(ValueError, match="folder quanho-alerts"):
        written(Alerting((RuleGroup("elsewhere", "air", 60, (rule(),)),)))


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ({"team": "quanho"}, {"receiver": "on-call", "group_by": ["alertname", "site"], "repeat_interval": "4h"}),
        (
            {"team": "quanho", "severity": "critical"},
            {"receiver": "phones", "group_by": ["alertname", "site"], "group_wait": "10s", "repeat_interval": "4h"},
        ),
        ({"team": "quanho", "severity": "low"}, {"receiver": "on-call", "group_by": ["alertname", "site"], "repeat_interval": "4h"}),
        ({"team": "others"}, None),
    ],
)
def test_rules_name_the_contact_point_that_the_route_would_choose_and_the_tree_stays(labels: Json, wanted: Json | None) -> None:
    made = written(alerting(rule(labels=labels)))
    (seen,) = read(made, "alerting/rules.yaml")["groups"][0]["rules"]
    assert seen.get("notification_settings") == wanted
    assert "provisioning/alerting/policies.yaml" not in made


def test_where_a_route_tells_several_a_contact_point_has_the_receivers_of_all() -> None:
    both = [{"receiver": name, "object_matchers": [["severity", "!~", "low"]], "continue": True} for name in ("on-call", "phones")]
    made = written(alerting(rule(labels={"team": "quanho", "severity": "high"}), route=ROUTE | {"routes": both}))
    (seen,) = read(made, "alerting/rules.yaml")["groups"][0]["rules"]
    (point,) = read_without_secrets(made)
    assert seen["notification_settings"]["receiver"] == point["name"] == "on-call + phones"
    assert [receiver["type"] for receiver in point["receivers"]] == ["email", "webhook"]
    uids = {receiver["uid"] for receiver in point["receivers"]}
    assert not uids & {each.uid for each in POINTS}, "a uid is one receiver's"
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,40}", uid) for uid in uids)


def test_several_who_want_an_alert_at_different_times_ask_for_the_tree() -> None:
    both = [{"receiver": "on-call", "continue": True}, {"receiver": "phones", "repeat_interval": "1h"}]
    with pytest.raises(ValueError, match="tree"):
        written(alerting(route=ROUTE | {"routes": both}))


def test_the_rules_of_quanho_reach_whom_the_contacts_say(tmp_path: Path) -> None:
    """Every rule with the contact points that the route, read by Alertmanager's rules, would choose."""
    contacts = Contacts(
        email=(Email(name="office", addresses=("a@example.org",)),),
        webhook=(Webhook(name="hook", url="https://x.example", secret_file=secret(tmp_path), severities=("critical",), watchdog=True),),
    )
    given = render(load(), ("vi", "en"), contacts)
    rules = [rule for group in read(written(given), "alerting/rules.yaml")["groups"] for rule in group["rules"]]
    assert len(rules) == sum(len(group.rules) for group in given.groups) > 20
    reached = {(rule["labels"]["quanho"], rule["labels"]["severity"]): rule["notification_settings"]["receiver"] for rule in rules}
    told = {point["name"]: [each["type"] for each in point["receivers"]] for point in read_without_secrets(written(given))}
    assert told[reached[("rule", "critical")]] == ["email", "webhook"]
    assert told[reached[("rule", "warning")]] == ["email"]
    assert [told[name] for (kind, _), name in reached.items() if kind == "watchdog"] == [["webhook"]]
    assert set(told) == set(reached.values())


def secret(folder: Path) -> Path:
    path = folder / "secret"
    path.touch(0o600)
    path.write_text("s3cret")
    return path


def read_without_secrets(made: dict[str, bytes]) -> Any:
    return yaml.safe_load(made["provisioning/alerting/contact-points.yaml"])["contactPoints"]


def test_the_tree_is_written_only_when_asked_for() -> None:
    made = written(alerting(), routing="tree", default_receiver="duty")
    (tree,) = read(made, "alerting/policies.yaml")["policies"]
    assert (tree["receiver"], tree["routes"]) == ("duty", [ROUTE])
    assert "notification_settings" not in read(made, "alerting/rules.yaml")["groups"][0]["rules"][0]
    assert "provisioning/alerting/policies.yaml" not in written(alerting(), routing="none")


def test_secrets_of_contact_points_are_named_and_never_written(tmp_path: Path) -> None:
    given = alerting(rule(labels={"team": "quanho", "severity": "critical"}))
    made = written(given, secrets_dir=str(tmp_path))
    for path in secret_files(given, str(tmp_path)):
        Path(path).write_text("from the file\n")
    points = {point["name"]: point["receivers"] for point in read(made, "alerting/contact-points.yaml")["contactPoints"]}
    assert points["phones"] == [
        {
            "uid": "quanho-hook",
            "type": "webhook",
            "settings": {
                "url": "https://oncall.example/hook",
                "title": "{{ $x }}",
                "hmacConfig": {"timestampHeader": "X-Time", "secret": "from the file"},
            },
            "disableResolveMessage": True,
        }
    ]
    assert not any(b"not to be written" in content for content in made.values())


def test_receivers_of_one_name_are_one_contact_point() -> None:
    both = tuple(ContactPoint(f"quanho-{n}", "on-call", "email", {"addresses": f"{n}@example.org"}, {}) for n in "ab")
    (point,) = read(written(Alerting(contact_points=both)), "alerting/contact-points.yaml")["contactPoints"]
    assert [receiver["uid"] for receiver in point["receivers"]] == ["quanho-a", "quanho-b"]


def test_no_alert_rules_are_no_alerting_files() -> None:
    assert not [path for path in written() if "alerting" in path]
