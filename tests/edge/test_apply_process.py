"""A config on trial on a whole agent, between brokers of ours and a folder: what it touches, how it ends, and the way back."""

import json
import logging
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.apply.commands import commands_of
from edge.apply.effective import load_effective
from edge.apply.folder import APPLIED
from edge.apply.process import AgentProcess
from edge.control_client import ask
from edge.spool.files import Files
from telemetry.errors import TransientError
from telemetry.lineprotocol.parse import parse
from tests.daily_files import delivered
from tests.faults.real_disk import FullDisk
from tests.stand_ins.puback_swallower import PubackSwallower
from tests.stand_ins.skipping_clock import SkippingClock
from tests.stand_ins.strict_broker import StrictBroker
from tests.waiting import eventually


@dataclass
class Site:
    """Two brokers, `air` and `noise`, each with a source of that name, and a config file that a test rewrites."""

    folder: Path
    brokers: dict[str, StrictBroker]
    deaths: list[str] = field(default_factory=list)
    clock: SkippingClock = field(default_factory=SkippingClock)

    @property
    def file(self) -> Path:
        return self.folder / "edge.toml"

    def text(self, **changes: str) -> str:
        """`changes`: usb, spool, log and site for the tables, air and noise for lines of those sources; None leaves a source out."""
        sources = "".join(self._source(name, changes.get(name, "")) for name in self.brokers if changes.get(name, "") != "none")
        return f"""
[gateway]
site = "{changes.get("site", "bn")}"
id = "gw-1"
state_dir = "{self.folder}/state"
metrics_every_s = 3600
[log]
level = "{changes.get("log", "info")}"
[clock]
trust = "host"
[spool]
batch_age_ms = 10
{changes.get("spool", "")}
[uplink]
kind = "file"
folder = "{self.folder}/{changes.get("usb", "usb")}"
{sources}"""

    def _source(self, name: str, more: str) -> str:
        return f"""
[[source]]
id = "{name}"
kind = "mqtt"
host = "127.0.0.1"
port = {self.brokers[name].port}
topics = ["{name}/{{device}}"]
reconnect_first_s = 0.05
reconnect_ceiling_s = 0.2
watch_broker_drops = false
decoder = {{ kind = "json", measurement = "{name}" }}
{more}
"""

    def publish(self, name: str, numbers: range) -> None:
        for number in numbers:
            self.brokers[name].publish(f"{name}/d1", json.dumps({"n": number}).encode())

    def ask(self, command: str, **words: object) -> Mapping[str, object]:
        return ask(self.folder / "state" / "agent.sock", {"command": command, **words}, 20.0)

    def apply(self, text: str, **words: object) -> Mapping[str, object]:
        return self.ask("apply", text=text, name="new.toml", **words)

    def config_state(self) -> Mapping[str, object]:
        state = self.ask("apply_status")["config"]
        assert isinstance(state, dict)
        return state

    def outcome(self, trial: object) -> tuple[str, str]:
        """Wait for the verdict on a trial."""

        def last() -> object:
            try:
                found = self.config_state()["last"]
            except TransientError:  # the agent restarts itself
                return None
            return found if isinstance(found, dict) and found["id"] == trial else None

        found = eventually(last, 30.0, "the verdict")
        assert isinstance(found, dict)
        return found["phase"], found["reason"]

    def delivered(self, measurement: str, folder: str = "usb") -> Counter[int]:
        """What the uplink has of the numbers of a source."""
        data = delivered(self.folder / folder)
        points = [point for _, point in parse(data, 0) if getattr(point, "measurement", "") == measurement]
        return Counter(int(dict(point.fields)["n"]) for point in points)  # type: ignore[union-attr, arg-type]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A changed log level changes the whole process, with a stream that ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "usb").mkdir()
    with ExitStack() as stack:
        made = Site(tmp_path, {name: stack.enter_context(StrictBroker()) for name in ("air", "noise")})
        made.file.write_text(made.text())
        yield made
        assert [broker.violations for broker in made.brokers.values()] == [[], []]


