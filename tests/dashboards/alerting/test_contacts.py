"""Contacts: what a file may say, what Grafana is given, and where secrets go."""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from dashboards.alerting.contacts import Contacts, load
from dashboards.alerting.notify import contact_points, route
from dashboards.alerting.render import render
from dashboards.alerting.rule import SEVERITIES
from dashboards.alerting.rules import load as load_rules
from dashboards.model.json import Json
from telemetry.errors import ConfigError
from tests.dashboards.alerting.oracles import check, check_by_sdk

_EXAMPLE = Path(__file__).parents[3] / "deploy/contacts.example.toml"
_TOKEN, _SECRET = "987:a-token-nobody-may-see", "a-secret-nobody-may-see"


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    """Return the contacts of the example, with secrets."""
    for name, secret in {"telegram.token": _TOKEN, "webhook.secret": _SECRET}.items():
        (tmp_path / name).write_text(secret + "\n", encoding="utf-8")
        (tmp_path / name).chmod(0o640)
    return load(_written(tmp_path, _EXAMPLE.read_text(encoding="utf-8")))


def _written(folder: Path, text: str) -> Path:
    file = folder / "contacts.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _problems(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(_written(folder, text))
    return "\n".join(map(str, caught.value.problems))


def test_contact_points_are_what_grafana_describes(contacts: Contacts) -> None:
    for point in contact_points(contacts):
        value = {"uid": point.uid, "name": point.name, "type": point.type, "settings": point.settings, "disableResolveMessage": False}
        check("grafana-13.0-openapi3.json", "EmbeddedContactPoint", value)
        check_by_sdk("ContactPoint", value)
        assert len(point.uid) <= 40


def test_route_is_what_grafana_describes(contacts: Contacts) -> None:
    check("grafana-13.0-openapi3.json", "Route", route(contacts))
    check("grafana-11.4-swagger2.json", "Route", route(contacts))
    check_by_sdk("NotificationPolicy", route(contacts))
    with pytest.raises(jsonschema.ValidationError):
        check("grafana-13.0-openapi3.json", "Route", route(contacts) | {"groupBy": []})


def test_secrets_are_in_no_repr_no_setting_and_no_file(contacts: Contacts) -> None:
    alerting = render(load_rules(), contacts=contacts)
    secrets = {path: secret.get_secret_value() for point in alerting.contact_points for path, secret in point.secrets.items()}
    assert secrets == {"bottoken": _TOKEN, "hmacConfig.secret": _SECRET}
    shown = repr(contacts) + repr(alerting) + json.dumps([point.settings for point in alerting.contact_points])
    assert _TOKEN not in shown
    assert _SECRET not in shown


def test_webhook_is_signed_together_with_its_time(contacts: Contacts) -> None:
    signed = [point.settings["hmacConfig"] for point in contact_points(contacts) if point.type == "webhook"]
    assert signed
    assert all(each["header"] and each["timestampHeader"] for each in signed)


def _reached(tree: Json, labels: dict[str, str], points: dict[str, set[str]]) -> set[str]:
    """Return who gets an alert, by what Alertmanager does: the first child that matches, else the route itself."""
    operators = {"=": lambda value, wanted: value == wanted, "=~": lambda value, wanted: value in wanted.split("|")}
    for child in tree.get("routes", []):
        if all(operators[operator](labels.get(name, ""), wanted) for name, operator, wanted in child["object_matchers"]):
            assert not child.get("continue")
            return _reached(child, labels, points)
    return points[tree["receiver"]]


def test_each_severity_reaches_whom_it_should_and_the_heartbeat_no_person(contacts: Contacts) -> None:
    points: dict[str, set[str]] = {}
    for point in contact_points(contacts):
        points.setdefault(point.name, set()).add(f"{point.type}")
    tree = route(contacts)
    reached = {severity: _reached(tree, {"quanho": "rule", "severity": severity}, points) for severity in SEVERITIES}
    assert reached == {
        "info": {"telegram", "webhook"},
        "warning": {"email", "telegram", "webhook"},
        "critical": {"email", "telegram", "webhook"},
    }
    assert _reached(tree, {"quanho": "watchdog", "severity": "info"}, points) == {"webhook"}


def test_three_audiences_are_kept_apart(tmp_path: Path) -> None:
    text = "".join(f'[[email]]\nname = "{each}"\naddresses = ["{each}@x.vn"]\nseverities = ["{each}"]\n' for each in SEVERITIES)
    contacts = load(_written(tmp_path, text))
    points = {point.name: {point.settings["addresses"]} for point in contact_points(contacts)}
    reached = {severity: _reached(route(contacts), {"quanho": "rule", "severity": severity}, points) for severity in SEVERITIES}
    assert reached == {severity: {f"{severity}@x.vn"} for severity in SEVERITIES}


def test_without_a_watchdog_webhook_no_heartbeat_is_sent_to_anybody(contacts: Contacts) -> None:
    (webhook,) = contacts.webhook
    deaf = contacts.model_copy(update={"webhook": (webhook.model_copy(update={"watchdog": False}),)})
    assert "quanho-watchdog" in {rule["uid"] for group in render(load_rules(), contacts=contacts).groups for rule in group.rules}
    assert "quanho-watchdog" not in {rule["uid"] for group in render(load_rules(), contacts=deaf).groups for rule in group.rules}
    assert "watchdog" not in json.dumps(route(deaf))


def test_messages_are_in_the_language_of_their_contact(contacts: Contacts) -> None:
    english = contacts.model_copy(update={"email": (contacts.email[0].model_copy(update={"language": "en"}),)})
    vi, en = (next(each.settings for each in contact_points(some) if each.type == "email") for some in (contacts, english))
    assert "summary_vi" in vi["message"]
    assert "summary_en" not in vi["message"]
    assert "summary_en" in en["message"]
    assert "summary_vi" not in en["message"]


def test_every_error_is_told_at_once(tmp_path: Path) -> None:
    text = _EXAMPLE.read_text(encoding="utf-8").replace('"truc-ban@example.vn"', '"truc ban"').replace('language = "vi"', 'language = "fr"')
    problems = _problems(tmp_path, text.replace("https://oncall.example.vn", "https://me:pw@oncall.example.vn"))
    assert 'email[1] "truc-ban".addresses' in problems
    assert 'email[1] "truc-ban".language' in problems
    assert 'webhook[1] "on-call": url must not hold a name or a password' in problems
    assert "pw" not in problems.replace("password", "")


def test_missing_and_readable_secrets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "telegram.token").write_text(_TOKEN, encoding="utf-8")
    (tmp_path / "telegram.token").chmod(0o644)
    problems = _problems(tmp_path, _EXAMPLE.read_text(encoding="utf-8"))
    assert 'telegram[1] "nhom-truc".token_file: every user of this machine can reach' in problems
    assert 'webhook[1] "on-call".secret_file: cannot be read' in problems
    assert _TOKEN not in problems


def test_severity_that_nobody_hears_is_refused(tmp_path: Path) -> None:
    text = '[[email]]\nname = "a"\naddresses = ["a@b"]\nseverities = ["critical"]\n'
    assert "nobody is told of info, warning" in _problems(tmp_path, text)
    assert tomllib.loads(text)["email"]
