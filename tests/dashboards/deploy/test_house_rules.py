"""quanho's own rules, contact points and route, deployed to a Grafana that others use too."""

import json
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


def test_rules_of_the_house_are_taken_and_a_second_time_nothing_changes(fake: FakeGrafana, deploy: Deploy, tmp_path: Path) -> None:
    for name, secret in _SECRETS.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(secret, encoding="utf-8")
    (tmp_path / "contacts.toml").write_bytes(_EXAMPLE.read_bytes())
    alerting = render(load(), contacts=contacts.load(tmp_path / "contacts.toml"))
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
