"""What queued at the broker while we were away is placed inside the absence, each series in its order."""

from hypothesis import given
from hypothesis import strategies as st

from edge.absence import while_away

S_NS = 1_000_000_000
T_NS = 1_780_000_000_000_000_000


@given(room_ns=st.integers(0, 10**15), pace_ns=st.integers(0, 10**13), numbers=st.lists(st.integers(1, 900_000), min_size=2, max_size=30))
def test_later_messages_have_later_times_and_all_lie_inside(room_ns: int, pace_ns: int, numbers: list[int]) -> None:
    times = [while_away(T_NS, T_NS + room_ns, nth, pace_ns) for nth in sorted(set(numbers))]
    assert times == sorted(set(times))
    assert times[0] > T_NS
    assert times[-1] <= T_NS + max(room_ns, 1_000_000)


def test_a_series_goes_on_at_its_pace() -> None:
    times = [while_away(T_NS, T_NS + 3600 * S_NS, nth, 60 * S_NS) - T_NS for nth in (1, 2, 40)]
    assert times == [60 * S_NS + 1, 120 * S_NS + 2, 2400 * S_NS + 40]


def test_more_than_fits_is_pressed_into_the_last_quarter() -> None:
    at_ns = while_away(T_NS, T_NS + 3600 * S_NS, 500, 60 * S_NS) - T_NS
    assert 2700 * S_NS < at_ns < 3600 * S_NS
