"""What a deployment makes, that a second one makes nothing, and what becomes of what somebody else made or changed."""

import copy
import json
from dataclasses import replace
from pathlib import Path

from dashboards.alerting.contacts import Contacts, Webhook
from dashboards.alerting.render import render
from dashboards.alerting.rendered import Alerting
from dashboards.alerting.rules import load
from dashboards.deploy.wanted import Store
from dashboards.house import ALERTS_FOLDER
from dashboards.words import LANGUAGES
from tests.dashboards.deploy import samples
from tests.dashboards.deploy.conftest import Deploy
from tests.dashboards.fake_grafana.server import FakeGrafana


def test_a_first_deployment_makes_everything_and_a_second_one_writes_nothing(fake: FakeGrafana, deploy: Deploy) -> None:
    first = deploy(samples.small())
    assert first.errors == []
    assert set(first.verbs()) == {"create"}
    assert {"quanho-vi", "quanho-influxdb", "quanho-air-en", "quanho-telegram", "quanho-dust", "quanho-silent"} <= fake.store.ours()
    fake.forget()
    second = deploy(samples.small())
    assert set(second.verbs()) == {"unchanged"}
    assert fake.written == []


def test_secrets_reach_grafana_and_the_plan_does_not_show_them(fake: FakeGrafana, deploy: Deploy) -> None:
    done = deploy(samples.small())
    assert fake.store.secrets["quanho-influxdb"] == {"password": samples.INFLUX_PASSWORD}
    assert fake.store.points["quanho-webhook"]["settings"]["hmacConfig"] == {"timestampHeader": "X-Time", "secret": samples.HMAC}
    assert not any(secret in repr(done) for secret in samples.SECRETS)


def test_our_policy_stands_first_and_the_tree_stays_unlocked(fake: FakeGrafana, deploy: Deploy) -> None:
    before = copy.deepcopy(fake.store.policies)
    deploy(samples.small())
    assert fake.store.policies["routes"][0]["receiver"] == "quanho-oncall"
    assert fake.store.policies["routes"][1:] == before["routes"]
    assert fake.store.policies["provenance"] == ""


def test_a_tree_that_is_locked_by_the_api_stays_so(fake: FakeGrafana, deploy: Deploy) -> None:
    fake.store.policies["provenance"] = "api"
    assert deploy(samples.small()).errors == []
    assert fake.store.policies["provenance"] == "api"
    fake.store.policies["provenance"] = ""


def test_a_tree_that_comes_from_a_file_is_refused_and_the_rest_is_done(fake: FakeGrafana, deploy: Deploy) -> None:
    fake.store.policies["provenance"] = "file"
    done = deploy(samples.small())
    assert done.of("quanho-route").verb == "refuse"
    assert "quanho-dust" in fake.store.rules
    fake.store.policies["provenance"] = ""


