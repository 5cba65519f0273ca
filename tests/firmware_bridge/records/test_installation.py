from datetime import UTC, datetime

import pytest

from firmware_bridge.bundle.keys import new_key
from firmware_bridge.records import signed
from firmware_bridge.records.installation import Firmware, InstallationRecord, installation_of, one_line, record_of

_RECORD = record_of(
    InstallationRecord(
        id="0" * 32,
        at=datetime(2026, 11, 27, 8, tzinfo=UTC),
        clock="unknown",
        technician="an",
        computer="laptop",
        board="esp32",
        chip="ESP32",
        firmware=Firmware(name="reference", version="1.2.0", bundle_sha256="0" * 64, key_id="k"),
        device="tram-07",
        site="bac-ninh",
    )
)


@pytest.mark.parametrize("field", ["technician", "computer", "note", "chip"])
def test_record_of_a_stranger_cannot_move_the_cursor(field: str) -> None:
    data = signed.sign(_RECORD | {field: "an\x1b[2J\x1b[1;1HĐÚNG"}, new_key())
    with pytest.raises(signed.RecordRefused, match="control characters"):
        installation_of(signed.verify(data))


def test_note_of_two_lines_is_written_as_one() -> None:
    assert one_line("cột 3\nphía đông\t\x1b") == "cột 3 phía đông  "
