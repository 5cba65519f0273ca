"""Everything that can happen to a spool, in any order: what was acknowledged is delivered or accounted for, once, in order."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.spool.lease import LaneName, Lease
from telemetry.batch import Priority
from telemetry.errors import SpoolFull
from tests.edge.spool.harness import OpenSpool, batch, sources
from tests.faults.disk import Disk, DroppedFsync, Killed, KilledBeforeSync, TornWrite

_PRIORITIES = st.sampled_from(Priority)
_LANES = st.sampled_from(LaneName)
_SIZES = st.sampled_from([40, 700, 20_000, 60_000])


class SpoolMachine(RuleBasedStateMachine):
    """The model: names of batches by fate."""

    @initialize(seed=st.integers(0, 1 << 32))
    def open(self, seed: int) -> None:
        self.disk = Disk(seed)
        self.made = 0
        self.acknowledged: dict[str, Priority] = {}
        self.delivered: set[str] = set()
        self.lost: set[str] = set()
        self.replayed: set[str] = set()
        self.written_down: set[str] = set()  # delivered, and a start after a kill knows it
        self.forgotten: set[str] = set()  # delivered, and the process was killed before that was written down
        self.resurrection = False  # a power cut may bring deleted segments and older done sets back
        self.open_spool = OpenSpool(self.disk)
        self.start()

    def start(self) -> None:
        self.take_losses()
        self.disk.faults.clear()
        self.disk.capacity_bytes = None
        self.open_spool = OpenSpool(self.disk)
        self.leases: list[Lease] = []
        self.handed_out: set[str] = set()
        self.since_split: dict[str, Priority] = {}
        self.highest_leased: dict[tuple[Priority, LaneName], int] = {}
        self.newest = 0
        self.started_early: dict[Priority, set[str]] = {priority: set() for priority in Priority}
        self.torn = False  # a write of the done set that stops half-way costs what the slot said before

    def die(self) -> None:
        self.forgotten |= self.delivered if self.torn else self.delivered - self.written_down
        self.disk.process_died()
        self.start()

    def take_losses(self) -> None:
        for loss in self.open_spool.losses:
            assert loss.reason == "quota" or loss.source not in self.acknowledged, f"{loss}: no medium was damaged"
            if loss.reason == "quota":
                assert self.acknowledged.get(loss.source) is not Priority.HIGH, "high is never evicted"
                assert self.resurrection or loss.source not in self.delivered or loss.source in self.replayed | self.forgotten
                if not loss.source and not self.resurrection:
                    vanished = (self.lost - {""}) | self.forgotten
                    assert 0 < (loss.count or 1) <= len(vanished), "what an earlier process evicted, and nothing else"
                self.lost.add(loss.source)
        self.open_spool.losses.clear()

    @rule(priority=_PRIORITIES, size=_SIZES, count=st.integers(1, 4))
    def append(self, priority: Priority, size: int, count: int) -> None:
        names = [f"b{self.made + each}" for each in range(count)]
        self.made += count
        marks = self.open_spool.spool.marks()
        try:
            self.open_spool.spool.append([batch(name, priority, body_bytes=size) for name in names])
            if priority is Priority.HIGH:
                self.open_spool.spool.accounted(marks)
        except SpoolFull:
            return
        except Killed:
            self.die()
            return
        self.acknowledged |= dict.fromkeys(names, priority)
        self.since_split |= dict.fromkeys(names, priority)

    @rule(priority=_PRIORITIES)
    def append_much(self, priority: Priority) -> None:
        for _ in range(6):
            self.append(priority, 60_000, 4)

    @rule(lane=_LANES, max_lines=st.integers(1, 8))
    def lease(self, lane: LaneName, max_lines: int) -> None:
        lease = self.open_spool.spool.lease(lane, max_lines, 1 << 20)
        self.take_losses()
        if lease is None:
            return
        names = sources(lease)
        assert lease.count == len(names)
        assert lease.count <= max_lines
        assert not self.handed_out.intersection(names), "nothing is handed out twice"
        sequences = [record.head.sequence for record in lease.records]
        assert sequences == sorted(sequences)
        if lane is LaneName.LIVE:
            self.started_early[lease.priority].update(set(names) - set(self.since_split))
            assert len(self.started_early[lease.priority]) <= self.newest, "live is what came since the link was back, and a few before"
        key = (lease.priority, lane)
        assert sequences[0] > self.highest_leased.get(key, 0), "a lane is first in, first out"
        self.highest_leased[key] = sequences[-1]
        self.handed_out.update(names)
        self.leases.append(lease)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), accept=st.booleans())
    def end_lease(self, data: st.DataObject, accept: bool) -> None:
        lease = self.leases.pop(data.draw(st.integers(0, len(self.leases) - 1)))
        if accept:
            self.open_spool.spool.accept(lease)
            self.delivered.update(sources(lease))
        else:
            self.open_spool.spool.release(lease)
            self.handed_out.difference_update(sources(lease))
            self.highest_leased.clear()

    @rule(newest=st.integers(0, 5), newest_bytes=st.sampled_from([0, 1_000, 100_000]))
    def split_lanes(self, newest: int, newest_bytes: int) -> None:
        self.open_spool.spool.split_lanes(newest, newest_bytes)
        self.newest = newest
        for early in self.started_early.values():
            early.clear()
        self.since_split.clear()
        self.highest_leased.clear()

    @rule()
    def replay(self) -> None:
        lines = self.open_spool.spool.replay(0, 1 << 62)
        assert lines <= len(self.delivered) or self.resurrection
        self.replayed |= self.delivered
        self.handed_out -= self.delivered
        self.highest_leased.clear()

    @rule()
    def save(self) -> None:
        try:
            self.open_spool.spool.save()
            self.written_down |= self.delivered
        except OSError:
            return
        except Killed:
            self.die()

    @rule(count=st.integers(1, 3))
    def syncs_fail(self, count: int) -> None:
        self.disk.faults.append(DroppedFsync(count))

    @rule(size=st.integers(0, 5_000))
    def a_write_is_torn(self, size: int) -> None:
        self.torn = True
        self.disk.faults.append(TornWrite(size))

    @rule(room=st.integers(0, 200_000))
    def disk_fills(self, room: int) -> None:
        self.disk.leave_room(room)

    @rule()
    def disk_is_well_again(self) -> None:
        self.disk.capacity_bytes = None
        self.disk.faults.clear()

    @rule()
    def is_killed_at_the_next_sync(self) -> None:
        self.disk.faults.append(KilledBeforeSync())

    @rule()
    def kill(self) -> None:
        self.die()
        self.take_losses()

    @rule()
    def cut_power(self) -> None:
        self.disk = self.disk.power_cut()
        self.resurrection = True
        self.start()

    @rule()
    def restart(self) -> None:
        self.disk_is_well_again()
        self.open_spool.spool.close()
        self.written_down |= self.delivered
        self.start()
        assert {loss.reason for loss in self.open_spool.losses} <= {"quota"}, "a clean stop leaves nothing to mend"
        self.take_losses()

    @invariant()
    def state_agrees(self) -> None:
        if not hasattr(self, "open_spool"):
            return
        state = self.open_spool.spool.state()
        self.take_losses()
        assert self.resurrection or sum(queue.bytes_on_disk for queue in state.values()) <= (4 << 20) + (1 << 18)
        for priority, queue in state.items():
            missing = {name for name, each in self.acknowledged.items() if each is priority} - self.delivered - self.lost
            assert queue.records_unsent >= len(missing)
            assert queue.lines_unsent >= len(missing) or self.resurrection
            assert (queue.oldest_ns is None) == (queue.records_unsent == 0)

    def teardown(self) -> None:
        if not hasattr(self, "open_spool"):
            return
        self.disk_is_well_again()
        self.disk = self.disk.power_cut()
        self.start()
        rest = self.open_spool.drain(max_lines=7)
        assert len(rest) == len(set(rest)), "nothing is handed out twice"
        missing = set(self.acknowledged) - self.delivered - self.lost - set(rest)
        assert not missing
        for reason, name, _ in self.open_spool.lost():
            assert name not in self.acknowledged or (reason == "quota" and name in self.lost), "said again, but nothing new"
        assert all(queue.records_unsent == 0 and queue.lines_unsent == 0 for queue in self.open_spool.spool.state().values())


SpoolMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestSpoolMachine = SpoolMachine.TestCase
