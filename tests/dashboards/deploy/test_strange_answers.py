"""Answers of any form at all: they end in an error of ours or in a plan, and nothing else."""

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.deploy.action import Wishes
from dashboards.deploy.calls import Calls
from dashboards.deploy.live import read
from dashboards.deploy.plan import plan
from dashboards.grafana.answers import Answer
from telemetry.errors import QuanhoError
from tests.dashboards.deploy import samples
from tests.dashboards.fake_grafana.behaviour import Behaviour
from tests.dashboards.fake_grafana.store import with_others

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_WORDS = """
uid tags panels title dashboard meta versions message version routes object_matchers matchers match receiver annotations data model rules
settings name jsonData type labels for folderUID ruleGroup provenance notification_settings fieldConfig targets Type Name
"""
_KEYS = st.sampled_from(_WORDS.split())
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=12)


class _Strange:
    """Answers as the fake does, but for one request, whose answer is spoilt somewhere."""

    url = "http://grafana.example"

    def __init__(self, behaviour: Behaviour, at: int, spoil: object, path: list[int]) -> None:
        self._behaviour, self._at, self._spoil, self._path = behaviour, at, spoil, path
        self.asked = 0

    def request(self, method: str, path: tuple[str, ...], **about: object) -> Answer:
        self.asked += 1
        params = about.get("params") or {}
        target = "/api/" + "/".join(part.replace("/", "%2F") for part in path)
        assert isinstance(params, dict)
        status, body = self._behaviour.answer(method, target, {key: str(each) for key, each in params.items()}, {}, about.get("body"))
        return Answer(status, _spoilt(body, self._path, self._spoil) if self.asked == self._at else body)


def _spoilt(value: object, path: list[int], by: object) -> object:
    """Return the value with `by` in the place of a part of it, as deep as the path leads."""
    if path and isinstance(value, dict) and value:
        key = sorted(value)[path[0] % len(value)]
        return value | {key: _spoilt(value[key], path[1:], by)}
    if path and isinstance(value, list) and value:
        at = path[0] % len(value)
        return [*value[:at], _spoilt(value[at], path[1:], by), *value[at + 1 :]]
    return by


def _deployed() -> Behaviour:
    behaviour = Behaviour(with_others(), "13.0.0")
    calls = Calls(_Strange(behaviour, 0, None, []))  # type: ignore[arg-type]
    from dashboards.deploy.carry_out import carry_out

    assert not [step.error for step in carry_out(calls, plan(samples.small(), read(calls, samples.small()), Wishes())) if step.error]
    return behaviour


_DEPLOYED = _deployed()


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 19), _JSON, st.lists(st.integers(0, 20), max_size=6), st.booleans())
def test_an_answer_that_is_spoilt_anywhere_gives_a_plan_or_an_error_of_ours(at: int, spoil: object, path: list[int], force: bool) -> None:
    calls = Calls(_Strange(_DEPLOYED, at, spoil, path))  # type: ignore[arg-type]
    wanted = samples.with_board(samples.small(), samples.board("quanho-air-vi", "Mới", threshold=3))
    with suppress(QuanhoError):
        plan(wanted, read(calls, wanted), Wishes(force=force, prune=True))
