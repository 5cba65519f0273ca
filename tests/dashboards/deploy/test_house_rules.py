"""quanho's own rules, contact points and route, deployed to a Grafana that others use too."""

import json
from copy import deepcopy
from pathlib import Path

from dashboards.alerting import contacts
from dashboards.alerting.render import render
from dashboards.alerting.rules import load
from dashboards.deploy.wanted import wanted
from tests.dashboards.deploy import samples
from tests.dashboards.deploy.conftest import Deploy
from tests.dashboards.fake_grafana.server import FakeGrafana

_EXAMPLE = Path(__file__).parents[3] / "deploy/contacts.example.toml"
_SECRETS = {"telegram.token": "987:nobody-may-see", "webhook.secret": "nobody-may-see-this"}


def _example(folder: Path) -> contacts.Contacts:
    for name, secret in _SECRETS.items():
        (folder / name).touch(0o600)
        (folder / name).write_text(secret, encoding="utf-8")
    (folder / "contacts.toml").write_bytes(_EXAMPLE.read_bytes())
    return contacts.load(folder / "contacts.toml")


def test_rules_of_the_house_are_taken_and_a_second_time_nothing_changes(fake: FakeGrafana, deploy: Deploy, tmp_path: Path) -> None:
    alerting = render(load(), contacts=_example(tmp_path))
    everything = wanted((), (), samples.store(), alerting)
    first = deploy(everything)
    assert not first.errors
    assert {rule["uid"] for group in alerting.groups for rule in group.rules} <= fake.store.ours()
    assert {point.uid for point in alerting.contact_points} <= fake.store.ours()
    ours, *others = fake.store.policies["routes"]
    assert ours["object_matchers"] == [["quanho", "=~", "rule|watchdog"]]
    assert others
    assert not [secret for secret in _SECRETS.values() if secret in json.dumps(fake.store.rules) or secret in str(first.actions)]
    second = deploy(everything)
    assert not [(each.kind, each.uid, each.verb, str(each.reason)) for each in second.actions if each.verb != "unchanged"]


def test_forgotten_contacts_change_no_rule_and_take_no_heartbeat_away(fake: FakeGrafana, deploy: Deploy, tmp_path: Path) -> None:
    deploy(wanted((), (), samples.store(), render(load(), contacts=_example(tmp_path))))
    before = deepcopy(fake.store.rules)
    forgotten = wanted((), (), samples.store(), render(load()), has_contacts=False)
    assert not [(each.kind, each.uid, each.verb) for each in deploy(forgotten, prune=True).actions if each.verb != "unchanged"]
    assert fake.store.rules == before
    without = wanted((), (), samples.store(), render(load()))
    assert deploy(without, prune=True).of("quanho-watchdog").verb == "delete"
