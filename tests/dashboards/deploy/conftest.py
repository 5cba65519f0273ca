"""Fake Grafanas, one for each contract that requests and answers are held against, and what deploys to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.calls import Calls
from dashboards.deploy.carry_out import Step, carry_out
from dashboards.deploy.features import features
from dashboards.deploy.live import read
from dashboards.deploy.plan import plan
from dashboards.deploy.wanted import Wanted, suited
from dashboards.grafana.adapter import Grafana
from dashboards.grafana.settings import GrafanaSettings
from tests.dashboards.fake_grafana import specifications
from tests.dashboards.fake_grafana.contract import Contract
from tests.dashboards.fake_grafana.server import TOKEN, FakeGrafana, running
from tests.dashboards.fake_grafana.store import Store, with_others
from tests.dashboards.grafana_operations import OPERATIONS


@cache
def contract_of(name: str) -> Contract:
    """Return the operations written by hand ("own"), or those of a release's specification; skips where it is absent."""
    if name == "own":
        return Contract(OPERATIONS)
    file = specifications.FILES[name]
    if not file.is_file():
        pytest.skip(f"{file.name} is not beside the repository in ../shared/specs")
    return Contract(specifications.operations(name))


@pytest.fixture(scope="session", autouse=True)
def _no_proxy() -> Iterator[None]:
    """A proxy of this machine is not asked for what runs on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[FakeGrafana]:
    """A fake Grafana 13 that holds all it is asked and answers against the specification, or, where that is absent, against ours."""
    with running(Store(), contract_of("13.0" if specifications.FILES["13.0"].is_file() else "own")) as fake:
        yield fake


@pytest.fixture(scope="session")
def loose_server() -> Iterator[FakeGrafana]:
    """A fake Grafana of release 13 without a contract, for faults."""
    with running(Store(), None) as fake:
        yield fake


@pytest.fixture(scope="session")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secrets") / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


@dataclass
class Deployed:
    actions: list[Action]
    steps: list[Step] = field(default_factory=list)

    def verbs(self, *kinds: str) -> list[str]:
        return [each.verb for each in self.actions if not kinds or each.kind in kinds]

    def of(self, uid: str) -> Action:
        return next(each for each in self.actions if each.uid == uid)

    @property
    def errors(self) -> list[str]:
        return [f"{step.action.uid}: {step.error}" for step in self.steps if step.error]


Deploy = Callable[..., Deployed]


def deployer(fake: FakeGrafana, token_file: Path) -> Deploy:
    """Return what deploys to a fake; pauses between tries take no time."""
    settings = GrafanaSettings(url=fake.url, token_file=token_file, max_tries=3, max_answer_bytes=1 << 20, read_timeout_s=10)

    def deploy(wanted: Wanted, *, dry: bool = False, **wishes: bool) -> Deployed:
        grafana = Grafana(settings, sleep=lambda _: None)
        try:
            calls = Calls(grafana)
            suits = suited(wanted, features(calls.version()))
            actions = plan(suits, read(calls, suits), Wishes(**wishes))
            return Deployed(actions, [] if dry else list(carry_out(calls, actions)))
        finally:
            grafana.close()

    return deploy


@contextmanager
def fresh(server: FakeGrafana) -> Iterator[FakeGrafana]:
    """Fill it with what other people made; afterwards that is the same, and nothing was asked or answered outside the contract."""
    server.store = with_others()
    server.behaviour.is_odd = False
    server.behaviour.before_write = server.behaviour.after_write = lambda _method, _path: None
    server.forget()
    server.wrong = []
    others = server.store.foreign()
    yield server
    assert server.wrong == []
    assert server.store.foreign() == others


@pytest.fixture
def fake(server: FakeGrafana) -> Iterator[FakeGrafana]:
    with fresh(server) as ready:
        yield ready


@pytest.fixture
def deploy(fake: FakeGrafana, token_file: Path) -> Deploy:
    return deployer(fake, token_file)
