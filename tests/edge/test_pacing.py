"""When to look for the store, how fast the link is, how fast the backlog may go; and a small fleet that returns at once."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fleet import limits, p99
from bench.fleet_model import Fleet, Outcome, simulate
from edge.uplink.eta import BacklogEta
from edge.uplink.link_meter import UNKNOWN_BYTES_PER_S, LinkMeter
from edge.uplink.pacing import Budget, Pacer
from edge.uplink.probe import LOOK_S, PATIENCE, look_timeout_s, wait_s
from edge.uplink.scavenger import Scavenger
from runtime.influx_answers import Action, Answer

DOWN = Answer(Action.RETRY, "unreachable")
FLEET = Fleet(gateways=100, link_bytes_per_s=1_250_000.0, round_trip_s=0.04, is_refusing=True, seconds=40.0, lines_per_s=6_000.0)
SLOW = replace(FLEET, link_bytes_per_s=8_000.0, round_trip_s=0.1)


class Line:
    """A link to a store that nobody else uses: `rate` bytes a second, a round trip, and work for each byte."""

    def __init__(self, pacer: Pacer, rate: float, round_trip_s: float = 0.05) -> None:
        self.pacer, self.rate, self.round_trip_s = pacer, rate, round_trip_s
        self.now_s = self.backlog_bytes = 0.0
        self.longest_s = 0.0
        self.extra_s = 0.0
        pacer.found(round_trip_s, 0.0)

    def send(self, size: int, *, is_backlog: bool) -> None:
        began_s = self.now_s
        self.now_s += self.round_trip_s + size / self.rate + self.extra_s
        self.pacer.answered(size, began_s, self.now_s, is_backlog=is_backlog)

    def drain(self, seconds: float) -> float:
        """Send backlog alone, and return the bytes a second that got through."""
        began_s, self.backlog_bytes = self.now_s, 0
        while self.now_s < began_s + seconds:
            self.now_s += self.pacer.backlog_wait_s(self.now_s)
            size = min(self.pacer.backlog_bytes() or 90_000, 90_000)  # as 5,000 lines have
            self.longest_s = max(self.longest_s, size / self.rate)
            self.send(size, is_backlog=True)
            self.backlog_bytes += size
        return self.backlog_bytes / (self.now_s - began_s)


@pytest.mark.parametrize("fleet", [FLEET, SLOW], ids=["10 Mbit/s", "64 kbit/s"])
@pytest.mark.parametrize("is_refusing", [True, False])
def test_a_fleet_that_returns_at_once_keeps_every_limit(fleet: Fleet, is_refusing: bool) -> None:
    outcome = simulate(replace(fleet, is_refusing=is_refusing))
    assert [str(limit) for limit in limits([outcome]) if not limit.is_kept] == []
    loads = outcome.loads()
    assert sum(loads[len(loads) // 2 :]) > 0.7 * len(loads) / 2, "what the core has to spare is used"


def test_without_pacing_the_same_fleet_floods_the_core() -> None:
    outcome = simulate(replace(FLEET, budget=Budget(is_paced=False)))
    assert len([limit for limit in limits([outcome]) if not limit.is_kept]) >= 2


def test_a_core_that_asks_for_patience_gets_it() -> None:
    outcome = simulate(replace(FLEET, lines_per_s=1_000.0))  # less than live readings alone
    assert sum(gateway.refusals for gateway in outcome.gateways)
    per_gateway = sum(gateway.backlog_bytes for gateway in outcome.gateways) / len(outcome.gateways)
    assert per_gateway < 0.2 * 40.0 * 500, "the backlog stands back"


def test_a_link_that_is_back_is_found_soon_by_nearly_all_of_five_hundred() -> None:
    outcome: Outcome = simulate(replace(FLEET, gateways=500, seconds=20.0, lines_per_s=30_000.0))
    found = [gateway.found_s for gateway in outcome.gateways]
    assert p99(found) <= 15.0
    in_a_second = max(sum(second <= each < second + 1 for each in found) for second in range(16))
    assert in_a_second < 500 / 4, "they do not come in step"


@given(failures=st.integers(1, 10_000), seed=st.integers(0, 1 << 32))
def test_two_looks_and_a_wait_are_no_longer_than_a_link_may_stay_unnoticed(failures: int, seed: int) -> None:
    assert LOOK_S + wait_s(PATIENCE, DOWN, failures, Random(seed)) + LOOK_S <= 15.0


@given(
    asked=st.floats(0.1, 900.0),
    failures=st.integers(1, 100),
    seed=st.integers(0, 1 << 32),
    action=st.sampled_from([Action.RETRY, Action.HOLD]),
)
def test_nobody_comes_before_the_store_asked_for(asked: float, failures: int, seed: int, action: Action) -> None:
    answer = Answer(action, "overloaded", asked, status=503)
    assert asked <= wait_s(PATIENCE, answer, failures, Random(seed)) <= max(1.5 * asked, asked + 2.0, 36.0)


def test_those_who_are_told_the_same_come_back_spread_out() -> None:
    waits = [wait_s(PATIENCE, Answer(Action.RETRY, "overloaded", 10.0, status=503), 1, Random(seed)) for seed in range(500)]
    assert max(waits) - min(waits) > 4.0


def test_some_looks_take_as_long_as_a_slow_way_needs() -> None:
    assert {look_timeout_s(failed, 10.0) for failed in range(8)} == {LOOK_S, 10.0}
    assert look_timeout_s(0, 1.0) == 1.0


@given(rate=st.floats(500, 1e8), round_trip_s=st.floats(0.001, 2.0), sizes=st.lists(st.integers(100, 1_000_000), min_size=1, max_size=30))
def test_a_link_is_never_taken_for_faster_than_it_is(rate: float, round_trip_s: float, sizes: list[int]) -> None:
    meter = LinkMeter(round_trip_s)
    for size in sizes:
        meter.answered(size, round_trip_s + size / rate)
    assert meter.bytes_per_s <= 1.001 * rate


def test_small_requests_do_not_make_a_fast_link_slow() -> None:
    meter = LinkMeter()
    meter.answered(100_000, 0.1)
    for _ in range(100):
        meter.answered(300, 0.05)
    assert meter.bytes_per_s == 1_000_000


def test_a_link_that_became_slow_is_noticed_with_one_request() -> None:
    meter = LinkMeter()
    meter.answered(100_000, 0.1)
    meter.answered(600_000, 60.0)
    assert meter.bytes_per_s == 10_000


@given(rate=st.floats(1_000, 1e7), round_trip_s=st.floats(0.001, 1.5))
def test_a_backlog_request_takes_no_more_than_a_second_of_the_link(rate: float, round_trip_s: float) -> None:
    line = Line(Pacer(Budget()), rate, round_trip_s)
    line.send(500, is_backlog=False)
    line.drain(20.0)
    assert line.longest_s <= 1.03  # the first KiB of a link of 8 kbit/s


@pytest.mark.parametrize("rate", [8_000.0, 100_000.0, 1_000_000.0])
def test_a_lone_gateway_gets_most_of_its_share_of_the_link_soon(rate: float) -> None:
    line = Line(Pacer(Budget(share=0.5)), rate, 0.02)
    line.send(500, is_backlog=False)
    line.drain(3.0)
    assert 0.35 * rate < line.drain(30.0) <= 0.51 * rate


def test_the_budget_that_an_operator_sets_is_kept() -> None:
    line = Line(Pacer(Budget(bytes_per_s=3_000)), 1_000_000.0)
    line.drain(5.0)
    assert 2_700 < line.drain(60.0) <= 3_050


def test_the_backlog_stands_back_while_answers_are_slow_and_returns_when_they_are_not() -> None:
    line = Line(Pacer(Budget()), 1_000_000.0, 0.02)
    before = line.drain(5.0)
    line.extra_s = 0.6
    line.drain(20.0)
    assert line.drain(20.0) < before / 100
    line.extra_s = 0.0
    line.drain(20.0)
    assert line.drain(5.0) > before / 2


def answer(scavenger: Scavenger, size: int, seconds: float, now_s: float) -> None:
    scavenger.answered(size, now_s - seconds, now_s, link=2e6, ceiling=1e6, is_backlog=True)


def test_one_slow_answer_among_many_quick_ones_costs_a_lone_gateway_nothing() -> None:
    scavenger, now_s = Scavenger(0.001), 0.0
    for seconds in [0.06] * 40 + [2.0] + [0.06] * 5:  # the start is over
        now_s += seconds
        answer(scavenger, 90_000, seconds, now_s)
    before = scavenger.rate
    for seconds in (0.06, 0.06, 0.9, 0.06):
        now_s += seconds
        answer(scavenger, 90_000, seconds, now_s)
    assert scavenger.rate >= before


def test_gateways_that_share_a_core_come_to_equal_rates_although_no_answer_is_ever_slow() -> None:
    early, late = Scavenger(0.01), Scavenger(0.01)
    for step in range(20):
        answer(early, 60_000, 0.05, step * 0.05)  # it is alone
    for second in range(2, 100):
        answer(early, 500, 0.23, second)
        answer(late, 500, 0.23, second + 0.5)
    assert early.rate == pytest.approx(late.rate, rel=0.1)


def test_a_large_request_may_be_as_long_on_the_way_as_its_own_lines_take() -> None:
    scavenger = Scavenger(0.001)
    for step in range(40):
        answer(scavenger, 90_000, 0.06, step * 0.06)
    assert scavenger.rate == 1e6, "requests do not grow any more, the rate does"
    for second in (10.0, 12.0, 14.0, 16.0):
        answer(scavenger, 90_000, 0.28, second)
    assert scavenger.rate == 1e6


def test_a_live_request_takes_no_more_than_a_second_of_the_link_either() -> None:
    line = Line(Pacer(Budget()), 8_000.0, 0.1)
    for _ in range(10):
        size = line.pacer.live_bytes() or 0
        assert size <= 8_000
        line.send(size, is_backlog=False)


def test_a_refusal_halves_what_the_backlog_takes() -> None:
    line = Line(Pacer(Budget()), 1_000_000.0, 0.02)
    line.drain(5.0)
    before = line.pacer.budget_bytes_per_s
    line.pacer.refused(line.now_s, line.now_s + 0.1)
    assert before
    assert line.pacer.budget_bytes_per_s == pytest.approx(before / 2)


def test_an_unknown_link_is_taken_for_a_slow_one() -> None:
    pacer = Pacer(Budget())
    assert pacer.link_bytes_per_s is None
    assert (pacer.live_bytes() or 0) <= UNKNOWN_BYTES_PER_S / 2
    assert (pacer.backlog_bytes() or 0) <= UNKNOWN_BYTES_PER_S / 4


def test_a_backlog_that_live_readings_never_let_go_is_let_go_once_in_a_while() -> None:
    pacer = Pacer(Budget())
    pacer.found(1.0, 100.0)
    assert not pacer.is_backlogs_turn(101.0)
    assert pacer.is_backlogs_turn(102.5)
    pacer.answered(1000, 102.5, 103.0, is_backlog=True)
    assert not pacer.is_backlogs_turn(103.5)


def test_the_end_of_the_backlog_is_foretold_from_how_it_shrinks_and_not_before_that_is_known() -> None:
    eta = BacklogEta()
    assert eta.look(1000, 0.0) is None
    assert eta.look(950, 5.0) is None
    assert eta.look(900, 10.0) == 90.0
    assert eta.look(5000, 15.0) is None
    assert eta.look(5000, 60.0) is None
    assert eta.look(0, 61.0) == 0.0
