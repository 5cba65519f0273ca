"""The agent's time: what is told when, and what a disk that does not take it, or a damaged file, does."""

from pathlib import Path

import pytest

from edge.clock.agent_time import AgentTime
from edge.clock.boots_file import load
from edge.clock.settings import ClockSettings
from edge.spool.loss import Loss
from telemetry import quality
from tests.edge.clock.history import START_NS, World
from tests.faults.disk import Disk, ReadOnly

FOLDER = Path("/state")
S_NS = 1_000_000_000


class Desk:
    """A time on a disk in memory, and what it told."""

    def __init__(self, world: World, disk: Disk | None = None, **settings: object) -> None:
        self.world = world
        self.disk = disk or Disk()
        self.notes: list[Loss] = []
        self.trusted_count = 0
        self.time = AgentTime(world, ClockSettings.model_validate(settings), FOLDER, self.notes.append, self.disk)
        self.time.on_trusted = self._trusted
        self.time.load()

    def _trusted(self) -> None:
        self.trusted_count += 1

    def passes(self, seconds: float) -> None:
        self.world.true_ns += round(seconds * S_NS)
        self.time.look()


def test_stamps_are_boot_times_until_time_is_trusted() -> None:
    desk = Desk(World(wall_ahead_ns=-START_NS))
    desk.passes(5)
    assert desk.time.stamp() == (5 * S_NS, False, quality.GOOD)
    assert desk.time.trusted_ns() is None
    assert desk.time.place("first") is None
    desk.world.wall_ahead_ns, desk.world.error_ns = 0, 1_000_000
    desk.passes(5)
    assert desk.time.stamp() == (START_NS + 10 * S_NS, True, quality.GOOD)
    place = desk.time.place("first")
    assert place is not None
    assert place.at(5 * S_NS) == START_NS + 5 * S_NS
    assert desk.trusted_count == 1
    assert [(note.reason, note.count) for note in desk.notes] == [("clock corrected", 0)]


def test_time_is_not_trusted_before_the_disk_has_the_offset() -> None:
    desk = Desk(World())
    fault = ReadOnly()
    desk.disk.faults.append(fault)
    desk.world.error_ns = 1_000_000
    desk.passes(1)
    assert desk.time.trusted_ns() is None
    assert desk.time.place("first") is None
    desk.disk.faults.remove(fault)
    desk.passes(1)
    assert desk.time.trusted_ns() == START_NS + 2 * S_NS
    assert load(desk.disk.power_cut(), FOLDER).boots[-1].place == desk.time.place("first")


def test_points_are_marked_when_the_error_bound_is_above_what_the_config_allows() -> None:
    desk = Desk(World(error_ns=1_000_000), max_error_s=1.0)
    desk.world.error_ns = None
    desk.passes(3600)
    assert desk.time.stamp().bits == quality.GOOD
    desk.passes(6 * 3600)
    assert desk.time.stamp().bits == quality.CLOCK_ESTIMATED
    desk.world.error_ns = 1_000_000
    desk.passes(1)
    assert desk.time.stamp().bits == quality.GOOD


@pytest.mark.parametrize("damage", [b"", b"{", b'{"floor": "x", "boots": 3}', b"\xff" * 100, b'{"floor": 1, "boots": [{"id": 1}]}'])
def test_a_damaged_file_is_as_good_as_none(damage: bytes) -> None:
    disk = Disk()
    Desk(World(), disk)
    disk.put(FOLDER / "boots.json", damage)
    desk = Desk(World(error_ns=1_000_000), disk)
    assert desk.time.trusted_ns() == START_NS


def test_the_next_process_of_a_boot_tells_the_same_time_though_the_wall_was_set_meanwhile() -> None:
    world = World(error_ns=1_000_000)
    first = Desk(world)
    first.passes(10)
    world.wall_ahead_ns, world.error_ns = -7 * 86_400 * S_NS, None
    world.true_ns += 60 * S_NS
    again = Desk(world, first.disk)
    assert again.time.trusted_ns() == START_NS + 70 * S_NS
    assert again.time.before_ns is not None
    assert START_NS <= again.time.before_ns <= START_NS + 10 * S_NS


def test_a_boot_that_nobody_remembers_is_placed_before_this_one_and_keeps_its_place() -> None:
    desk = Desk(World(error_ns=1_000_000))
    place = desk.time.place("forgotten")
    assert place is not None
    assert place.is_estimated
    assert place.at(50 * S_NS) <= START_NS
    assert Desk(World(error_ns=1_000_000), desk.disk.power_cut()).time.place("forgotten") == place


def test_what_the_spool_knows_raises_the_floor() -> None:
    time = AgentTime(World(), ClockSettings(trust="host"), FOLDER, lambda _: None, Disk())
    time.load(START_NS + 3600 * S_NS)
    assert time.trusted_ns() is None
    assert "has been further" in time.state().refusal
