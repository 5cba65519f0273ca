"""A board sends again what it does not know to be durable; the receipts of an earlier process tell that from what is new."""

from hypothesis import given
from hypothesis import strategies as st

from edge.link.known import DurableFrames, token_of
from edge.spool.receipts import Receipts
from firmware_bridge.link.events import FrameIdentity

UID = b"\1\2\3\4"
NUMBERS = 1 << 16


def receipts(boot: int, *frames: tuple[int, int]) -> Receipts:
    return Receipts(token_of(UID, boot), tuple(seq for seq, _ in frames), tuple(found for _, found in frames))


@given(st.integers(0, NUMBERS - 1), st.lists(st.integers(0, 3), min_size=1, max_size=40), st.data())
def test_exactly_the_frames_that_are_durable_are_known_wherever_the_process_died(
    first: int, hashes: list[int], data: st.DataObject
) -> None:
    frames = [((first + at) % NUMBERS, found) for at, found in enumerate(hashes)]
    durable_count = data.draw(st.integers(0, len(frames)), "durable")
    told_count = data.draw(st.integers(0, durable_count), "acknowledged")
    known = DurableFrames([receipts(7, *frames[:durable_count])] if durable_count else [])
    known.opened(UID, 7, frames[told_count][0] if told_count < len(frames) else (first + len(frames)) % NUMBERS, (first + 40) % NUMBERS)
    found = [known(FrameIdentity(UID, 7, *frame)) for frame in frames[told_count:]]
    assert found == [True] * (durable_count - told_count) + [False] * (len(frames) - durable_count)


def test_a_number_that_comes_again_after_all_others_is_new_although_nothing_has_changed() -> None:
    known = DurableFrames([receipts(7, *((seq, 5) for seq in range(10)))])
    known.opened(UID, 7, 4, 12)
    assert [known(FrameIdentity(UID, 7, seq, 5)) for seq in range(4, 11)] == [True] * 6 + [False]
    assert [known(FrameIdentity(UID, 7, seq, 5)) for seq in range(4, 10)] == [False] * 6


def test_another_start_of_the_board_and_another_board_are_not_known() -> None:
    for uid, boot in ((UID, 8), (b"other", 7)):
        known = DurableFrames([receipts(7, (0, 5))])
        known.opened(uid, boot, 0, 1)
        assert not known(FrameIdentity(uid, boot, 0, 5))


def test_a_boot_number_that_is_used_again_does_not_pass_for_the_start_of_before() -> None:
    known = DurableFrames([receipts(1, *((seq, 5) for seq in range(500)))])
    known.opened(UID, 1, 0, 1)  # its memory was erased: it counts from the start again
    assert known(FrameIdentity(UID, 1, 0, 6)) is False
    assert known(FrameIdentity(UID, 1, 1, 5)) is False


def test_boards_that_take_turns_on_one_port_are_known_each_by_its_own_receipts() -> None:
    known = DurableFrames([receipts(7, (0, 5)), Receipts(token_of(b"other", 3), (9,), (1,))])
    known.opened(UID, 7, 0, 1)
    assert known(FrameIdentity(UID, 7, 0, 5))
    known.opened(b"other", 3, 9, 10)
    assert known(FrameIdentity(b"other", 3, 9, 1))