@contextmanager
def running(site: Site, files: Files | None = None) -> Iterator[AgentProcess]:
    process = AgentProcess(load_effective(site.file), commands_of, site.clock, files, on_death=site.deaths.append)
    process.start()
    try:
        eventually(lambda: all(source.state().connected for source in process.agent.sources))
        yield process
    finally:
        process.drain(10)
        process.stop(10)
        assert site.deaths == []


@pytest.fixture
def read_only(site: Site) -> Callable[[], None]:
    """Keep the agent from replacing the file, as the permissions of /etc do (root heeds no permissions)."""
    return lambda: (site.folder / f".edge.toml.{os.getpid()}.new").mkdir()


def test_an_unchanged_config_is_nothing_to_do(site: Site) -> None:
    with running(site) as process:
        sources = process.agent.sources
        answer = site.apply("# a comment\n" + site.text())
        assert (answer["verdicts"], answer.get("trial")) == ([], None)
        assert process.agent.sources == sources


def test_a_dry_run_gives_verdicts_and_changes_nothing(site: Site) -> None:
    with running(site) as process:
        sources = process.agent.sources
        answer = site.apply(site.text(air="max_series = 7", log="debug"), dry_run=True)
        assert [verdict["key"] for verdict in answer["verdicts"]] == ["log.level", "source[air].max_series"]  # type: ignore[attr-defined]
        assert answer.get("trial") is None
        assert process.agent.sources == sources
    assert not (site.folder / "state" / "config").exists()


def test_only_the_touched_source_restarts_and_nothing_is_lost_or_doubled(site: Site) -> None:
    with running(site) as process:
        noise = process.agent.source_set.units[1]
        quiet = threading.Event()
        published = []

        def talk() -> None:
            while not quiet.wait(0.005):
                for name in ("air", "noise"):
                    site.publish(name, range(len(published), len(published) + 1))
                published.append(1)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            eventually(lambda: len(published) > 20)
            trial = site.apply(site.text(air="max_series = 7"))["trial"]
            assert site.outcome(trial)[0] == "kept"
        finally:
            quiet.set()
            thread.join(10)
        wanted = Counter(range(len(published)))
        eventually(lambda: (site.delivered("air"), site.delivered("noise")) == (wanted, wanted))
        assert process.agent.source_set.units[1] is noise
        assert site.brokers["noise"].connect_count == 1
        assert site.brokers["air"].connect_count == 2
        assert process.agent.totals().received == 2 * len(published)


def test_a_kept_config_is_in_the_file_and_the_one_before_beside_the_state(site: Site) -> None:
    before, new = site.file.read_text(), site.text(air="max_series = 7")
    with running(site):
        assert site.outcome(site.apply(new)["trial"])[0] == "kept"
        assert site.config_state()["instead"] is None
    assert site.file.read_text() == new
    assert (site.folder / "state" / "config" / "previous.toml").read_text() == before


def test_an_uplink_that_delivers_nothing_returns_at_the_deadline_and_no_reading_is_lost(site: Site) -> None:
    with running(site) as process:
        trial = site.apply(site.text(usb="not-there"))["trial"]
        site.publish("air", range(50))
        eventually(lambda: process.agent.config.uplink.folder.name == "not-there")  # type: ignore[union-attr]
        eventually(lambda: site.config_state()["trial"])
        site.clock.skip(299)
        assert site.config_state()["last"] is None
        site.clock.skip(2)
        phase, reason = site.outcome(trial)
        assert (phase, reason) == ("returned", "not back in time: uplink")
        eventually(lambda: site.delivered("air") == Counter(range(50)))
        assert [broker.connect_count for broker in site.brokers.values()] == [1, 1]
    assert site.file.read_text() == site.text()
    assert (site.folder / "state" / "config" / "returned.toml").read_text() == site.text(usb="not-there")


