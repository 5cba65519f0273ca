"""No history of boots, steps, syncs, lies and power cuts yields a time that cannot be: thousands of them, made up by chance."""

from collections.abc import Callable
from random import Random

import pytest

from tests.edge.clock.history import HOUR_NS, SOURCES, Life

DAY_NS = 24 * HOUR_NS
HISTORIES = 12_000
_CHUNKS = 8


def happens(life: Life, rng: Random, *, may_lie: bool) -> None:
    """One happening of a life."""
    in_1970 = -1_780_000_000_000_000_000 + rng.randrange(DAY_NS)
    wall_ns = rng.choice((0, in_1970, -7 * DAY_NS, 3 * DAY_NS, -rng.randrange(1, HOUR_NS), rng.randrange(900_000_000)))
    span_ns = rng.choice((1_000_000, 1_000_000_000, 60_000_000_000, HOUR_NS, 9 * HOUR_NS))
    off_ns = rng.choice((0, 1_000_000_000, HOUR_NS, 30 * DAY_NS))
    common: list[Callable[[], None]] = [
        *[lambda: life.reads(rng.choice(SOURCES))] * 7,
        *[lambda: life.passes(span_ns)] * 4,
        *[life.sends] * 2,
        *[lambda: life.loses_power(off_ns, wall_ns)] * 3,
        life.is_synchronised,
        life.loses_synchronisation,
        life.hears_a_date,
        life.starts_again,
        lambda: life.is_set(wall_ns),
    ]
    lies: list[Callable[[], None]] = [lambda: life.is_lied_to(wall_ns), lambda: life.hears_a_date(wall_ns)]
    rng.choice(common + lies if may_lie else common)()


def live(seed: int, *, mode: str, may_lie: bool) -> Life:
    rng = Random(seed)
    life = Life(mode, rng)
    for _ in range(rng.randrange(3, 25)):
        happens(life, rng, may_lie=may_lie)
    life.ends()
    return life


def check(seeds: range, *, mode: str, may_lie: bool) -> None:
    for seed in seeds:
        try:
            live(seed, mode=mode, may_lie=may_lie)
        except AssertionError as error:
            raise AssertionError(f"history {seed}: {error}") from error


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_no_history_yields_a_wrong_time_one_before_the_floor_after_sending_or_out_of_order(chunk: int) -> None:
    check(range(chunk, HISTORIES, _CHUNKS), mode="kernel", may_lie=False)


def test_not_even_witnesses_that_lie_bring_readings_out_of_order_or_revise_what_was_sent() -> None:
    check(range(HISTORIES // 4), mode="kernel", may_lie=True)


def test_a_host_whose_clock_is_believed_and_set_at_will_keeps_the_order_too() -> None:
    check(range(HISTORIES // 4), mode="host", may_lie=False)
