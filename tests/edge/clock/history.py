"""A gateway's life as a row of small happenings, with the real decision, boots and file on a disk that loses what is not synced.

World: true time, the host's wall (wrong until somebody sets it), boot time, a kernel that is synchronised or not. Readings of a few
sources are kept as a spool would keep them: with their time where it was trusted, else with boot id and boot time.
"""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from edge.clock.agent_time import AgentTime
from edge.clock.settings import ClockSettings
from tests.faults.disk import Disk

FOLDER = Path("/state")
START_NS = 1_780_000_000_000_000_000
SOURCES = ("air", "water")
HOUR_NS = 3_600_000_000_000
TRUTH_NS = 1_100_000_000  # an HTTP date is up to a second late, its answer takes a while, and then come milliseconds


@dataclass
class World:
    """The host: see runtime/clock.py, Clock."""

    true_ns: int = START_NS
    boot_at_ns: int = START_NS
    wall_ahead_ns: int = 0
    error_ns: int | None = None
    boot_id: str = "first"

    def wall_ns(self) -> int:
        return self.true_ns + self.wall_ahead_ns

    def boot_ns(self) -> int:
        return self.true_ns - self.boot_at_ns

    def monotonic_s(self) -> float:
        return self.boot_ns() / 1e9

    def kernel_error_ns(self) -> int | None:
        return self.error_ns


@dataclass
class Kept:
    """A reading in the spool: `time_ns` once it is known."""

    source: str
    boot_id: str
    boot_ns: int
    true_ns: int
    time_ns: int | None
    was_provisional: bool = False
    is_sent: bool = False


@dataclass
class Life:
    """See the module. Each happening checks what must hold."""

    mode: str
    rng: Random
    world: World = field(default_factory=World)
    disk: Disk = field(default_factory=Disk)
    kept: list[Kept] = field(default_factory=list)
    floors: dict[str, int] = field(default_factory=dict)
    liars: bool = False

    def __post_init__(self) -> None:
        self.liars = self.mode == "host"  # which believes whatever somebody sets
        self.start()

    def start(self) -> None:
        settings = ClockSettings.model_validate({"trust": self.mode})
        self.time = AgentTime(self.world, settings, FOLDER, lambda _: None, self.disk)
        newest = [(each.boot_id, each.boot_ns) for each in self.kept if each.was_provisional]
        told = [each.time_ns for each in self.kept if each.time_ns is not None and not each.was_provisional]
        self.time.load(max(told, default=None), newest)
        self.floors.setdefault(self.world.boot_id, self.time.floor_ns)

    # -- happenings ----------------------------------------------------------------------------------------------------

    def passes(self, span_ns: int) -> None:
        self.world.true_ns += span_ns
        self.time.look()

    def reads(self, source: str) -> None:
        self.world.true_ns += self.rng.randrange(2_000_000)
        stamp = self.time.stamp()
        cut_ns = stamp.ns // 1_000_000 * 1_000_000
        boot_ns = self.world.boot_ns() // 1_000_000 * 1_000_000
        kept = Kept(source, self.world.boot_id, boot_ns, self.world.true_ns, cut_ns if stamp.is_trusted else None)
        kept.was_provisional = not stamp.is_trusted
        self.kept.append(kept)

    def is_synchronised(self) -> None:
        self.world.wall_ahead_ns, self.world.error_ns = 0, self.rng.randrange(50_000_000)
        self.time.look()

    def loses_synchronisation(self) -> None:
        self.world.error_ns = None
        self.time.look()

    def is_set(self, ahead_ns: int) -> None:
        """Somebody sets the clock; the kernel then calls it unsynchronised."""
        self.world.wall_ahead_ns, self.world.error_ns = ahead_ns, None
        self.time.look()

    def is_lied_to(self, ahead_ns: int) -> None:
        """An NTP server that is wrong."""
        self.liars = True
        self.world.wall_ahead_ns, self.world.error_ns = ahead_ns, 1_000_000
        self.time.look()

    def hears_a_date(self, wrong_ns: int = 0) -> None:
        self.liars = self.liars or bool(wrong_ns)
        sent_ns = self.world.boot_ns()
        self.world.true_ns += 40_000_000
        date_ns = (self.world.true_ns + wrong_ns) // 1_000_000_000 * 1_000_000_000
        self.time.date_seen(date_ns, sent_ns, self.world.boot_ns())

    def starts_again(self) -> None:
        """The agent is killed and started."""
        self.disk.process_died()
        self.start()

    def loses_power(self, off_ns: int, wall_ahead_ns: int) -> None:
        self.disk = self.disk.power_cut()
        self.world.boot_at_ns = self.world.true_ns + off_ns
        self.world.true_ns = self.world.boot_at_ns + self.rng.randrange(1_000, 5_000_000_000)
        self.world.boot_id = str(uuid.UUID(int=self.rng.getrandbits(128)))
        self.world.wall_ahead_ns, self.world.error_ns = wall_ahead_ns, None
        self.start()

    def sends(self) -> None:
        """Deliver in order as far as times are known; what was sent before is sent again with the same time."""
        now_ns = self.time.trusted_ns()
        for kept in self.kept:
            time_ns = kept.time_ns
            if kept.was_provisional:
                place = self.time.place(kept.boot_id)
                if place is None:
                    assert not kept.is_sent, "a boot lost its place"
                    break
                time_ns = place.at(kept.boot_ns)
            assert time_ns is not None
            assert not kept.is_sent or time_ns == kept.time_ns, "the time of a sent line was revised"
            if not kept.is_sent:
                assert now_ns is None or time_ns <= now_ns or self.liars, f"{(time_ns - now_ns) / 1e9} s after the moment of sending"
            assert time_ns >= self.floors[kept.boot_id] or self.liars, "before the floor"
            kept.time_ns, kept.is_sent = time_ns, True

    def ends(self) -> None:
        """Everything gets its time in the end, and the times of one source in one boot are in its order."""
        self.is_synchronised()
        for _ in range(3):
            self.passes(HOUR_NS)
            self.hears_a_date()
        self.sends()
        last: dict[tuple[str, str], int] = {}
        for kept in self.kept:
            assert kept.is_sent or self.liars
            if kept.time_ns is None:
                continue
            key = kept.source, kept.boot_id
            assert kept.time_ns >= last.get(key, 0), "out of the source's order"
            last[key] = kept.time_ns
            place = self.time.place(kept.boot_id)
            is_known = place is not None and not place.is_estimated
            assert self.liars or not is_known or abs(kept.time_ns - kept.true_ns) <= TRUTH_NS, "a trusted time is wrong"