def test_a_new_query_and_threshold_are_told_by_panel_and_sent(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.forget()
    changed = samples.with_board(samples.small(), samples.board("quanho-air-vi", "Không khí", 'SELECT max("pm2_5") FROM "air"', 50))
    done = deploy(changed)
    told = [f"{line.sign} {line.text}" for line in done.of("quanho-air-vi").diff]
    assert told == [
        "~ panel “PM2.5”",
        '- query A: SELECT mean("pm2_5") FROM "air" WHERE $timeFilter',
        '+ query A: SELECT max("pm2_5") FROM "air"',
        "- thresholds: green, ≥ 25 red",
        "+ thresholds: green, ≥ 50 red",
    ]
    assert [each.target for each in fake.written] == ["/api/dashboards/db"]
    assert set(deploy(changed).verbs()) == {"unchanged"}


def test_a_dashboard_saved_by_hand_is_only_overwritten_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    edited = copy.deepcopy(fake.store.boards["quanho-air-vi"][-1])
    edited["json"]["panels"][0]["title"] = "Bụi mịn"
    fake.store.boards["quanho-air-vi"].append(edited | {"message": "", "version": 2})
    fake.forget()
    for wanted in (samples.small(), samples.with_board(samples.small(), samples.board("quanho-air-vi", "Mới"))):
        done = deploy(wanted)
        assert done.of("quanho-air-vi").verb == "refuse"
        assert "--force" in done.of("quanho-air-vi").reason
    assert fake.written == []
    assert deploy(samples.small(), force=True).errors == []
    assert fake.store.boards["quanho-air-vi"][-1]["json"]["panels"][0]["title"] == "PM2.5"
    assert set(deploy(samples.small()).verbs()) == {"unchanged"}


def test_a_save_that_carries_our_message_along_is_seen_as_one_by_hand(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    edited = copy.deepcopy(fake.store.boards["quanho-air-vi"][-1])
    edited["json"]["panels"] = []
    fake.store.boards["quanho-air-vi"].append(edited | {"version": 2})
    assert deploy(samples.small()).of("quanho-air-vi").verb == "refuse"


def test_a_dashboard_saved_by_hand_as_it_was_needs_nothing(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.boards["quanho-air-vi"].append(fake.store.boards["quanho-air-vi"][-1] | {"message": "Restored from version 1", "version": 2})
    assert deploy(samples.small()).of("quanho-air-vi").verb == "unchanged"


def test_a_dashboard_moved_to_another_folder_is_brought_back_by_force_alone(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.boards["quanho-air-vi"][-1]["folderUid"] = "ops"
    done = deploy(samples.small())
    assert done.of("quanho-air-vi").verb == "refuse"
    assert "Điện nước" in done.of("quanho-air-vi").reason
    assert [f"{line.sign} {line.text}" for line in done.of("quanho-air-vi").diff] == ["- folder: ops", "+ folder: quanho-vi"]
    deploy(samples.small(), force=True)
    assert fake.store.boards["quanho-air-vi"][-1]["folderUid"] == "quanho-vi"


def test_a_dashboard_of_somebody_else_with_our_uid_is_refused_even_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    foreign = {"uid": "quanho-air-vi", "title": "Mine", "tags": ["home"], "panels": []}
    fake.store.boards["quanho-air-vi"] = [{"json": foreign, "folderUid": "it", "message": "", "version": 4}]
    done = deploy(samples.small(), force=True, prune=True)
    assert done.of("quanho-air-vi").verb == "refuse"
    assert "not ours" in done.of("quanho-air-vi").reason
    assert fake.store.boards["quanho-air-vi"] == [{"json": foreign, "folderUid": "it", "message": "", "version": 4}]
    assert "quanho-air-en" in fake.store.boards


def test_a_dashboard_from_a_file_is_refused_even_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.provisioned.add("quanho-air-en")
    done = deploy(samples.with_board(samples.small(), samples.board("quanho-air-en", "New")), force=True)
    assert done.of("quanho-air-en").verb == "refuse"
    assert "file" in done.of("quanho-air-en").reason


def test_a_dashboard_that_somebody_saved_in_a_form_we_cannot_read_is_refused(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.unreadable.update({"quanho-air-vi", "quanho-air-en"})
    done = deploy(samples.only_vietnamese(samples.small()), force=True, prune=True)
    assert (done.of("quanho-air-vi").verb, done.of("quanho-air-en").verb) == ("refuse", "leave")
    assert "newer form" in done.of("quanho-air-vi").reason
    assert {"quanho-air-vi", "quanho-air-en"} <= set(fake.store.boards)


def test_a_dashboard_saved_between_reading_and_writing_is_not_overwritten(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())

    def somebody(_method: str, path: str) -> None:
        if path == "/api/dashboards/db":
            fake.store.boards["quanho-air-vi"].append(fake.store.boards["quanho-air-vi"][-1] | {"message": "mine", "version": 2})
            fake.behaviour.before_write = lambda _method, _path: None

    fake.behaviour.before_write = somebody
    done = deploy(samples.with_board(samples.small(), samples.board("quanho-air-vi", "Mới")))
    assert len(done.errors) == 1
    assert "412" in done.errors[0]
    assert fake.store.boards["quanho-air-vi"][-1]["message"] == "mine"


def test_a_changed_rule_is_updated_and_its_neighbours_are_not_lost(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.forget()
    done = deploy(samples.with_rule(samples.small(), samples.rule("quanho-dust", "Dust", hold="10m")))
    told = [f"{line.sign} {line.text}" for line in done.of("quanho air/dust").diff]
    assert told == ["~ “Dust”", "- for: 300.0", "+ for: 600.0"]
    assert [each.method for each in fake.written] == ["PUT"]
    assert fake.store.rules["quanho-dust"]["for"] == "10m"
    assert fake.store.rules["quanho-dust-2"]["title"] == "More dust"


def test_a_rule_edited_by_hand_is_only_overwritten_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.rules["quanho-dust"]["for"] = "1h"
    fake.forget()
    done = deploy(samples.with_rule(samples.small(), samples.rule("quanho-dust-2", "More dust", 60)))
    assert done.of("quanho-dust").verb == "refuse"
    assert fake.store.rules["quanho-dust"]["for"] == "1h"
    assert fake.store.rules["quanho-dust-2"]["data"][1]["model"]["above"] == 60
    deploy(samples.small(), force=True)
    assert fake.store.rules["quanho-dust"]["for"] == "5m"


def test_a_strangers_rule_in_our_group_makes_the_group_refused_even_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    stranger = copy.deepcopy(fake.store.rules["quanho-dust"]) | {"uid": "theirs", "title": "Theirs"}
    fake.store.rules["theirs"] = stranger
    done = deploy(samples.with_rule(samples.small(), samples.rule("quanho-dust", "Dust", 99)), force=True, prune=True)
    assert done.of("quanho air/dust").verb == "refuse"
    assert "Theirs" in done.of("quanho air/dust").reason
    assert fake.store.rules.pop("theirs") == stranger


def test_a_rule_of_ours_that_is_no_longer_wanted_stays_in_its_group_until_it_is_pruned(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    groups = samples.alerting().groups
    fewer = replace(groups[0], interval_s=120, rules=groups[0].rules[:1])
    wanted = replace(samples.small(), alerting=replace(samples.alerting(), groups=(fewer, groups[1])))
    assert deploy(wanted).of("quanho-dust-2").verb == "leave"
    assert "quanho-dust-2" in fake.store.rules
    deploy(wanted, prune=True)
    assert set(fake.store.rules) == {"pump-dry", "quanho-dust", "quanho-silent"}


def test_a_rule_that_somebody_edits_after_the_plan_is_not_pruned(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    groups = samples.alerting().groups
    fewer = replace(groups[0], interval_s=120, rules=groups[0].rules[:1])

    def somebody(method: str, path: str) -> None:
        if method == "PUT" and "rule-groups" in path:
            fake.store.rules["quanho-dust-2"]["isPaused"] = True

    fake.behaviour.after_write = somebody
    done = deploy(replace(samples.small(), alerting=replace(samples.alerting(), groups=(fewer, groups[1]))), prune=True)
    assert any("changed since the plan" in text for text in done.errors)
    assert "quanho-dust-2" in fake.store.rules


def test_a_rule_with_our_uid_in_a_folder_of_others_is_refused_even_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    theirs = copy.deepcopy(fake.store.rules["pump-dry"]) | {"uid": "quanho-dust"}
    fake.store.rules["quanho-dust"] = theirs
    done = deploy(samples.small(), force=True, prune=True)
    assert done.of("quanho-dust").verb == "refuse"
    assert fake.store.rules["quanho-dust"] == theirs
    assert "quanho-dust-2" in fake.store.rules


def test_a_grafana_that_stores_rules_in_a_form_nobody_foresaw_needs_nothing_the_second_time(fake: FakeGrafana, deploy: Deploy) -> None:
    fake.behaviour.is_odd = True
    assert deploy(samples.small()).errors == []
    fake.forget()
    assert set(deploy(samples.small()).verbs()) == {"unchanged"}
    assert fake.written == []
    assert deploy(samples.with_rule(samples.small(), samples.rule("quanho-dust", "Dust", 99))).verbs("rule") == []
    assert fake.store.rules["quanho-dust"]["data"][1]["model"]["above"] == 99


def test_a_rule_that_comes_into_the_group_after_the_plan_is_not_deleted(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())

    def somebody(_method: str, path: str) -> None:
        if path == "/api/dashboards/db":
            fake.store.rules["theirs"] = copy.deepcopy(fake.store.rules["quanho-dust"]) | {"uid": "theirs", "title": "Theirs"}
            fake.behaviour.before_write = lambda _method, _path: None

    fake.behaviour.before_write = somebody
    changed = samples.with_board(samples.small(), samples.board("quanho-air-vi", "Mới"))
    done = deploy(samples.with_rule(changed, samples.rule("quanho-dust", "Dust", 99)))
    assert any("changed since the plan" in text for text in done.errors)
    del fake.store.rules["theirs"]


def test_a_contact_point_of_somebody_else_with_our_name_is_refused_and_no_policy_leads_to_it(fake: FakeGrafana, deploy: Deploy) -> None:
    theirs = {"uid": "x1", "name": "quanho-oncall", "type": "email", "settings": {"addresses": "a@example.org"}, "provenance": ""}
    fake.store.points["x1"] = theirs | {"disableResolveMessage": False}
    done = deploy(samples.small(), force=True)
    assert done.verbs("contact point", "route") == ["refuse", "refuse", "refuse"]
    assert not any(each.target.endswith(("policies", "contact-points")) for each in fake.written)
    del fake.store.points["x1"]


def test_a_contact_point_unlocked_and_changed_by_hand_is_only_overwritten_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.points["quanho-telegram"] |= {"provenance": "", "settings": {"chatid": "-7", "parse_mode": "HTML", "bottoken": "theirs"}}
    assert deploy(samples.small()).of("quanho-telegram").verb == "refuse"
    assert fake.store.points["quanho-telegram"]["settings"]["chatid"] == "-7"
    deploy(samples.small(), force=True)
    assert fake.store.points["quanho-telegram"]["settings"] == {"chatid": "-100", "parse_mode": "HTML", "bottoken": samples.BOT_TOKEN}


def test_who_is_no_longer_a_contact_and_still_told_is_said_to_be(fake: FakeGrafana, deploy: Deploy) -> None:
    """The points of one name are one receiver: without the file's entry they are told all the same."""
    deploy(samples.small())
    alerting = samples.alerting()
    webhook_left = replace(samples.small(), alerting=replace(alerting, contact_points=alerting.contact_points[:1]))
    left = deploy(webhook_left).of("quanho-webhook")
    assert (left.verb, str(left.reason)) == ("leave", "is no longer wanted and STILL GETS alerts: --prune deletes it")
    deploy(webhook_left, prune=True)
    assert "quanho-webhook" not in fake.store.points


def test_secrets_are_sent_again_when_asked(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.secrets["quanho-influxdb"] = {"password": "old"}
    fake.store.points["quanho-telegram"]["settings"]["bottoken"] = "old"
    deploy(samples.small())
    assert fake.store.secrets["quanho-influxdb"] == {"password": "old"}
    deploy(samples.small(), renew_secrets=True)
    assert fake.store.secrets["quanho-influxdb"] == {"password": samples.INFLUX_PASSWORD}
    assert fake.store.points["quanho-telegram"]["settings"]["bottoken"] == samples.BOT_TOKEN


def test_a_data_source_keeps_its_secrets_and_what_was_set_beside_ours(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    source = fake.store.datasources["quanho-influxdb"]
    source["jsonData"]["tlsSkipVerify"] = True
    source["isDefault"] = True
    moved = replace(samples.small(), store=Store("http://other:8086", "quanho", "grafana"))
    assert deploy(moved).of("quanho-influxdb").verb == "update"
    source = fake.store.datasources["quanho-influxdb"]
    assert (source["url"], source["isDefault"], source["jsonData"]["tlsSkipVerify"]) == ("http://other:8086", True, True)
    assert fake.store.secrets["quanho-influxdb"] == {"password": samples.INFLUX_PASSWORD}


def test_a_data_source_edited_by_hand_is_only_overwritten_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.datasources["quanho-influxdb"]["url"] = "http://by-hand:8086"
    assert deploy(samples.small()).of("quanho-influxdb").verb == "refuse"
    deploy(samples.small(), force=True)
    assert fake.store.datasources["quanho-influxdb"]["url"] == "http://influxdb:8086"


def test_a_data_source_from_a_file_is_used_as_it_is_or_refused_even_by_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.datasources["quanho-influxdb"]["readOnly"] = True
    assert deploy(samples.small(), force=True, renew_secrets=True).of("quanho-influxdb").verb == "unchanged"
    moved = replace(samples.small(), store=Store("http://other:8086", "quanho", "grafana"))
    assert deploy(moved, force=True).of("quanho-influxdb").verb == "refuse"


def test_without_an_address_of_the_store_the_data_source_is_left_alone_or_asked_for(fake: FakeGrafana, deploy: Deploy) -> None:
    nowhere = replace(samples.small(), store=None)
    assert "--influx" in deploy(nowhere, dry=True).of("quanho-influxdb").reason
    deploy(samples.small())
    fake.store.datasources["quanho-influxdb"]["url"] = "http://by-hand:8086"
    assert deploy(nowhere).of("quanho-influxdb").verb == "unchanged"


def test_a_data_source_of_another_kind_or_name_is_refused(fake: FakeGrafana, deploy: Deploy) -> None:
    fake.store.datasources["x9"] = {"uid": "x9", "name": "quanho InfluxDB", "type": "influxdb", "id": 1, "version": 1, "readOnly": False}
    assert deploy(samples.small(), dry=True).of("quanho-influxdb").verb == "refuse"
    del fake.store.datasources["x9"]
    fake.store.datasources["quanho-influxdb"] = {
        "uid": "quanho-influxdb",
        "name": "x",
        "type": "mysql",
        "id": 1,
        "version": 1,
        "readOnly": False,
    }
    assert deploy(samples.small(), force=True).of("quanho-influxdb").verb == "refuse"


def test_a_folder_renamed_by_hand_keeps_its_name(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.folders["quanho-vi"]["title"] = "Trung tâm"
    fake.forget()
    assert deploy(samples.small()).of("quanho-vi").verb == "unchanged"
    assert fake.written == []
    deploy(samples.small(), force=True)
    assert fake.store.folders["quanho-vi"]["title"] == "Giám sát"


def test_a_folder_of_ours_in_the_other_language_is_renamed(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.folders["quanho-alerts"]["title"] = ALERTS_FOLDER.title.en
    assert deploy(samples.small()).of("quanho-alerts").verb == "update"


def test_what_is_no_longer_wanted_is_listed_and_pruned_only_when_asked(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    before = fake.store.ours()
    listed = deploy(samples.only_vietnamese(samples.small()))
    assert listed.of("quanho-air-en").verb == "leave"
    assert {"leave", "unchanged"} == set(listed.verbs())
    assert fake.store.ours() == before
    done = deploy(samples.only_vietnamese(samples.small()), prune=True)
    assert done.errors == []
    assert fake.store.ours() == {"quanho-vi", "quanho-influxdb", "quanho-air-vi"}
    assert [route["receiver"] for route in fake.store.policies["routes"]] == ["ops", "ops", "ops"]
    assert set(deploy(samples.only_vietnamese(samples.small()), prune=True).verbs()) == {"unchanged"}


def test_prune_leaves_what_was_edited_or_moved_and_folders_that_are_not_empty(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.store.boards["quanho-air-en"].append(fake.store.boards["quanho-air-en"][-1] | {"message": "mine", "version": 2})
    fake.store.rules["quanho-dust"]["isPaused"] = True
    done = deploy(samples.only_vietnamese(samples.small()), prune=True)
    assert (done.of("quanho-air-en").verb, done.of("quanho-dust").verb) == ("refuse", "refuse")
    assert len(done.errors) == 2
    assert all("not empty" in text for text in done.errors)
    assert {"quanho-air-en", "quanho-dust", "quanho-en", "quanho-alerts"} <= fake.store.ours()


def test_prune_takes_no_dashboard_that_only_looks_like_ours(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    theirs = {"uid": "quanho-mine", "title": "Mine", "tags": ["mine"], "panels": []}
    fake.store.boards["quanho-mine"] = [{"json": theirs, "folderUid": "quanho-vi", "message": "", "version": 1}]
    kept = copy.deepcopy(fake.store.boards["quanho-air-en"])
    kept[-1]["folderUid"] = "ops"
    fake.store.boards["quanho-old"] = kept
    for version in kept:
        version["json"]["uid"] = "quanho-old"
    deploy(samples.small(), prune=True, force=True)
    assert {"quanho-mine", "quanho-old"} <= set(fake.store.boards)


def test_without_alerting_all_alerting_is_left_alone(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    fake.forget()
    done = deploy(replace(samples.small(), folders=samples.small().folders[:2], alerting=None), prune=True)
    assert set(done.verbs()) == {"unchanged"}
    assert not any("provisioning" in each.target for each in fake.asked)


def test_a_forgotten_file_of_contacts_takes_away_neither_the_heartbeat_nor_the_links_to_runbooks(
    fake: FakeGrafana, deploy: Deploy, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("s3cret", encoding="utf-8")
    webhook = Webhook(name="hook", url="https://x.example", secret_file=secret, watchdog=True)
    contacts = Contacts(runbooks_url="https://git.example/alerts.md", webhook=(webhook,))
    with_contacts = replace(samples.small(), alerting=render(load(), LANGUAGES, contacts))
    assert deploy(with_contacts, force=True, prune=True).errors == []
    rules = copy.deepcopy(fake.store.rules)
    assert "quanho-watchdog" in rules
    without = replace(samples.small(), alerting=render(load(), LANGUAGES), has_contacts=False)
    assert set(deploy(without, prune=True).verbs()) == {"unchanged"}
    assert fake.store.rules == rules
    pruned = deploy(replace(without, has_contacts=True), prune=True)
    assert pruned.of("quanho-watchdog").verb == "delete"


def test_a_policy_edited_by_hand_is_only_exchanged_by_force_and_at_its_place(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    routes = fake.store.policies["routes"]
    routes.insert(2, routes.pop(0) | {"repeat_interval": "1h"})
    assert deploy(samples.small()).of("quanho-route").verb == "refuse"
    assert (
        deploy(replace(samples.small(), alerting=replace(samples.alerting(), route=None)), prune=True).of("quanho-route").verb == "refuse"
    )
    deploy(samples.small(), force=True)
    assert fake.store.policies["routes"][2]["repeat_interval"] == "240m"
    assert len(fake.store.policies["routes"]) == 4


def test_a_policy_that_we_want_otherwise_now_is_exchanged_without_force(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    route = {"receiver": "quanho-oncall", "object_matchers": [["quanho", "=~", "true|watchdog"]], "routes": [{"receiver": "quanho-oncall"}]}
    wanted = replace(samples.small(), alerting=replace(samples.alerting(), route=route))
    assert deploy(wanted).of("quanho-route").verb == "update"
    assert fake.store.policies["routes"][0]["object_matchers"] == route["object_matchers"]
    assert len(fake.store.policies["routes"]) == 4
    assert set(deploy(wanted).verbs()) == {"unchanged"}


def test_a_policy_of_somebody_else_that_leads_to_our_contact_point_is_not_taken_for_ours(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(samples.small())
    theirs = {"receiver": "quanho-oncall", "object_matchers": [["team", "=", "night"]]}
    fake.store.policies["routes"].append(theirs)
    assert set(deploy(samples.small()).verbs()) == {"unchanged"}
    deploy(replace(samples.small(), alerting=replace(samples.alerting(), route=None)), prune=True)
    assert fake.store.policies["routes"][-1] == theirs
    assert len(fake.store.policies["routes"]) == 4
    deploy(replace(samples.small(), alerting=replace(samples.alerting(), route=None)), prune=True)
    assert fake.store.policies["routes"][-1] == theirs


def test_a_tree_that_somebody_changes_while_we_write_is_told(fake: FakeGrafana, deploy: Deploy) -> None:
    before = copy.deepcopy(fake.store.policies)

    def somebody(_method: str, path: str) -> None:
        if path.endswith("policies"):
            fake.store.policies = before | {"group_wait": "1m"}

    fake.behaviour.after_write = somebody
    done = deploy(samples.small())
    assert len(done.errors) == 1
    assert "same moment" in done.errors[0]
    fake.store.policies = before


def test_what_others_add_to_the_tree_after_the_plan_goes_back_with_ours(fake: FakeGrafana, deploy: Deploy) -> None:
    added = {"receiver": "ops", "object_matchers": [["team", "=", "late"]]}

    def somebody(_method: str, path: str) -> None:
        if path == "/api/folders" and added not in fake.store.policies["routes"]:
            fake.store.policies["routes"].append(added)

    fake.behaviour.before_write = somebody
    assert deploy(samples.small()).errors == []
    assert fake.store.policies["routes"].pop() == added


def test_all_of_the_real_dashboards_are_deployed_and_found_unchanged(fake: FakeGrafana, deploy: Deploy) -> None:
    from dashboards.built import built
    from dashboards.deploy.wanted import wanted
    from dashboards.words import LANGUAGES

    real = wanted(LANGUAGES, built(LANGUAGES), samples.store(), Alerting())
    assert deploy(real).errors == []
    fake.forget()
    assert set(deploy(real).verbs()) == {"unchanged"}
    assert fake.written == []
    assert json.loads(json.dumps(fake.store.boards["quanho-air-vi"][-1]["json"]))["uid"] == "quanho-air-vi"
