"""The journal of an update: entries come back as written, and damage costs what follows it, never what stands before."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.ota.course import Ended, Mark, Noted, Outcome, Step, Which
from firmware_bridge.ota.firmware import Firmware
from firmware_bridge.ota.journal import Journal, Order, bytes_of, decoded, encoded
from tests.firmware_bridge.ota.model import SENSORS, image

NEW, _ = image("2.0.0")
OLD, _ = image("1.0.0")
ORDER = Order("u1", "roof", NEW, 3, SENSORS, OLD, is_despite=True, at_ns=5)
_NOTED = st.builds(
    Noted,
    st.sampled_from(Step),
    st.sampled_from(Which),
    st.sampled_from(Mark),
    st.text(max_size=20),
    st.dictionaries(st.sampled_from(["is_written", "is_final"]), st.booleans(), max_size=2),
)
_ENTRIES = st.lists(_NOTED | st.builds(Ended, st.sampled_from(Outcome), st.text(max_size=20)), max_size=6)


@given(_ENTRIES)
def test_what_is_written_is_read(entries: list[Noted | Ended]) -> None:
    written = decoded(bytes_of([ORDER, *entries]))
    assert written.order is not None
    assert written.order.new == NEW
    assert written.order.rescue == OLD
    assert written.order.is_despite
    assert list(written.entries) == entries


@given(_ENTRIES, st.data())
def test_a_journal_cut_or_damaged_anywhere_keeps_what_stands_before(entries: list[Noted | Ended], data: st.DataObject) -> None:
    whole = bytes_of([ORDER, *entries])
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.sampled_from([b"", bytes([whole[at] ^ 0x20]) + whole[at + 1 :], b"\0" * 40]))
    written = decoded(damaged)
    lines_before = whole[:at].count(b"\n")
    assert list(written.entries) == entries[: max(0, lines_before - 1)]
    assert whole.startswith(damaged[: written.whole_bytes])


def test_the_next_entry_takes_the_place_of_a_torn_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "roof.journal")
    journal.create(ORDER)
    begun = Noted(Step.FLASH, Which.NEW, Mark.BEGUN)
    journal.write(begun)
    with journal.path.open("ab") as file:
        file.write(encoded(Noted(Step.FLASH, Which.NEW, Mark.DONE))[:-5])
    failed = Noted(Step.FLASH, Which.NEW, Mark.FAILED, "không nạp được", {"is_written": True})
    journal.write(failed)
    assert journal.read().entries == (begun, failed)


def test_a_journal_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none.journal").read().order is None


def test_a_firmware_is_recognised_by_all_that_it_says() -> None:
    assert NEW.is_said_by(Firmware("uno", "reference", "2.0.0", "build-2.0.0"))
    assert NEW.is_said_by(Firmware("uno", "reference", "2.0.0", ""))
    assert not NEW.is_said_by(Firmware("uno", "reference", "2.0.0", "another build"))
    assert not NEW.is_said_by(OLD)


@pytest.mark.parametrize("text", [b"", b"{}", b"deadbeef {}\n", b"00000000 \n"])
def test_a_file_that_is_no_journal_gives_no_order(text: bytes) -> None:
    assert decoded(text).order is None
