"""Which ESP32 takes no plain image."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.flash.backends.esptool import esp32_lock, reported_lock


def efuse(word0: int = 0, word6: int = 0) -> bytes:
    return struct.pack("<7I", word0, 0, 0, 0, 0, 0, word6)


@given(st.integers(0, 127), st.integers(0, (1 << 20) - 1))
def test_flash_encryption_is_on_when_an_odd_number_of_its_bits_is_burnt(count: int, other: int) -> None:
    is_on = count.bit_count() % 2 == 1
    assert (esp32_lock(efuse(count << 20 | other)) != "") is is_on


def test_secure_boot_of_either_version_locks() -> None:
    assert esp32_lock(efuse()) == ""
    assert esp32_lock(efuse(word6=1 << 4)) == "secure boot is on"
    assert esp32_lock(efuse(word6=1 << 5)) == "secure boot is on"
    assert esp32_lock(b"short") == "", "what cannot be read is not judged"


def test_later_chips_report_it_in_words() -> None:
    assert reported_lock("Secure Boot: Disabled\nFlash Encryption: Disabled") == ""
    assert reported_lock("Secure Boot: Enabled\nFlash Encryption: Disabled") == "secure boot is on"
    assert reported_lock("Secure Boot: Disabled\nFlash Encryption: Enabled") == "flash encryption is on"
