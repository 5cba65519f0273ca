"""Who is believed, when, and what a contradiction does."""

import itertools

import pytest

from edge.clock.trust import MOST_CORRECTED_NS, Corrected, Disputed, FloorLowered, Gained, Line, Look, Stepped, Trust, Witness

T_NS = 1_780_000_000_000_000_000
S_NS = 1_000_000_000
DAY_NS = 86_400 * S_NS


def look(boot_s: float, wall_ahead_ns: int = 0, error_ns: int | None = None) -> Look:
    boot_ns = round(boot_s * S_NS)
    return Look(boot_ns, T_NS + boot_ns + wall_ahead_ns, error_ns)


def trusted(mode: str = "kernel") -> Trust:
    trust = Trust(mode, 0)  # type: ignore[arg-type]
    trust.look(look(10, error_ns=1_000_000))
    return trust


def test_an_unsynchronised_kernel_is_not_believed_and_a_synchronised_one_is() -> None:
    trust = Trust("kernel", 0)
    assert trust.look(look(10)) == []
    assert (trust.line, trust.refusal) == (None, "the kernel is not synchronised")
    assert trust.look(look(11, error_ns=5_000_000)) == [Gained(11 * S_NS, Witness.KERNEL, 5_000_000)]
    assert trust.line is not None
    assert trust.line.at(20 * S_NS) == T_NS + 20 * S_NS


def test_a_host_is_believed_without_a_kernel_that_is_synchronised() -> None:
    trust = Trust("host", 0)
    assert trust.look(look(10)) == [Gained(10 * S_NS, Witness.HOST, 0)]


@pytest.mark.parametrize("mode", ["kernel", "host"])
def test_a_time_before_the_floor_is_not_believed(mode: str) -> None:
    trust = Trust(mode, T_NS + DAY_NS)  # type: ignore[arg-type]
    assert trust.look(look(10, error_ns=1)) == []
    assert "has been further" in trust.refusal
    assert trust.look(look(10, DAY_NS, error_ns=1)) != []


def test_1970_is_never_believed_whoever_says_so() -> None:
    trust = Trust("host", 0)
    assert trust.look(Look(10, 5_000_000_000)) == []
    assert trust.line is None


def test_trust_does_not_lapse_and_its_error_grows() -> None:
    trust = trusted()
    trust.look(look(10 + 9 * 3600))
    assert trust.line is not None
    assert trust.error_ns(10 * S_NS) == 1_000_000
    assert trust.error_ns(10 * S_NS + DAY_NS) == 1_000_000 + 86_400 * 50_000  # 50 ppm


def test_a_step_of_the_wall_is_told_and_moves_nothing() -> None:
    trust = trusted()
    before = trust.line
    assert trust.look(look(20, -7 * DAY_NS)) == [Stepped(20 * S_NS, -7 * DAY_NS)]
    assert trust.look(look(21, -7 * DAY_NS)) == []
    assert trust.line == before


def test_a_small_correction_forward_is_followed_at_once() -> None:
    trust = trusted()
    [_, corrected] = trust.look(look(20, 2 * S_NS, error_ns=1_000_000))
    assert corrected == Corrected(20 * S_NS, 2 * S_NS, Witness.KERNEL)
    assert trust.line is not None
    assert trust.line.at(20 * S_NS) == T_NS + 22 * S_NS


def test_a_small_correction_backward_slows_time_and_never_turns_it() -> None:
    trust = trusted()
    [_, corrected] = trust.look(look(20, -2 * S_NS, error_ns=1_000_000))
    assert corrected == Corrected(20 * S_NS, -2 * S_NS, Witness.KERNEL)
    line = trust.line
    assert line is not None
    times = [line.at((20 + second) * S_NS) for second in range(30)]
    assert all(0 < later - earlier <= S_NS for earlier, later in itertools.pairwise(times))
    assert line.at(19 * S_NS) == T_NS + 19 * S_NS
    assert line.at(40 * S_NS) == T_NS + 38 * S_NS
    assert trust.error_ns(20 * S_NS) >= 2 * S_NS
    assert trust.look(look(25, -2 * S_NS, error_ns=1_000_000)) == []  # on its way already


def test_a_large_contradiction_is_disputed_and_settled_when_it_ends() -> None:
    trust = trusted()
    [_, disputed] = trust.look(look(20, -DAY_NS, error_ns=1_000_000))
    assert disputed == Disputed(20 * S_NS, -DAY_NS, Witness.KERNEL)
    assert trust.line is not None
    assert trust.line.at(20 * S_NS) == T_NS + 20 * S_NS
    assert trust.disputed_ns == -DAY_NS
    [_, settled] = trust.look(look(30, 0, error_ns=1_000_000))
    assert settled == Disputed(30 * S_NS, 0, Witness.KERNEL)
    assert trust.disputed_ns == 0


def test_a_large_correction_forward_needs_two_witnesses() -> None:
    trust = trusted()
    trust.look(look(20, DAY_NS, error_ns=1_000_000))
    assert trust.disputed_ns == DAY_NS
    [corrected] = trust.date(T_NS + 21 * S_NS + DAY_NS, 21 * S_NS, 21 * S_NS)
    assert isinstance(corrected, Corrected)
    assert trust.line is not None
    assert trust.line.at(21 * S_NS) == T_NS + 21 * S_NS + DAY_NS


def test_two_witnesses_lower_a_floor_that_was_wrong() -> None:
    trust = Trust("kernel", T_NS + 100 * DAY_NS)
    assert trust.look(look(10, error_ns=1_000_000)) == []
    [lowered, gained] = trust.date(T_NS + 11 * S_NS, 11 * S_NS, 11 * S_NS)
    assert isinstance(lowered, FloorLowered)
    assert isinstance(gained, Gained)
    assert trust.floor_ns < T_NS + 12 * S_NS


def test_a_date_is_believed_while_the_kernel_says_nothing_and_is_never_ahead_of_the_truth() -> None:
    trust = Trust("kernel", 0)
    [gained] = trust.date(T_NS + 30 * S_NS, round(30.1 * S_NS), round(30.4 * S_NS))
    assert gained == Gained(round(30.4 * S_NS), Witness.UPLINK, 1_300_000_000)
    assert trust.line is not None
    assert trust.line.at(round(30.4 * S_NS)) == T_NS + 30 * S_NS


def test_a_date_that_took_too_long_or_that_a_kernel_outranks_is_not_heard() -> None:
    assert Trust("kernel", 0).date(T_NS, 0, 11 * S_NS) == []
    assert trusted().date(T_NS + 5 * S_NS, 20 * S_NS, 20 * S_NS) == []
    assert trusted("host").date(T_NS + 5 * S_NS, 20 * S_NS, 20 * S_NS) == []


def test_a_host_that_was_set_far_ahead_is_followed_by_a_new_process_only() -> None:
    trust = trusted("host")
    assert isinstance(trust.look(look(20, DAY_NS))[-1], Disputed)
    again = Trust("host", 0, line=trust.line)
    assert isinstance(again.look(look(30, DAY_NS))[-1], Corrected)


def test_the_next_process_of_a_boot_goes_on_with_its_line() -> None:
    line = Line(5 * S_NS, T_NS + 5 * S_NS)
    trust = Trust("kernel", 0, line=line, error_ns=7)
    assert trust.look(look(30, -MOST_CORRECTED_NS * 2)) == []
    assert trust.line == line
    assert trust.error_ns(5 * S_NS) == 7
