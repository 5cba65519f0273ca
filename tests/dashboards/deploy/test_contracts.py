"""Everything a deployment asks in its life, held against each contract: ours by hand, Grafana 13.0's and 11.4's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.errors import ConfigError
from tests.dashboards.deploy import samples
from tests.dashboards.deploy.conftest import contract_of, deployer, fresh
from tests.dashboards.fake_grafana import specifications
from tests.dashboards.fake_grafana.contract import Contract, Operation
from tests.dashboards.fake_grafana.server import FakeGrafana, running
from tests.dashboards.fake_grafana.store import Store
from tests.dashboards.grafana_operations import OPERATIONS

_LATER = {"missingSeriesEvalsToResolve", "keep_firing_for", "active_time_intervals"}


@pytest.fixture(params=["own", "13.0", "11.4"])
def each_fake(request: pytest.FixtureRequest) -> Iterator[FakeGrafana]:
    version = "11.4.0" if request.param == "11.4" else "13.0.0"
    with running(Store(), contract_of(request.param), version) as server, fresh(server) as fake:
        yield fake


def test_the_life_of_a_deployment_keeps_to_every_contract(each_fake: FakeGrafana, token_file: Path) -> None:
    deploy = deployer(each_fake, token_file)
    is_old = each_fake.behaviour.version.startswith("11.")
    wanted = samples.without_webhook(samples.small()) if is_old else samples.small()
    assert deploy(wanted).errors == []
    assert ("missingSeriesEvalsToResolve" in each_fake.store.rules["quanho-dust"]) is not is_old
    assert set(deploy(wanted).verbs()) == {"unchanged"}
    changed = samples.with_board(wanted, samples.board("quanho-air-vi", "Mới"))
    changed = samples.with_rule(changed, samples.rule("quanho-dust", "Dust", 99))
    each_fake.store.datasources["quanho-influxdb"]["url"] = "http://by-hand"
    each_fake.store.folders["quanho-vi"]["title"] = "By hand"
    each_fake.store.policies["routes"][0]["group_wait"] = "1m"
    forced = deploy(changed, force=True, renew_secrets=True)
    assert forced.errors == []
    assert set(forced.verbs("folder", "datasource", "contact point", "route")) >= {"update"}
    assert deploy(samples.only_vietnamese(changed), prune=True).errors == []
    used = {
        contract.path for asked in each_fake.asked if (contract := Contract(OPERATIONS).find(asked.method, asked.target.partition("?")[0]))
    }
    assert len(used) == len({operation.path for operation in OPERATIONS})


def test_a_grafana_that_signs_no_webhook_is_sent_no_secret_of_one(token_file: Path) -> None:
    """It would keep the secret in plain text, and send messages that whoever gets them has to refuse."""
    with running(Store(), None, "11.6.3") as old:
        with pytest.raises(ConfigError, match=r"Grafana 11\.6\.3: quanho-webhook: Grafana before 12\.0 signs no webhook"):
            deployer(old, token_file)(samples.small())
        assert {each.method for each in old.asked} == {"GET"}
        assert not deployer(old, token_file)(samples.without_webhook(samples.small())).errors


@pytest.mark.parametrize("release", ["13.0", "11.4"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_our_own_operations_are_within_those_of_grafana(operation: Operation, release: str) -> None:
    theirs = contract_of(release).find(operation.method, operation.path)
    assert theirs is not None
    assert operation.query <= theirs.query
    assert operation.headers <= theirs.headers
    assert (operation.body is None) == (theirs.body is None)
    assert set(operation.answers) - {403, 406 if release == "11.4" else 403} <= set(theirs.answers) | (
        {409} if operation.path == "/api/datasources/uid/{uid}" else set()
    )
    ours, full = _keys(operation.body, operation.schemas), _keys(theirs.body, theirs.schemas)
    assert ours - full <= (_LATER if release == "11.4" else set())


def _keys(schema: object, schemas: object, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return every key that a schema names, however deep."""
    if isinstance(schema, list):
        return set().union(*(_keys(each, schemas, seen) for each in schema))
    if not isinstance(schema, dict):
        return set()
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        return set() if name in seen or not isinstance(schemas, dict) else _keys(schemas[name], schemas, seen | {name})
    properties = schema.get("properties") or {}
    inner = [_keys(each, schemas, seen) for each in (*properties.values(), schema.get("items"))]
    return set(properties).union(*inner)


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "wrong"),
    [
        ("POST", "/api/dashboards/db", (), b'{"dashboard": {}, "folderUID": "x"}', "folderUID"),
        ("POST", "/api/dashboards/dbs", (), b"{}", "no such operation"),
        ("GET", "/api/search?tags=quanho", (), b"", "no query parameter tags"),
        ("DELETE", "/api/v1/provisioning/contact-points/x", ("X-Disable-Provenance",), b"", "no header"),
        ("PUT", "/api/v1/provisioning/folder/f/rule-groups/g", (), b'{"rules": [{"orgID": "1"}]}', "orgID"),
        ("PUT", "/api/v1/provisioning/policies", (), b'{"routes": [{"routes": [{"reciever": "x"}]}]}', "reciever"),
        ("POST", "/api/v1/provisioning/contact-points", (), b'{"type": "pigeon", "settings": {}}', "pigeon"),
    ],
)
@pytest.mark.parametrize("contract", ["own", "13.0", "11.4"])
def test_a_contract_sees_what_is_wrong(contract: str, method: str, target: str, headers: tuple[str, ...], body: bytes, wrong: str) -> None:
    found = list(contract_of(contract).wrong_with_request(method, target, headers, body))
    assert any(wrong in text for text in found)


def test_the_specifications_are_looked_for_beside_the_repository() -> None:
    assert specifications.FOLDER.parts[-2:] == ("shared", "specs")