def test_a_source_that_connects_and_gives_no_readings_any_more_returns(site: Site) -> None:
    with running(site) as process:
        for number in range(2):
            site.publish("air", range(number, number + 1))
            eventually(lambda wanted=number + 1: process.agent.intakes[0].counts.points == wanted)
        wrong = site.text().replace("air/{device}", "air/typo/{device}")
        trial = site.apply(wrong)["trial"]
        eventually(lambda: site.config_state()["trial"]["missing"] == ["air: readings"])  # type: ignore[index]
        site.clock.skip(301)
        assert site.outcome(trial) == ("returned", "not back in time: air: readings")
        eventually(lambda: process.agent.sources[0].state().connected)
        site.publish("air", range(2, 9))
        eventually(lambda: site.delivered("air") == Counter(range(9)))


def test_a_confirmed_trial_is_kept_whatever_is_seen(site: Site) -> None:
    with running(site):
        new = site.text(usb="not-there")
        trial = site.apply(new)["trial"]
        site.ask("confirm")
        assert site.outcome(trial) == ("kept", "confirmed")
        with pytest.raises(TransientError, match="no config is on trial"):
            site.ask("confirm")
    assert site.file.read_text() == new


def test_a_log_level_is_in_force_at_once_and_touches_nothing(site: Site) -> None:
    with running(site) as process:
        agent, sources, uplink = process.agent, process.agent.sources, process.agent.uplink
        assert site.outcome(site.apply(site.text(log="error"))["trial"])[0] == "kept"
        assert logging.getLogger().level == logging.ERROR
        assert (process.agent, process.agent.sources, process.agent.uplink) == (agent, sources, uplink)


def test_a_second_config_waits_for_the_first_trial(site: Site) -> None:
    with running(site):
        site.apply(site.text(usb="not-there"))
        with pytest.raises(TransientError, match="another config is on trial"):
            site.apply(site.text(log="debug"))


def test_a_change_of_the_spool_restarts_the_agent_in_its_process_and_the_trial_goes_on(site: Site) -> None:
    with running(site) as process:
        first = process.agent
        site.publish("air", range(20))
        trial = site.apply(site.text(spool="quota_bytes = '8MiB'"))["trial"]
        eventually(lambda: process.agent is not first)
        site.publish("air", range(20, 40))
        assert site.outcome(trial)[0] == "kept"
        assert process.agent.config.spool.quota_bytes == 8 << 20
        eventually(lambda: site.delivered("air") == Counter(range(40)))


def test_a_restart_that_does_not_deliver_leads_back_to_an_agent_with_the_old_config(site: Site) -> None:
    with running(site) as process:
        trial = site.apply(site.text(usb="not-there", spool="quota_bytes = '8MiB'"))["trial"]
        eventually(lambda: process.agent.config.spool.quota_bytes == 8 << 20)
        site.publish("noise", range(20))
        eventually(lambda: process.agent.totals().stored >= 20)
        site.clock.skip(301)
        assert site.outcome(trial)[0] == "returned"
        assert process.agent.config.spool.quota_bytes == 1 << 30
        eventually(lambda: site.delivered("noise") == Counter(range(20)))


def test_sources_come_and_go(site: Site) -> None:
    site.file.write_text(site.text(noise="none"))
    with running(site) as process:
        assert site.outcome(site.apply(site.text(air="none"))["trial"])[0] == "kept"
        assert [unit.settings.id for unit in process.agent.source_set.units] == ["noise"]
        site.publish("noise", range(5))
        eventually(lambda: site.delivered("noise") == Counter(range(5)))
        assert site.brokers["air"].goodbye_count == 1


def test_an_agent_that_ends_during_a_trial_starts_with_the_config_before_and_says_so(site: Site) -> None:
    with running(site):
        trial = site.apply(site.text(usb="not-there"))["trial"]
    with running(site) as process:
        assert process.agent.config.uplink.folder.name == "usb"  # type: ignore[union-attr]
        assert site.outcome(trial) == ("returned", "the agent ended during the trial and started with the config before it")


def test_where_the_file_may_not_be_written_the_kept_config_stands_in_its_place(site: Site, read_only: Callable[[], None]) -> None:
    read_only()
    before = site.file.read_text()
    with running(site):
        assert site.outcome(site.apply(site.text(log="debug"))["trial"])[0] == "kept"
        assert str(site.config_state()["instead"]).endswith(APPLIED)
    assert site.file.read_text() == before
    with running(site) as process:
        assert process.agent.config.log.level == "debug"
        assert str(site.ask("status")["config"]["instead"]).endswith(APPLIED)  # type: ignore[index]
    site.file.write_text(before + "# edited\n")
    with running(site) as process:
        assert process.agent.config.log.level == "info"
        assert site.config_state()["instead"] is None
    assert (site.folder / "state" / "config" / "superseded.toml").exists()


