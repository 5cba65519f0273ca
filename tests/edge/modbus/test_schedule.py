"""Who is asked when, on a bus whose time the test moves: a slave that fails never delays the others."""

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.modbus.schedule import FAILURES_TO_OPEN, Schedule, SlaveState, Turn

ALLOWED = 1.2


@dataclass
class Device:
    """A slave in software: how long it takes to answer, and when it is dead."""

    state: SlaveState
    latency_s: float
    dead_from_s: float = float("inf")
    dead_to_s: float = float("inf")
    began_s: list[float] = field(default_factory=list)

    def is_dead(self, now_s: float) -> bool:
        return self.dead_from_s <= now_s < self.dead_to_s


def run(devices: list[Device], until_s: float) -> None:
    """Let the schedule have the bus until then; each device notes when its rounds began."""
    now_s = 0.0
    schedule = Schedule([device.state for device in devices], now_s)
    by_id = {device.state.id: device for device in devices}
    while now_s < until_s:
        turn = schedule.next(now_s)
        if not isinstance(turn, Turn):
            now_s += turn
            continue
        device = by_id[turn.slave.id]
        latencies: list[float] = []
        is_answered = True
        if not device.is_dead(now_s):
            device.began_s.append(now_s)
        for _ in range(1 if turn.slave.is_open else turn.slave.reads):
            if device.is_dead(now_s) or device.latency_s > turn.wait_s:
                now_s += turn.wait_s
                is_answered = False
                break
            now_s += device.latency_s
            latencies.append(device.latency_s)
        schedule.done(turn.slave, now_s, latencies, answered=is_answered)


def longest(device: Device, after_s: float) -> float:
    """Return the longest time between two rounds, in cadences."""
    times = [at for at in device.began_s if at >= after_s]
    return max((b - a for a, b in pairwise(times)), default=0.0) / device.state.every_s


def bus(healthy: int, every_s: float, timeout_s: float = 1.0, latency_s: float = 0.02) -> list[Device]:
    return [Device(SlaveState(number, every_s, timeout_s, reads=2), latency_s) for number in range(1, healthy + 1)]


def test_rounds_come_at_their_cadence() -> None:
    devices = bus(5, 1.0)
    run(devices, 60)
    assert all(len(device.began_s) >= 59 for device in devices)
    assert all(longest(device, 0) < ALLOWED for device in devices)


def test_a_dead_slave_never_delays_the_others_beyond_a_fifth_of_their_cadence() -> None:
    devices = [*bus(5, 1.0), Device(SlaveState(99, 1.0, 1.0), 0.02, dead_from_s=20)]
    run(devices, 300)
    assert max(longest(device, 1) for device in devices[:5]) <= ALLOWED


def test_a_slave_that_was_never_there_delays_nobody() -> None:
    devices = [*bus(5, 1.0), *[Device(SlaveState(90 + n, 1.0, 1.0), 0.02, dead_from_s=0) for n in range(4)]]
    run(devices, 300)
    assert max(longest(device, 1) for device in devices[:5]) <= ALLOWED


def test_a_slave_that_is_back_is_read_again() -> None:
    device = Device(SlaveState(7, 1.0, 1.0), 0.02, dead_from_s=10, dead_to_s=100)
    run([*bus(3, 1.0), device], 300)
    back = [at for at in device.began_s if at >= 100]
    assert back[0] < 100 + 61
    assert len(back) > 100


def test_a_dead_slave_is_asked_ever_more_rarely() -> None:
    state = SlaveState(7, 1.0, 0.5)
    schedule = Schedule([state], 0.0)
    pauses = []
    now_s = 0.0
    for _ in range(10):
        while isinstance(turn := schedule.next(now_s), float):
            now_s += turn
        now_s += turn.wait_s
        schedule.done(state, now_s, [], answered=False)
        pauses.append(state.pause_s)
    assert pauses == [0, 0, 5, 10, 20, 40, 60, 60, 60, 60]
    assert FAILURES_TO_OPEN == 3


def test_missed_rounds_are_not_made_up_for() -> None:
    state = SlaveState(1, 1.0, 0.5)
    schedule = Schedule([state], 0.0)
    schedule.done(state, 17.3, [0.02], answered=True)
    assert schedule.next(17.3) == 18.0 - 17.3


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([1.0, 2.0, 5.0, 10.0]), st.floats(0.005, 0.03), st.floats(5, 100)), min_size=1, max_size=3),
    st.integers(1, 6),
    st.sampled_from([0.2, 1.0, 3.0]),
)
def test_whoever_dies_when_the_healthy_keep_their_cadence(dying: list[tuple[float, float, float]], healthy: int, timeout_s: float) -> None:
    devices = bus(healthy, 1.0, timeout_s)
    devices += [
        Device(SlaveState(100 + number, every_s, timeout_s), latency_s, dead_from_s=dies_s)
        for number, (every_s, latency_s, dies_s) in enumerate(dying)
    ]
    run(devices, 200)
    assert max(longest(device, 2) for device in devices[:healthy]) <= ALLOWED


@pytest.mark.parametrize("dying", [range(5), range(5, 10), range(0, 10, 2), range(9), range(1, 10)], ids=str)
@pytest.mark.parametrize("latency_s", [0.01, 0.02, 0.025])
def test_a_segment_that_dies_at_once_delays_nobody_on_the_other(dying: range, latency_s: float) -> None:
    """A cut cable takes several slaves with it: each costs a wait before anybody knows."""
    devices = bus(10, 1.0, latency_s=latency_s)
    for number in dying:
        devices[number].dead_from_s = 20
    run(devices, 100)
    assert max(longest(device, 2) for number, device in enumerate(devices) if number not in dying) <= ALLOWED


