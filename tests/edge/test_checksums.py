"""CRC-16 of Modbus: two bytes a step give what the bits of the standard give."""

from hypothesis import given
from hypothesis import strategies as st

from edge.framers.checksums import crc16_modbus


@given(covered=st.binary(max_size=300))
def test_crc_is_that_of_the_standard_bit_by_bit(covered: bytes) -> None:
    crc = 0xFFFF
    for byte in covered:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    assert crc16_modbus(covered) == crc16_modbus(bytearray(covered)) == crc16_modbus(memoryview(covered)) == crc


def test_crc_of_the_check_string() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37
