"""A rollout goes in waves, spares the sites, and stops by what the readings say."""

import json
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import ValidationError

from firmware_bridge.rollout.course import Report, abort, begin, join, leave, pause, read, reported, resume, step
from firmware_bridge.rollout.plan import RolloutPlan, Wave
from firmware_bridge.rollout.simulation import Fleet, simulate
from firmware_bridge.rollout.state import FINAL, At, BoardAt, Phase, Rollout, from_json, to_json
from telemetry.errors import RejectedError

ENDS = (At.KEPT, At.WENT_BACK, At.NEEDS_A_HAND, At.UNCHANGED)


def plan(*waves: Wave, **other: object) -> RolloutPlan:
    return RolloutPlan(id="r1", firmware="reference", version="2.0.0", waves=(*waves, Wave(share=1.0)), **other)  # type: ignore[arg-type]


def fleet(sites: int, boards: int) -> dict[str, BoardAt]:
    return {f"s{site}-b{board}": BoardAt(f"s{site}", ("weather",)) for site in range(sites) for board in range(boards)}


def end(rollout: Rollout, *names: str, at: At = At.KEPT) -> Rollout:
    for name in names:
        rollout = reported(rollout, Report("r1", name, at))
    return rollout


def test_the_canary_is_looked_at_before_the_next_wave_starts() -> None:
    boards = fleet(4, 2)
    rollout, ordered = step(begin(plan(Wave(count=1, hold_s=600.0)), boards), 0.0, boards)
    assert ordered == ("s0-b0",)
    rollout, ordered = step(rollout, 10.0, boards)
    assert ordered == ()
    rollout, ordered = step(end(rollout, "s0-b0"), 20.0, boards)
    assert ordered == ()
    rollout, ordered = step(rollout, 619.0, boards)
    assert ordered == ()
    _, ordered = step(rollout, 620.0, boards)
    assert ordered == ("s1-b0", "s2-b0", "s3-b0", "s0-b1")


def test_a_site_never_loses_all_sensors_of_a_class_at_once() -> None:
    boards = {
        "a": BoardAt("s", ("weather",)),
        "b": BoardAt("s", ("weather", "air")),
        "c": BoardAt("s", ("air",)),
        "d": BoardAt("s", ("soil",)),
    }
    _, ordered = step(begin(plan(), boards), 0.0, boards)
    assert set(ordered) == {"a", "c", "d"} or set(ordered) == {"b", "d"}


def test_a_board_that_needs_a_hand_keeps_its_neighbour_from_being_touched() -> None:
    boards = fleet(2, 2)
    rollout, ordered = step(begin(plan(abort_share=0.9), boards), 0.0, boards)
    assert ordered == ("s0-b0", "s1-b0")
    rollout = end(end(rollout, "s1-b0"), "s0-b0", at=At.NEEDS_A_HAND)
    rollout, ordered = step(rollout, 10.0, boards)
    assert ordered == ("s1-b1",)
    rollout, ordered = step(leave(end(rollout, "s1-b1"), "s0-b0"), 20.0, boards)
    assert ordered == ("s0-b1",)


@pytest.mark.parametrize("at", [At.WENT_BACK, At.NEEDS_A_HAND])
def test_too_many_bad_ends_abort_it_for_ever(at: At) -> None:
    boards = fleet(4, 2)
    rollout, ordered = step(begin(plan(Wave(count=2), abort_share=0.4), boards), 0.0, boards)
    rollout = end(end(rollout, ordered[0]), ordered[1], at=at)
    assert rollout.phase is Phase.ABORTED
    assert step(rollout, 1e9, boards)[1] == ()
    with pytest.raises(RejectedError, match="was aborted"):
        resume(rollout)


def test_updated_boards_that_stop_reading_well_abort_it_and_those_that_recover_do_not() -> None:
    boards = fleet(4, 2)
    rollout, ordered = step(begin(plan(Wave(count=4, hold_s=600.0), abort_share=0.25), boards), 0.0, boards)
    rollout = end(rollout, *ordered)
    rollout = read(rollout, ordered[0], reads_well=False, at_s=10.0)
    rollout = read(rollout, ordered[0], reads_well=True, at_s=20.0)
    rollout = read(rollout, ordered[0], reads_well=False, at_s=15.0)  # late
    rollout = read(rollout, ordered[1], reads_well=False, at_s=30.0)
    assert rollout.phase is Phase.RUNNING
    assert read(rollout, ordered[2], reads_well=False, at_s=40.0).phase is Phase.ABORTED


