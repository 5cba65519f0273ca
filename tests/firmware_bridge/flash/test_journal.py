"""The journal of a flash."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.journal import Journal, ReadingSeen, State
from firmware_bridge.flash.plan import Step

STATE = State(
    record_id="a" * 32,
    started_at=datetime(2026, 11, 27, tzinfo=UTC),
    done=(Step.WRITE,),
    readings=(ReadingSeen(measurement="weather", values={"temperature": 27.4, "count": 3, "is_wet": True}),),
)


def journal(folder: Path, board: str = "usb-1", bundle: str = "b" * 64, device: str = "tram-07") -> Journal:
    return Journal(folder, board, bundle, device, "bac-ninh")


def test_what_was_saved_is_there_for_the_same_board_bundle_and_name_alone(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    with kept.locked():
        kept.save(STATE)
    assert journal(tmp_path).load() == STATE
    for other in (journal(tmp_path, board="usb-2"), journal(tmp_path, bundle="c" * 64), journal(tmp_path, device="tram-08")):
        assert other.load() is None


@given(st.binary(max_size=200))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_journal_counts_as_none(tmp_path: Path, damage: bytes) -> None:
    kept = journal(tmp_path)
    with kept.locked():
        kept.save(STATE)
    for path in tmp_path.glob("*.json"):
        path.write_bytes(damage)
    assert kept.load() is None


def test_two_flashes_of_one_board_do_not_run_at_once(tmp_path: Path) -> None:
    with journal(tmp_path).locked():
        with pytest.raises(FlashError) as caught, journal(tmp_path, bundle="c" * 64).locked():
            pass
        assert caught.value.cause is Cause.PORT_BUSY
        with journal(tmp_path, board="usb-2").locked():
            pass
    with journal(tmp_path).locked():
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FlashError, match="file") as caught, journal(tmp_path / "file").locked():
        pass
    assert caught.value.cause is Cause.RECORD_FAILED