def test_a_slow_slave_is_read_between_the_rounds_of_the_fast() -> None:
    slow = Device(SlaveState(50, 10.0, 1.0), 0.3)
    devices = [*bus(5, 1.0), slow]
    run(devices, 200)
    assert len(slow.began_s) > 10
    assert max(longest(device, 2) for device in devices[:5]) <= ALLOWED


def test_a_slave_that_fails_once_is_asked_again_before_its_next_round() -> None:
    device = Device(SlaveState(7, 10.0, 0.5), 0.02, dead_from_s=29.9, dead_to_s=30.2)
    run([device], 60)
    assert longest(device, 0) < 1.1


def test_a_held_slave_is_not_asked_and_not_blamed() -> None:
    state = SlaveState(1, 1.0, 0.5)
    schedule = Schedule([state], 0.0)
    assert isinstance(schedule.next(0.0), Turn)
    schedule.hold(state, 2.5)
    assert (schedule.next(0.0), state.failures) == (2.5, 0)


def test_a_slow_slave_waits_while_a_fast_one_is_soon_due() -> None:
    fast, slow = SlaveState(1, 1.0, 1.0, answers_s=[0.02]), SlaveState(2, 10.0, 1.0, answers_s=[0.4])
    schedule = Schedule([fast, slow], 0.0)
    fast.due_s, slow.due_s = 0.3, 0.1
    assert isinstance(schedule.next(0.1), float)
    turn = schedule.next(0.3)
    assert isinstance(turn, Turn)
    assert turn.slave is fast
    schedule.done(fast, 0.32, [0.02], answered=True)
    turn = schedule.next(0.32)
    assert isinstance(turn, Turn)
    assert (turn.slave is slow, turn.wait_s >= 0.8) == (True, True)


def test_who_talks_without_answering_is_asked_when_there_is_time_for_it_to_fall_silent() -> None:
    fast, noisy = SlaveState(1, 1.0, 1.0, answers_s=[0.02]), SlaveState(2, 1.0, 1.0)
    schedule = Schedule([fast, noisy], 0.0)
    before_s = noisy.least_s
    schedule.done(noisy, 0.1, [], answered=False, is_noisy=True)
    schedule.done(noisy, 0.2, [], answered=False, is_noisy=True)
    assert noisy.least_s > 2 * before_s
    fast.due_s, noisy.due_s = 1.0, 0.9
    assert isinstance(schedule.next(0.95), float)
    schedule.done(noisy, 2.0, [0.02], answered=True)
    assert noisy.least_s < before_s


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("dies_s", [10.0, 10.45, 11.0, 100.0])
@pytest.mark.parametrize("every_s", [0.5, 1.0])
@pytest.mark.parametrize("cadences", [1.0, 1.3, 3.7])
def test_a_slow_slave_delays_nobody_alive_or_dead(share: float, dies_s: float, every_s: float, cadences: float) -> None:
    """Its answer takes `share` of the cadence of the others, and its own cadence drifts through theirs."""
    slow = Device(SlaveState(50, cadences * every_s, 1.0), share * every_s, dead_from_s=dies_s)
    devices = [slow, *bus(5, every_s, latency_s=0.01)]
    run(devices, 60)
    assert len([at for at in slow.began_s if at < dies_s]) >= 0.5 * min(dies_s, 60) / slow.state.every_s
    assert max(longest(device, 2) for device in devices[1:]) <= ALLOWED


FAST = st.builds(
    lambda every_s, timeout_s, reads, latency_s: Device(SlaveState(0, every_s, timeout_s, reads), latency_s),
    st.sampled_from([1.0, 2.0, 5.0]),
    st.sampled_from([0.2, 1.0, 3.0]),
    st.integers(1, 2),
    st.floats(0.005, 0.02),
)
SLOW = st.builds(
    lambda every_s, timeout_s, latency_s, dies_s: Device(SlaveState(0, every_s, timeout_s), latency_s, dead_from_s=dies_s),
    st.sampled_from([1.0, 1.3, 2.0, 3.7, 10.0]),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.floats(0.02, 0.25),
    st.one_of(st.just(1e9), st.floats(3, 50)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(FAST, min_size=2, max_size=6), st.lists(SLOW, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_slow_ones_of_any_cadence_delay_no_fast_one_and_are_read(fast: list[Device], slow: list[Device], rng: Random) -> None:
    """On a line that is busy half of the time at most."""
    devices = [*fast, *slow]
    assume(sum(device.latency_s * device.state.reads / device.state.every_s for device in devices) < 0.5)
    rng.shuffle(devices)
    for number, device in enumerate(devices, 1):
        device.state.id = number
    run(devices, 80)
    assert max(longest(device, 2 * device.state.every_s + 2) for device in fast) <= ALLOWED
    assert all(len(device.began_s) > 0.4 * 80 / device.state.every_s for device in slow if device.dead_from_s > 80)


def test_who_has_never_answered_is_given_more_time_with_each_failure() -> None:
    """It may be slow: asked when little can be spared, it would be taken for dead for ever."""
    new = SlaveState(2, 1.0, 1.0)
    schedule = Schedule([SlaveState(1, 1.0, 1.0, answers_s=[0.02]), new], 0.0)
    waits = []
    for number in range(4):
        waits.append(new.least_s)
        schedule.done(new, float(number), [], answered=False)
    assert waits == sorted(set(waits))
    assert waits[-1] <= 0.3
    schedule.done(new, 9.0, [0.02], answered=True)
    assert new.least_s < waits[0]