def test_a_file_edited_in_place_is_on_trial_too_and_a_crash_leads_back_to_what_ran(site: Site) -> None:
    with running(site):
        site.file.write_text(site.text(usb="not-there"))
        site.apply(site.file.read_text())
        assert load_effective(site.file).config.uplink.folder.name == "usb"  # type: ignore[union-attr]
    with running(site) as process:
        assert process.agent.config.uplink.folder.name == "usb"  # type: ignore[union-attr]


def test_changes_in_the_file_that_do_not_run_are_not_overwritten_by_another_config(site: Site) -> None:
    with running(site):
        site.file.write_text(site.text(noise="max_series = 9"))
        with pytest.raises(TransientError, match="holds changes that are not running"):
            site.apply(site.text(air="max_series = 7"))


def test_identity_is_refused_with_the_way_out_and_nothing_begins(site: Site) -> None:
    with running(site):
        answer = site.apply(site.text(site="hn"))
        assert (answer["is_refused"], answer.get("trial")) == (True, None)
        assert "stop the agent" in str(answer["verdicts"])


def test_an_invalid_config_is_answered_with_every_problem(site: Site) -> None:
    with running(site):
        answer = site.apply(site.text(air='colour = "blue"', log="loud"))
        assert len(answer["problems"]) == 2  # type: ignore[arg-type]
        assert all(str(problem).startswith("new.toml: ") for problem in answer["problems"])  # type: ignore[attr-defined]


def test_what_a_lost_acknowledgement_brings_again_to_a_restarted_source_is_recognised(site: Site) -> None:
    with PubackSwallower(site.brokers["air"].port) as between:
        port = f"port = {site.brokers['air'].port}"
        text = site.text().replace(port, f"port = {between.port}")
        site.file.write_text(text)
        with running(site) as process:
            between.swallow()
            site.publish("air", range(10))
            eventually(lambda: between.swallowed_count and process.agent.totals().stored >= 10)
            trial = site.apply(text.replace('id = "air"', 'id = "air"\nmax_series = 7'), confirm=True)["trial"]
            between.pass_on()
            assert site.outcome(trial)[0] == "kept"
            eventually(lambda: len(site.brokers["air"].acknowledged) >= 10)
            site.publish("air", range(10, 20))
            eventually(lambda: site.delivered("air") == Counter(range(20)))
            assert any(delivery.dup for delivery in site.brokers["air"].deliveries)


def test_a_source_that_goes_while_the_disk_is_full_leaves_what_it_had_to_be_written_later(site: Site) -> None:
    disk = FullDisk(".seg")
    with running(site, disk) as process:
        trial = site.apply(site.text(usb="not-there", air="max_series = 7"))["trial"]
        eventually(lambda: site.config_state()["trial"]["missing"] == ["uplink"])  # type: ignore[index]
        disk.is_full = True
        site.publish("air", range(5000, 5020))
        for first in range(0, 300, 20):  # more than the room that was reserved
            site.brokers["air"].publish("air/d1", json.dumps({"n": first} | {f"f{at}": random.random() for at in range(900)}).encode())
        eventually(lambda: process.agent.writer.state.trouble)
        with pytest.raises(TransientError, match="on trial"):
            site.apply(site.text(log="debug"))
        site.clock.skip(301)
        assert site.outcome(trial)[0] == "returned"
        with pytest.raises(TransientError, match="the disk does not take readings"):
            site.apply(site.text(log="debug"))
        disk.is_full = False
        site.clock.skip(10)
        eventually(lambda: {*range(5000, 5020), *range(0, 300, 20)} <= site.delivered("air").keys())
        site.publish("air", range(6000, 6010))
        eventually(lambda: set(range(6000, 6010)) <= site.delivered("air").keys())
