"""Checksums of serial frames, by the names that data sheets give them. Each takes the bytes it covers."""

import struct
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal, NamedTuple

CheckName = Literal["none", "sum8", "sum8_negated", "sum8_inverted", "xor8", "sum16_be", "sum16_le", "crc16_modbus"]

Covered = bytes | bytearray | memoryview


_FOLDED_BYTES = 512  # that `xor8` folds at once


class Check(NamedTuple):
    """`of(covered)` is what the `width` bytes after them hold, as the device writes them."""

    width: int
    of: Callable[[Covered], bytes]


def crc16_modbus(covered: Covered) -> int:
    """Return the CRC-16 of Modbus (polynomial 0xA001 reflected, start 0xFFFF; MODBUS over Serial Line V1.02, section 6.2.2)."""
    crc = 0xFFFF
    table = _crc_of_words()
    whole = len(covered) & ~1
    for word in struct.unpack(f"<{whole // 2}H", covered[:whole]):
        crc = table[crc ^ word]
    return crc if whole == len(covered) else (crc >> 8) ^ _CRC16[(crc ^ covered[-1]) & 0xFF]


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC16 = _crc_table()


@cache
def _crc_of_words() -> Sequence[int]:
    """Two bytes at once: twice as fast, for 128 KiB that are made when the first CRC is."""
    table = array("H", bytes(2 << 16))
    for word in range(1 << 16):
        crc = (word >> 8) ^ _CRC16[word & 0xFF]
        table[word] = (crc >> 8) ^ _CRC16[crc & 0xFF]
    return table


def xor8(data: Covered) -> int:
    """Return the exclusive or of all bytes."""
    folded = 0
    for at in range(0, len(data), _FOLDED_BYTES):
        folded ^= int.from_bytes(data[at : at + _FOLDED_BYTES], "little")
    if len(data) > _FOLDED_BYTES // 4:
        folded ^= folded >> 2048
        folded ^= folded >> 1024
    folded ^= folded >> 512
    folded ^= folded >> 256
    folded ^= folded >> 128
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    return (folded ^ folded >> 8) & 0xFF


CHECKS: dict[str, Check] = {
    "none": Check(0, lambda _covered: b""),
    "sum8": Check(1, lambda covered: bytes((sum(covered) & 0xFF,))),
    "sum8_negated": Check(1, lambda covered: bytes((-sum(covered) & 0xFF,))),  # two's complement: MH-Z19, HPMA115
    "sum8_inverted": Check(1, lambda covered: bytes((~sum(covered) & 0xFF,))),  # one's complement: SHDLC
    "xor8": Check(1, lambda covered: bytes((xor8(covered),))),
    "sum16_be": Check(2, lambda covered: (sum(covered) & 0xFFFF).to_bytes(2, "big")),
    "sum16_le": Check(2, lambda covered: (sum(covered) & 0xFFFF).to_bytes(2, "little")),
    "crc16_modbus": Check(2, lambda covered: crc16_modbus(covered).to_bytes(2, "little")),
}
