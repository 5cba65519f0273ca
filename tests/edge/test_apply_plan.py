"""What a new config changes, for configs of every kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.apply.plan import Effect, Plan, plan
from edge.config import AgentConfig

SOURCE_CHANGES: list[Mapping[str, Any]] = [
    {"priority": "high"},
    {"max_series": 7},
    {"decoder": {"kind": "csv", "columns": ["level"]}},
    {"normalise": {"drop": ["a", "b", "c"], "quality": 32}},
    {"normalise": {"drop": ["c", "b"], "calibration": {"pm2_5": {"gain": 2.0}}}},
]


def source(name: str, kind: str = "serial", **more: object) -> dict[str, Any]:
    reach = {"port": f"/dev/{name}"} if kind == "serial" else {"host": "127.0.0.1", "topics": [f"{name}/#"]}
    return {"id": name, "kind": kind, **reach, "decoder": {"kind": "json"}, **more}


def config(*sources: Mapping[str, Any], **tables: Mapping[str, Any]) -> AgentConfig:
    told: dict[str, Any] = {
        "gateway": {"site": "bn", "id": "gw-1", "state_dir": "/var/lib/quanho"},
        "uplink": {"kind": "file", "folder": "/media/usb"},
    }
    for table, keys in tables.items():
        told[table] = {**told.get(table, {}), **keys}
    return AgentConfig.model_validate({**told, "source": list(sources) or [source("a")]})


def effects(steps: Plan) -> dict[str, Effect]:
    return {verdict.key: verdict.effect for verdict in steps.verdicts}


kinds = st.sampled_from(["serial", "mqtt"])
changes = st.sampled_from([{}, *SOURCE_CHANGES])
source_lists = st.dictionaries(st.sampled_from("abcde"), st.tuples(kinds, changes), min_size=1).map(
    lambda found: [source(name, kind, **more) for name, (kind, more) in found.items()]
)
tables = st.fixed_dictionaries(
    {},
    optional={
        "log": st.sampled_from([{"level": "debug"}, {"format": "json"}]),
        "spool": st.sampled_from([{"quota_bytes": "8MiB"}, {"loss_window_s": 60}]),
        "uplink": st.sampled_from([{"folder": "/media/other"}, {"kind": "file"}]),
        "gateway": st.sampled_from([{"metrics_every_s": 60}, {"id": "gw-2"}, {"state_dir": "/srv/quanho"}]),
    },
)
configs = st.builds(lambda sources, more: config(*sources, **more), source_lists, tables)


@given(configs)
def test_a_config_changes_nothing_against_itself(one: AgentConfig) -> None:
    again = AgentConfig.model_validate(one.model_dump())
    assert plan(one, again).is_empty
    assert plan(one, again).keeps == tuple(each.id for each in one.source)


@given(configs, configs)
def test_only_sources_that_differ_are_touched_and_each_is_named_once(old: AgentConfig, new: AgentConfig) -> None:
    steps = plan(old, new)
    was, wanted = {each.id: each for each in old.source}, {each.id: each for each in new.source}
    assert set(steps.starts) == wanted.keys() - was.keys()
    assert set(steps.stops) == was.keys() - wanted.keys()
    assert set(steps.restarts) == {name for name in was.keys() & wanted.keys() if was[name] != wanted[name]}
    assert sorted((*steps.starts, *steps.restarts, *steps.keeps)) == sorted(wanted)
    touched = {*steps.starts, *steps.stops, *steps.restarts}
    assert {verdict.source for verdict in steps.verdicts} - {""} == touched
    assert all(verdict.key.startswith(f"source[{verdict.source}]") for verdict in steps.verdicts if verdict.source)


@given(configs, configs)
def test_the_way_back_touches_what_the_way_there_did(old: AgentConfig, new: AgentConfig) -> None:
    there, back = plan(old, new), plan(new, old)
    assert (set(there.starts), set(there.stops), set(there.restarts)) == (set(back.stops), set(back.starts), set(back.restarts))
    assert (there.reconnects_uplink, there.restarts_agent) == (back.reconnects_uplink, back.restarts_agent)
    assert there.is_empty == back.is_empty
    assert [verdict.key for verdict in there.refusals] == [verdict.key for verdict in back.refusals]


@pytest.mark.parametrize(
    ("tables", "key", "effect"),
    [
        ({"log": {"level": "debug"}}, "log.level", Effect.AT_ONCE),
        ({"uplink": {"folder": "/media/other"}}, "uplink.folder", Effect.UPLINK_RECONNECTS),
        ({"spool": {"quota_bytes": "8MiB"}}, "spool.quota_bytes", Effect.AGENT_RESTARTS),
        ({"gateway": {"metrics_every_s": 60}}, "gateway.metrics_every_s", Effect.AGENT_RESTARTS),
        ({"gateway": {"id": "gw-2"}}, "gateway.id", Effect.REFUSED),
        ({"gateway": {"site": "hn"}}, "gateway.site", Effect.REFUSED),
        ({"gateway": {"state_dir": "/srv/quanho"}}, "gateway.state_dir", Effect.REFUSED),
    ],
)
def test_each_key_of_the_agent_has_its_verdict(tables: dict[str, Any], key: str, effect: Effect) -> None:
    steps = plan(config(), config(**tables))
    assert effects(steps) == {key: effect}
    assert all(verdict.way_out for verdict in steps.refusals)


def test_a_changed_key_is_named_to_the_last_table_with_its_old_and_new_value() -> None:
    steps = plan(config(source("a")), config(source("a", normalise={"calibration": {"pm2_5": {"gain": 2.0}}}, max_series=7)))
    shown = {verdict.key: (verdict.before, verdict.after) for verdict in steps.verdicts}
    assert shown["source[a].max_series"] == ("5000", "7")
    assert shown["source[a].normalise.calibration.pm2_5"][0] == ""


def test_order_and_comments_of_a_file_are_no_change() -> None:
    assert plan(config(source("a"), source("b")), config(source("b"), source("a"))).is_empty


def test_a_secret_is_only_ever_the_name_of_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    secret.chmod(0o600)
    steps = plan(config(source("a", "mqtt")), config(source("a", "mqtt", username="u", password_file=str(secret))))
    assert str(secret)[:40] in str(steps)
    assert "hunter2" not in str(steps)