def test_a_board_that_never_says_how_it_ended_counts_as_bad_until_it_does() -> None:
    boards = fleet(4, 2)
    rollout, ordered = step(begin(plan(Wave(count=1), lost_after_s=60.0, abort_least=2), boards), 0.0, boards)
    rollout, _ = step(rollout, 61.0, boards)
    assert rollout.boards[ordered[0]].at is At.LOST
    assert rollout.bad_count == 1
    rollout, more = step(end(rollout, ordered[0]), 70.0, boards)
    assert rollout.bad_count == 0
    assert more


def test_boards_that_are_offline_wait_and_hold_nobody_up() -> None:
    boards = fleet(4, 1)
    rollout, ordered = step(begin(plan(Wave(count=2)), boards), 0.0, {"s0-b0"})
    assert ordered == ("s0-b0",)
    rollout, ordered = step(end(rollout, "s0-b0"), 10.0, {"s1-b0"})  # fills the canary up
    rollout, ordered = step(end(rollout, "s1-b0"), 20.0, {"s2-b0"})
    rollout, ordered = step(end(rollout, "s2-b0"), 30.0, set())
    assert (ordered, rollout.phase) == ((), Phase.RUNNING)
    rollout, ordered = step(rollout, 1e6, {"s3-b0"})
    assert ordered == ("s3-b0",)
    assert step(end(rollout, "s3-b0"), 1e6 + 1, set())[0].phase is Phase.DONE


def test_a_canary_that_was_refused_makes_room_for_another() -> None:
    boards = fleet(3, 1)
    rollout, ordered = step(begin(plan(Wave(count=1)), boards), 0.0, boards)
    _, ordered = step(end(rollout, *ordered, at=At.UNCHANGED), 10.0, boards)
    assert ordered == ("s1-b0",)


def test_a_board_that_joins_late_is_updated_too() -> None:
    boards = fleet(1, 1)
    rollout, _ = step(begin(plan(), boards), 0.0, boards)
    rollout, _ = step(end(rollout, "s0-b0"), 1.0, boards)
    assert rollout.phase is Phase.DONE
    rollout, ordered = step(join(rollout, "new", BoardAt("s9", ())), 2.0, {"new"})
    assert ordered == ("new",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2}',
        to_json(begin(plan(), {})).replace('"phase": "running"', '"phase": "asleep"'),
        '{"version": 1, "x": 1}',
    ],
)
def test_a_state_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(RejectedError):
        from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"wave": 7},
        {"wave": -1},
        {"wave": "x"},
        {"held_until_s": "soon"},
        {"why": 3},
        {"boards": {"a": {"site": "s", "classes": "weather", "at": "waiting", "since_s": 0.0}}},
        {"more": 1},
    ],
)
def test_a_state_of_another_shape_is_refused_before_it_is_driven(change: dict[str, object]) -> None:
    table = json.loads(to_json(begin(plan(Wave(count=1)), fleet(2, 2))))
    with pytest.raises(RejectedError, match="damaged"):
        from_json(json.dumps({**table, **change}))


def test_a_plan_names_everybody_once() -> None:
    with pytest.raises(ValidationError, match="last wave must have share = 1"):
        RolloutPlan(id="r1", firmware="f", version="1", waves=(Wave(count=1),))
    with pytest.raises(ValidationError, match="count or share"):
        Wave()


def test_a_simulated_fleet_is_done_and_one_that_goes_back_stops_the_plan() -> None:
    waves = plan(Wave(count=2, hold_s=600.0), Wave(share=0.3, hold_s=600.0), abort_share=0.2)
    *_, last = simulate(waves, Fleet(sites=10, offline=0.2), Random(1))
    assert (last.rollout.phase, last.rollout.count(At.KEPT)) == (Phase.DONE, 30)
    *_, last = simulate(waves, Fleet(sites=10, goes_back=0.6), Random(1))
    assert last.rollout.phase is Phase.ABORTED
    assert last.rollout.updated_count < 15


