import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.backoff import Backoff, next_delay

SECONDS = st.floats(1e-3, 1e6)


@given(first_s=SECONDS, ceiling_s=SECONDS, failures=st.integers(0, 10**9), seed=st.integers(0, 2**32))
def test_delay_is_never_negative_and_never_above_the_ceiling(first_s: float, ceiling_s: float, failures: int, seed: int) -> None:
    assert 0.0 <= next_delay(Backoff(first_s, ceiling_s), failures, Random(seed)) <= ceiling_s


def test_no_failure_means_no_wait() -> None:
    assert next_delay(Backoff(1.0, 60.0), 0, Random(1)) == 0.0


@pytest.mark.parametrize(("failures", "longest_s"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 32.0), (7, 60.0), (5000, 60.0)])
def test_longest_delay_doubles_up_to_the_ceiling(failures: int, longest_s: float) -> None:
    rng = Random(7)
    delays = [next_delay(Backoff(1.0, 60.0), failures, rng) for _ in range(2000)]
    assert longest_s * 0.99 < max(delays) <= longest_s
    assert min(delays) < longest_s * 0.01  # full jitter reaches down to zero


def test_two_gateways_do_not_return_in_step() -> None:
    policy = Backoff(1.0, 60.0)
    assert [next_delay(policy, n, Random(1)) for n in range(1, 9)] != [next_delay(policy, n, Random(2)) for n in range(1, 9)]


@pytest.mark.parametrize(("first_s", "ceiling_s"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (1.0, math.inf), (math.inf, 1.0)])
def test_policy_that_cannot_wait_is_refused(first_s: float, ceiling_s: float) -> None:
    with pytest.raises(ValueError, match="first_s and ceiling_s"):
        Backoff(first_s, ceiling_s)
