"""Hands-on mode on a whole agent with serial lines: what is marked, from when to when, and what a restart does to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config_file import load_agent_config
from edge.control_client import ask
from telemetry.errors import TransientError
from telemetry.lineprotocol.parse import parse
from tests.daily_files import delivered
from tests.stand_ins.serial_line import SerialLine
from tests.stand_ins.skipping_clock import SkippingClock
from tests.waiting import eventually

MARKED, GOOD = 64, 0


class OtherBoot(SkippingClock):
    """The machine was started again."""

    boot_id = "00000000-0000-4000-8000-000000000002"  # type: ignore[assignment]


class Yard:
    """Sources `left` and `right`, each on a line of its own."""

    def __init__(self, folder: Path, lines: dict[str, SerialLine]) -> None:
        (folder / "usb").mkdir()
        self.folder, self.lines, self.clock = folder, lines, SkippingClock()
        self.count = 0
        sources = "".join(
            f'[[source]]\nid = "{name}"\nkind = "serial"\nport = "{line.path}"\nread_timeout_s = 0.1\n'
            'decoder = { kind = "json", measurement = "level" }\nnormalise = { quality = 0 }\n'
            for name, line in lines.items()
        )
        self.file = folder / "edge.toml"
        self.file.write_text(
            f'[gateway]\nsite = "bn"\nid = "gw-1"\nstate_dir = "{folder}/state"\n[clock]\ntrust = "host"\n[spool]\nbatch_age_ms = 10\n'
            f'[uplink]\nkind = "file"\nfolder = "{folder}/usb"\n{sources}'
        )

    @contextmanager
    def agent(self, clock: SkippingClock | None = None) -> Iterator[Agent]:
        agent = Agent(load_agent_config(self.file), clock or self.clock)
        agent.start()
        try:
            eventually(lambda: all(source.state().connected for source in agent.sources))
            yield agent
        finally:
            agent.drain(5)
            agent.stop(5)

    def ask(self, **words: object) -> dict[str, float]:
        answer = ask(self.folder / "state" / "agent.sock", {"command": "maintenance", **words}, 10.0)
        return {each["id"]: each["maintenance_left_s"] for each in answer["sources"]}

    def say(self, source: str) -> int:
        """Have the device give its next reading; return the quality with which it is delivered."""
        self.count += 1
        number = self.count
        self.lines[source].send(b'\n{"n": %d}\n' % number)  # what comes right after opening may be half a line
        return int(str(eventually(lambda: self._qualities().get(number))))

    def _qualities(self) -> dict[int, str]:
        data = delivered(self.folder / "usb")
        fields = [dict(point.fields) for _, point in parse(data, 0) if getattr(point, "measurement", "") == "level"]  # type: ignore[union-attr]
        return {int(each["n"]): str(each["quality"]) for each in fields}  # type: ignore[arg-type]


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with SerialLine(tmp_path / "a") as left, SerialLine(tmp_path / "b") as right:
        yield Yard(tmp_path, {"left": left, "right": right})


def test_readings_are_marked_from_the_command_to_the_end_of_the_time_and_those_of_others_never(yard: Yard) -> None:
    with yard.agent():
        assert yard.say("left") == GOOD
        yard.ask(source="left", for_s=1800)
        assert (yard.say("left"), yard.say("right")) == (MARKED, GOOD)
        yard.clock.skip(1799)
        assert yard.say("left") in (MARKED, GOOD)
        yard.clock.skip(2)
        assert yard.say("left") == GOOD
        assert yard.ask() == {"left": 0, "right": 0}


def test_it_can_be_ended_earlier_and_begun_anew(yard: Yard) -> None:
    with yard.agent():
        yard.ask(source="left", for_s=1800)
        assert yard.say("left") == MARKED
        yard.ask(source="left", off=True)
        assert yard.say("left") == GOOD
        yard.ask(source="left", for_s=60)
        assert yard.say("left") == MARKED


def test_it_adds_to_the_quality_of_the_config(yard: Yard) -> None:
    yard.file.write_text(yard.file.read_text().replace("quality = 0", "quality = 32"))
    with yard.agent():
        yard.ask(source="left", for_s=60)
        assert (yard.say("left"), yard.say("right")) == (96, 32)


def test_a_restart_of_the_agent_within_the_boot_changes_nothing(yard: Yard) -> None:
    with yard.agent():
        yard.ask(source="left", for_s=1800)
    yard.clock.skip(600)
    with yard.agent():
        assert 1100 < yard.ask()["left"] <= 1200
        assert yard.say("left") == MARKED


def test_another_boot_ends_it(yard: Yard) -> None:
    with yard.agent():
        yard.ask(source="left", for_s=1800)
    with yard.agent(OtherBoot()):
        assert yard.say("left") == GOOD
        assert yard.ask() == {"left": 0, "right": 0}


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"boot": 1, "until_ns": 5}', b"\xff"])
def test_a_damaged_file_keeps_no_agent_from_starting(yard: Yard, content: bytes) -> None:
    (yard.folder / "state").mkdir()
    (yard.folder / "state" / "maintenance.json").write_bytes(content)
    with yard.agent():
        assert yard.say("left") == GOOD


def test_an_unknown_source_is_answered_with_those_that_there_are(yard: Yard) -> None:
    with yard.agent(), pytest.raises(TransientError, match="no source 'middle'; sources: left, right"):
        yard.ask(source="middle", for_s=60)


@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_time_without_end_is_refused(yard: Yard, seconds: float) -> None:
    with yard.agent(), pytest.raises(TransientError, match="24 hours"):
        yard.ask(source="left", for_s=seconds)


def test_the_state_says_how_long_it_lasts(yard: Yard) -> None:
    with yard.agent():
        yard.ask(source="left", for_s=1800)
        answer = ask(yard.folder / "state" / "agent.sock", {"command": "status"}, 10.0)
        left, right = (each["maintenance_left_s"] for each in answer["sources"])
        assert 0 < left <= 1800
        assert right == 0
