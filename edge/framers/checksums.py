"""Checksums of serial frames, by the names that data sheets give them. Each takes the bytes it covers."""

from collections.abc import Callable
from typing import Literal, NamedTuple

CheckName = Literal["none", "sum8", "sum8_negated", "sum8_inverted", "xor8", "sum16_be", "sum16_le", "crc16_modbus"]

Covered = bytes | bytearray | memoryview


class Check(NamedTuple):
    """`of(covered)` is what the `width` bytes after them hold, as the device writes them."""

    width: int
    of: Callable[[Covered], bytes]


def crc16_modbus(covered: Covered) -> int:
    """Return the CRC-16 of Modbus (polynomial 0xA001 reflected, start 0xFFFF; MODBUS over Serial Line V1.02, section 6.2.2)."""
    crc = 0xFFFF
    for byte in covered:
        crc = (crc >> 8) ^ _CRC16[(crc ^ byte) & 0xFF]
    return crc


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC16 = _crc_table()


def _xor8(covered: Covered) -> bytes:
    folded = 0
    for byte in covered:
        folded ^= byte
    return bytes((folded,))


CHECKS: dict[str, Check] = {
    "none": Check(0, lambda _covered: b""),
    "sum8": Check(1, lambda covered: bytes((sum(covered) & 0xFF,))),
    "sum8_negated": Check(1, lambda covered: bytes((-sum(covered) & 0xFF,))),  # two's complement: MH-Z19, HPMA115
    "sum8_inverted": Check(1, lambda covered: bytes((~sum(covered) & 0xFF,))),  # one's complement: SHDLC
    "xor8": Check(1, _xor8),
    "sum16_be": Check(2, lambda covered: (sum(covered) & 0xFFFF).to_bytes(2, "big")),
    "sum16_le": Check(2, lambda covered: (sum(covered) & 0xFFFF).to_bytes(2, "little")),
    "crc16_modbus": Check(2, lambda covered: crc16_modbus(covered).to_bytes(2, "little")),
}
