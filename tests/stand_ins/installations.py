"""Installation records for tests."""

import secrets
from datetime import UTC, datetime

from firmware_bridge.bundle.keys import SigningKey, new_key
from firmware_bridge.records.installation import Firmware, FirstReading, InstallationRecord, record_of, value_of
from firmware_bridge.records.signed import sign

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
TECHNICIAN = new_key()


def installation(**changes: object) -> InstallationRecord:
    plain: dict[str, object] = {
        "id": secrets.token_hex(16),
        "at": NOW,
        "clock": "synchronised",
        "technician": "Nguyễn Thị Hạnh",
        "computer": "laptop-7",
        "board": "atmega328p-uno",
        "chip": "atmega328p",
        "uid": "1e950f00112233",
        "firmware": Firmware(name="reference", version="1.2.0", bundle_sha256="ab" * 32, key_id="18d0390f3c61fbb5"),
        "device": "weather-07",
        "site": "dinh-bang",
        "first_reading": FirstReading(
            measurement="weather",
            at=NOW,
            values=(value_of("temperature", 26.5, "Cel"), value_of("humidity", 71)),
            is_plausible=True,
        ),
        "tools": {"quanho": "0.1.0", "avrdude": "7.1"},
    }
    return InstallationRecord.model_validate(plain | changes)


def signed_record(key: SigningKey = TECHNICIAN, **changes: object) -> bytes:
    return sign(record_of(installation(**changes)), key)
