"""Boots without a trusted clock get a place between what is known, in their order, and keep it."""

from hypothesis import given
from hypothesis import strategies as st

from edge.clock.boots import Boot, Place, gained, with_floor

T_NS = 1_780_000_000_000_000_000
H_NS = 3_600_000_000_000


def test_a_trusted_boot_starts_at_its_offset() -> None:
    [boot] = gained([Boot("a", T_NS, 0, 5)], T_NS + H_NS, 7)
    assert boot.place is not None
    assert boot.place.at(12) == T_NS + H_NS + 12
    assert not boot.place.is_estimated


def test_a_boot_is_put_where_the_host_had_it_if_that_fits() -> None:
    first, _ = gained([Boot("a", T_NS, T_NS + H_NS, H_NS), Boot("b", T_NS, 0)], T_NS + 5 * H_NS, 7)
    assert first.place == Place(T_NS + H_NS, T_NS + 2 * H_NS, H_NS, is_estimated=True)


def test_a_boot_that_believed_in_1970_begins_right_after_the_floor_and_one_in_the_future_ends_before_the_next() -> None:
    early, late, _ = gained([Boot("a", T_NS, 5, H_NS), Boot("b", T_NS, T_NS + 100 * H_NS, H_NS), Boot("c", T_NS, 0)], T_NS + 5 * H_NS, 7)
    assert early.place is not None
    assert early.place.start_ns == T_NS
    assert late.place is not None
    assert late.place.end_ns == T_NS + 5 * H_NS


def test_a_place_is_never_revised() -> None:
    boots = gained([Boot("a", T_NS, 5, H_NS), Boot("b", T_NS, 0)], T_NS + 5 * H_NS, 7)
    again = gained([*boots, Boot("c", T_NS + 6 * H_NS, 0)], T_NS + 9 * H_NS, 7)
    assert again[:2] == boots


def test_boots_longer_than_the_room_between_are_pressed() -> None:
    one, two, _ = gained([Boot("a", T_NS, 0, 3 * H_NS), Boot("b", T_NS, 0, H_NS), Boot("c", T_NS, 0)], T_NS + 2 * H_NS, 7)
    assert one.place is not None
    assert two.place is not None
    assert (one.place.at(0), one.place.at(3 * H_NS)) == (T_NS, T_NS + H_NS * 3 // 2)
    assert two.place.at(H_NS) == T_NS + 2 * H_NS


@given(
    lengths=st.lists(st.integers(0, 10 * H_NS), min_size=1, max_size=6),
    hosts=st.lists(st.integers(0, T_NS + 50 * H_NS), min_size=6, max_size=6),
    room_ns=st.integers(0, 40 * H_NS),
    boot_times=st.lists(st.integers(0, 12 * H_NS), min_size=2, max_size=8),
)
def test_every_place_lies_between_floor_and_trusted_start_in_the_order_of_boots(
    lengths: list[int], hosts: list[int], room_ns: int, boot_times: list[int]
) -> None:
    waiting = [Boot(f"b{at}", T_NS, hosts[at], length) for at, length in enumerate(lengths)]
    placed = gained([*waiting, Boot("now", T_NS, 0)], T_NS + room_ns, 0)
    before_ns = T_NS
    for boot in placed[:-1]:
        assert boot.place is not None
        times = [boot.place.at(boot_ns) for boot_ns in sorted(boot_times)]
        assert times == sorted(times)
        assert before_ns <= boot.place.start_ns <= times[0]
        assert times[-1] <= boot.place.end_ns <= T_NS + room_ns
        before_ns = boot.place.end_ns


def test_a_lowered_floor_leaves_room_for_those_that_wait() -> None:
    boots = [Boot("a", T_NS, 0, H_NS), Boot("b", T_NS, 0)]
    lowered = with_floor(boots, T_NS - 10 * H_NS)
    assert {boot.floor_ns for boot in lowered} == {T_NS - 11 * H_NS}
    first, _ = gained(lowered, T_NS - 10 * H_NS, 7)
    assert first.place is not None
    assert first.place.end_ns - first.place.start_ns == H_NS


def test_a_boot_that_gains_trust_again_keeps_its_first_offset() -> None:
    boots = gained([Boot("a", T_NS, 5)], T_NS + H_NS, 7)
    assert gained(boots, T_NS + 2 * H_NS, 9) == boots
