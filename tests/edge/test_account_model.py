"""Whatever happens to a gateway, its account balances: after every step while it runs, and after every crash before it starts again."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.spool.lease import LaneName
from telemetry.batch import Priority
from telemetry.errors import SpoolFull
from tests.edge.account_gateway import Gateway, account_of, differences
from tests.faults.disk import Disk, DroppedFsync, Killed, KilledBeforeSync, TornWrite

_SOURCES = st.sampled_from([("street", Priority.NORMAL), ("gauge", Priority.NORMAL), ("camera", Priority.BULK), ("alarm", Priority.HIGH)])


class AccountMachine(RuleBasedStateMachine):
    """One gateway, many processes."""

    @initialize(seed=st.integers(0, 1 << 32))
    def open(self, seed: int) -> None:
        self.disk = Disk(seed)
        self.gateway = Gateway(self.disk, seed=seed)
        self.produced = 0

    def start(self) -> None:
        self.disk.faults.clear()
        self.disk.capacity_bytes = None
        offline = account_of(self.disk, self.gateway.spool.epoch.bytes)
        assert offline.is_balanced, (differences(offline), offline.notes)
        self.gateway = Gateway(self.disk, self.gateway.now_ns + 10**9, seed=self.produced)

    def attempt(self, act: object) -> None:
        try:
            act()  # type: ignore[operator]
        except (SpoolFull, OSError):
            return
        except Killed:
            self.disk.process_died()
            self.start()

    @rule(who=_SOURCES, lines=st.integers(0, 4), rejected=st.integers(0, 2), lost=st.integers(0, 2))
    def take_in(self, who: tuple[str, Priority], lines: int, rejected: int, lost: int) -> None:
        source, priority = who
        if lines + rejected + lost:
            self.produced += lines + rejected + lost
            self.attempt(lambda: self.gateway.take_in(source, lines, rejected, lost, priority))

    @rule(who=_SOURCES)
    def take_in_much(self, who: tuple[str, Priority]) -> None:
        source, priority = who
        for _ in range(12):
            self.attempt(lambda: self.gateway.take_in(source, 3, 1, priority=priority, line_bytes=40_000))

    @rule(lane=st.sampled_from(LaneName), most=st.integers(1, 30))
    def lease(self, lane: LaneName, most: int) -> None:
        self.gateway.lease(lane, most)

    @precondition(lambda self: self.gateway.leases)
    @rule(data=st.data(), refused=st.integers(0, 3))
    def deliver(self, data: st.DataObject, refused: int) -> None:
        leases = self.gateway.leases
        lease = leases.pop(data.draw(st.integers(0, len(leases) - 1)))
        self.attempt(lambda: self.gateway.deliver(lease, refused))

    @precondition(lambda self: self.gateway.leases)
    @rule()
    def release(self) -> None:
        self.gateway.spool.release(self.gateway.leases.pop())

    @rule()
    def deliver_all(self) -> None:
        self.gateway.deliver_all()

    @rule()
    def report(self) -> None:
        self.attempt(self.gateway.report)

    @rule()
    def save(self) -> None:
        self.attempt(self.gateway.spool.save)

    @rule()
    def replay(self) -> None:
        self.gateway.spool.replay(0, 1 << 62)

    @rule()
    def split_lanes(self) -> None:
        self.gateway.spool.split_lanes()

    @rule(count=st.integers(1, 3))
    def syncs_fail(self, count: int) -> None:
        self.disk.faults.append(DroppedFsync(count))

    @rule(size=st.integers(0, 5_000))
    def a_write_is_torn(self, size: int) -> None:
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
        self.disk.process_died()
        self.start()

    @rule()
    def cut_power(self) -> None:
        self.disk = self.disk.power_cut()
        self.start()

    @rule()
    def restart(self) -> None:
        self.disk_is_well_again()
        self.attempt(self.gateway.report)
        self.gateway.spool.close()
        self.start()

    @invariant()
    def it_balances(self) -> None:
        if not hasattr(self, "gateway"):
            return
        faults, self.disk.faults = self.disk.faults, []
        account = self.gateway.account()
        assert account.is_balanced, (differences(account), account.notes)
        assert all(row.stored >= 0 and row.waiting >= 0 for row in account.rows), account.rows
        self.disk.faults = faults


AccountMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAccountMachine = AccountMachine.TestCase
