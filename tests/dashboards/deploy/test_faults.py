"""Every fault at every request of a deployment: it ends with a clear error or with success, and the next one reaches what is wanted."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.alerting.rendered import Alerting
from dashboards.deploy.forms import route_form, rule_form
from dashboards.deploy.wanted import Wanted
from telemetry.errors import ConfigError, QuanhoError, RejectedError, TransientError
from tests.dashboards.deploy import samples
from tests.dashboards.deploy.conftest import Deploy, deployer
from tests.dashboards.fake_grafana.faults import Fault, Kind
from tests.dashboards.fake_grafana.server import FakeGrafana
from tests.dashboards.fake_grafana.store import Store, with_others

_AT_WRITES: tuple[Fault, ...] = (
    *(Fault(kind, 0) for kind in ("empty", "late 502", "late cut", "401", "403", "412", "429", "redirect")),
    Fault("cut", 0, lasts=True),
)
_AT_READS: tuple[Fault, ...] = (
    *(Fault(kind, 0) for kind in ("empty", "garbage", "401", "403", "409", "huge", "half", "429")),
    *(Fault(kind, 0, lasts=True) for kind in ("cut", "html 502")),
)


def _tiny() -> Wanted:
    """Return a deployment with one thing of each kind."""
    whole = samples.small()
    alerting = samples.alerting()
    one = Alerting(alerting.groups[1:], alerting.contact_points[:1], alerting.route)
    return replace(whole, folders=(whole.folders[0], whole.folders[2]), boards=whole.boards[:1], alerting=one)


def _state(store: Store) -> Any:
    """Return what the store holds of ours, without ids and times."""
    return {
        "folders": {uid: folder["title"] for uid, folder in store.folders.items()},
        "boards": {uid: (versions[-1]["json"], versions[-1]["folderUid"]) for uid, versions in store.boards.items()},
        "rules": {uid: rule_form(rule) for uid, rule in store.rules.items()},
        "points": {uid: point["settings"] for uid, point in store.points.items()},
        "sources": {uid: (source["url"], source["jsonData"], store.secrets[uid]) for uid, source in store.datasources.items()},
        "policies": route_form(store.policies),
    }


@pytest.fixture
def fake(loose_server: FakeGrafana) -> FakeGrafana:
    loose_server.store = with_others()
    loose_server.forget()
    return loose_server


@pytest.fixture
def deploy(fake: FakeGrafana, token_file: Path) -> Deploy:
    return deployer(fake, token_file)


def _error(deploy: Deploy, wanted: Wanted) -> QuanhoError | None:
    try:
        deploy(wanted, dry=True)
    except (TransientError, RejectedError, ConfigError) as error:
        return error
    return None


def _ends_clearly(deploy: Deploy, wanted: Wanted, **wishes: bool) -> list[str]:
    """Deploy, and return the errors; anything but ours is raised."""
    try:
        errors = deploy(wanted, **wishes).errors
    except QuanhoError as error:
        errors = [str(error)]
    for text in errors:
        assert text.strip()
        assert not any(word in text for word in (*samples.SECRETS, "glsa_", "Traceback", "<html", "HTTPConnectionPool"))
    return errors


@pytest.mark.parametrize("fault", _AT_READS, ids=lambda fault: fault.kind + " lasting" * fault.lasts)
def test_a_fault_while_reading_changes_nothing(fault: Fault, fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(_tiny(), dry=True)
    reads, before = len(fake.asked), _state(fake.store)
    for at in range(1, reads + 1):
        fake.forget(replace(fault, at=at))
        error = _error(deploy, _tiny())
        assert fault.kind in ("half", "429", "403") if error is None else str(error)  # tried again; /api/health needs no right
        assert fake.written == []
    assert _state(fake.store) == before


@pytest.mark.parametrize("fault", _AT_WRITES, ids=lambda fault: fault.kind + " lasting" * fault.lasts)
def test_after_a_fault_at_any_write_the_next_run_reaches_what_is_wanted(fault: Fault, fake: FakeGrafana, deploy: Deploy) -> None:
    others = fake.store.foreign()
    deploy(_tiny(), dry=True)
    first = len(fake.asked) + 1
    fake.forget()
    assert deploy(_tiny()).errors == []
    last, wanted_state = len(fake.asked), _state(fake.store)
    for at in range(first, last + 1):
        fake.store = with_others()
        fake.forget(replace(fault, at=at))
        _ends_clearly(deploy, _tiny())
        assert fake.store.foreign() == others
        fake.forget()
        assert deploy(_tiny()).errors == []
        assert _state(fake.store) == wanted_state
        assert fake.store.foreign() == others


@pytest.mark.parametrize("kind", ["late cut", "html 502", "403", "412"])
def test_after_a_fault_while_updating_and_pruning_the_next_run_reaches_what_is_wanted(
    kind: Kind, fake: FakeGrafana, deploy: Deploy
) -> None:
    others = fake.store.foreign()
    deploy(_tiny())
    deployed = copy.deepcopy(fake.store)
    changed = samples.with_board(_tiny(), samples.board("quanho-air-vi", "Mới"))
    changed = replace(changed, folders=changed.folders[:1], alerting=Alerting(), store=replace(samples.store(), url="http://new:8086"))
    fake.forget()
    deploy(changed, dry=True)
    first = len(fake.asked) + 1
    fake.forget()
    assert deploy(changed, prune=True).errors == []
    last, wanted_state = len(fake.asked), _state(fake.store)
    for at in range(first, last + 1):
        fake.store = copy.deepcopy(deployed)
        fake.forget(Fault(kind, at, lasts=kind == "html 502"))
        _ends_clearly(deploy, changed, prune=True)
        fake.forget()
        assert deploy(changed, prune=True).errors == []
        assert _state(fake.store) == wanted_state
        assert fake.store.foreign() == others


def test_a_refused_step_stops_no_other_and_a_lacking_permission_stops_all(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(_tiny(), dry=True)
    first = len(fake.asked) + 1
    fake.forget(Fault("412", first + 2))
    refused = deploy(_tiny())
    assert (len(refused.errors), len(refused.steps)) == (1, sum(action.writes for action in refused.actions))
    fake.store = with_others()
    fake.forget(Fault("403", first))
    forbidden = deploy(_tiny())
    assert len(forbidden.steps) == 1
    assert "folders:create" in forbidden.errors[0]


def test_every_permission_that_reading_lacks_is_named_at_once(fake: FakeGrafana, deploy: Deploy) -> None:
    fake.forget(Fault("403", 2, lasts=True))
    with pytest.raises(RejectedError) as caught:
        deploy(_tiny(), dry=True)
    for permission in ("folders:read", "datasources:read", "dashboards:read", "alert.provisioning:read"):
        assert permission in str(caught.value)


def test_versions_that_grafana_does_not_show_are_made_up_for_by_the_content(fake: FakeGrafana, deploy: Deploy) -> None:
    deploy(_tiny())
    fake.forget()
    deploy(_tiny(), dry=True)
    at = next(number for number, asked in enumerate(fake.asked, 1) if "versions" in asked.target)
    fake.forget(Fault("403", at))
    assert deploy(_tiny(), dry=True).of("quanho-air-vi").verb == "unchanged"
    fake.forget(Fault("403", at))
    changed = samples.with_board(_tiny(), samples.board("quanho-air-vi", "Mới"))
    assert "dashboards:write" in deploy(changed, dry=True).of("quanho-air-vi").reason