class RolloutMachine(RuleBasedStateMachine):
    """A fleet that does whatever it likes, against what a rollout must never do."""

    @initialize(
        sites=st.integers(1, 4),
        size=st.integers(1, 4),
        first=st.integers(1, 3),
        at_once=st.integers(1, 5),
        share=st.sampled_from([0.0, 0.2, 0.5, 0.9]),
    )
    def start(self, sites: int, size: int, first: int, at_once: int, share: float) -> None:
        waves = (Wave(count=first, hold_s=60.0), Wave(share=0.4, hold_s=30.0))
        self.rollout = begin(plan(*waves, most_at_once=at_once, abort_share=share, lost_after_s=300.0), fleet(sites, size))
        self.now = 0.0
        self.online: set[str] = set(self.rollout.boards)
        self.ordered: list[str] = []
        self.ended: dict[str, At] = {}
        self.was_aborted = False

    def _some(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.rollout.boards)))

    @rule(seconds=st.floats(0.0, 200.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        before = self.rollout
        self.rollout, ordered = step(before, self.now, self.online)
        assert set(ordered) <= self.online
        assert not (ordered and before.phase is not Phase.RUNNING)
        assert len(set(self.ordered) & set(ordered)) == 0
        self.ordered += ordered
        assert step(self.rollout, self.now, self.online)[1] == ()

    @rule(data=st.data(), at=st.sampled_from([*ENDS, At.KEPT, At.KEPT, At.WAITING, At.LOST]), times=st.integers(1, 2))
    def a_board_reports(self, data: st.DataObject, at: At, times: int) -> None:
        name = self._some(data)
        for _ in range(times):
            self.rollout = reported(self.rollout, Report("r1", name, at))

    @rule(data=st.data(), well=st.booleans())
    def the_store_is_looked_at(self, data: st.DataObject, well: bool) -> None:
        self.rollout = read(self.rollout, self._some(data), reads_well=well, at_s=self.now)

    @rule(data=st.data())
    def a_board_goes_or_comes(self, data: st.DataObject) -> None:
        self.online ^= {self._some(data)}

    @rule(number=st.integers(0, 3))
    def a_board_joins(self, number: int) -> None:
        self.rollout = join(self.rollout, f"late-{number}", BoardAt(f"s{number}", ("weather", "air")))
        self.online.add(f"late-{number}")

    @rule(data=st.data())
    def a_board_leaves(self, data: st.DataObject) -> None:
        self.rollout = leave(self.rollout, self._some(data))

    @rule()
    def it_is_paused_and_nothing_starts(self) -> None:
        self.rollout = pause(self.rollout, "lunch")

    @precondition(lambda self: self.rollout.phase is not Phase.ABORTED)
    @rule()
    def it_is_resumed(self) -> None:
        self.rollout = resume(self.rollout)

    @rule(really=st.integers(0, 9))
    def it_is_aborted(self, really: int) -> None:
        if really == 0:
            self.rollout = abort(self.rollout, "a person said so")

    @invariant()
    def what_is_saved_is_what_goes_on(self) -> None:
        if hasattr(self, "rollout"):
            assert from_json(to_json(self.rollout)) == self.rollout
            self.rollout = from_json(to_json(self.rollout))

    @invariant()
    def the_promises_hold(self) -> None:
        if not hasattr(self, "rollout"):
            return
        rollout, boards = self.rollout, self.rollout.boards
        flying = [boards[name] for name in rollout.in_flight]
        assert len(flying) <= min(rollout.plan.most_at_once, rollout.plan.waves[rollout.wave].size(len(boards)))
        assert all(board.wave == rollout.wave for board in flying)
        for site, kind in {(board.site, kind) for board in flying for kind in board.classes}:
            mates = [board for board in boards.values() if board.site == site and kind in board.classes]
            assert len(mates) == 1 or any(board.at is not At.IN_FLIGHT for board in mates)
        too_bad = rollout.bad_count >= rollout.plan.abort_least and rollout.bad_count > rollout.plan.abort_share * rollout.updated_count
        assert not (too_bad and rollout.phase in (Phase.RUNNING, Phase.PAUSED))
        assert not (self.was_aborted and rollout.phase is not Phase.ABORTED)
        self.was_aborted = rollout.phase is Phase.ABORTED
        for name, at in self.ended.items():
            assert boards[name].at is at or boards[name].at is At.LEFT
        self.ended = {name: board.at for name, board in boards.items() if board.at in FINAL - {At.LEFT}}

    def teardown(self) -> None:
        """With everybody online and every update kept, it comes to its end."""
        if not hasattr(self, "rollout") or self.rollout.phase is Phase.ABORTED:
            return
        self.rollout = resume(self.rollout)
        for name, board in self.rollout.boards.items():
            if board.at in (At.NEEDS_A_HAND, At.LOST):
                self.rollout = leave(self.rollout, name)
        for _ in range(200):
            self.now += 61.0
            self.rollout, _ = step(self.rollout, self.now, set(self.rollout.boards))
            self.rollout = end(self.rollout, *self.rollout.in_flight)
        assert self.rollout.phase in (Phase.DONE, Phase.ABORTED)


TestRolloutMachine = RolloutMachine.TestCase
TestRolloutMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
