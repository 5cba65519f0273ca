"""The serial loader of an ESP32's ROM, and of the stub that esptool puts in its place. Bytes in, bytes out.

After Espressif's "Serial Protocol": SLIP packets; a request is `00 op length:u16 checksum:u32 data`, a reply
`01 op length:u16 value:u32 data status`, where status is (failed, error) and two zero bytes more from the ROM. The stub is a model of
what it does: the code that esptool uploads is taken and not run.
"""

import struct
import zlib
from collections.abc import Callable
from functools import reduce
from operator import xor

from tests.stand_ins.esp32_chip import SECTOR_BYTES, ChipModel, Lock, NorFlash, Registers

INVALID_MESSAGE, FAILED_TO_ACT, INVALID_CRC = 5, 6, 7
_SYNCED = 0x2012_0707
_MAX_PACKET = 64 * 1024
_STUB_ONLY = (0xD0, 0xD1, 0xD2)


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, error: int) -> None:
        super().__init__(error)
        self.error = error


class Loader:
    """From entering download mode until the next reset.

    `reboots`: the client asked for the application. `is_dead`: `dies_after_bytes` were written, and then the power went.
    """

    def __init__(
        self,
        model: ChipModel,
        flash: NorFlash,
        mac: bytes,
        *,
        flips_a_bit: bool = False,
        dies_after_bytes: int | None = None,
        lock: Lock = "",
    ) -> None:
        self.is_stub = False
        self.reboots = False
        self.is_dead = False
        self.has_flipped = False
        self._left_bytes = dies_after_bytes
        self._flash = flash
        self._model = model
        self._lock = lock
        self._registers = Registers(model, len(flash), mac, lock)
        self._packet = bytearray()
        self._flips_a_bit = flips_a_bit
        self._worn_at: int | None = None
        self._extra = b""
        self._checksum = 0
        self._at, self._end, self._sequence = 0, 0, 0
        self._inflater = zlib.decompressobj()
        self._operations: dict[int, Callable[[bytes], tuple[int, bytes]]] = {
            0x02: self._begin,
            0x10: self._begin,
            0x03: self._data,
            0x11: self._deflated_data,
            0x04: self._finish,
            0x12: self._finish,
            0x05: self._accept,
            0x07: self._accept,
            0x06: self._run_from_memory,
            0x0A: self._read_register,
            0x09: self._write_register,
            0x0B: self._accept,
            0x0D: self._accept,
            0x0F: self._accept,
            0x0E: self._read_slowly,
            0x13: self._md5,
            0x14: self._security,
            0xD0: self._erase_all,
            0xD1: self._erase_region,
            0xD2: self._read_fast,
        }

    def received(self, data: bytes) -> bytes:
        """Take bytes of the client; return what goes back."""
        out = bytearray()
        for part in data.split(b"\xc0")[:-1]:
            packet = bytes(self._packet) + part
            self._packet.clear()
            out += self._answer(packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
        rest = data.rpartition(b"\xc0")[2]
        if len(self._packet) + len(rest) <= _MAX_PACKET:
            self._packet += rest
        return bytes(out)

    def _answer(self, packet: bytes) -> bytes:
        if len(packet) < 8 or packet[0] != 0:
            return b""  # a read's acknowledgements, and the noise of other programs
        op, length, self._checksum = struct.unpack_from("<xBHI", packet)
        if length != len(packet) - 8:
            return b""
        if op == 0x08:
            return self._reply(op, 0 if self.is_stub else _SYNCED) * 8
        operation = self._unknown if op in _STUB_ONLY and not self.is_stub else self._operations.get(op, self._unknown)
        try:
            value, body = operation(packet[8:])
        except (Refused, struct.error) as error:
            return self._reply(op, 0, status=bytes((1, error.error if isinstance(error, Refused) else INVALID_MESSAGE)))
        extra, self._extra = self._extra, b""
        return self._reply(op, value, body) + extra

    def _reply(self, op: int, value: int, body: bytes = b"", status: bytes = b"\0\0") -> bytes:
        status += b"" if self.is_stub else b"\0\0"
        return slip(struct.pack("<BBHI", 1, op, len(body) + len(status), value) + body + status)

    def _unknown(self, _data: bytes) -> tuple[int, bytes]:
        raise Refused(INVALID_MESSAGE)

    def _accept(self, _data: bytes) -> tuple[int, bytes]:
        return 0, b""

    def _begin(self, data: bytes) -> tuple[int, bytes]:
        size, _blocks, _block_bytes, offset = struct.unpack_from("<IIII", data)
        if offset + size > len(self._flash):
            raise Refused(FAILED_TO_ACT)
        self._flash.erase(offset, size)
        self._at, self._end, self._sequence = offset, offset + -(-size // SECTOR_BYTES) * SECTOR_BYTES, 0
        self._inflater = zlib.decompressobj()
        return 0, b""

    def _block(self, data: bytes) -> bytes:
        length, sequence = struct.unpack_from("<II", data)
        block = data[16:]
        if length != len(block) or reduce(xor, block, 0xEF) != self._checksum & 0xFF:
            raise Refused(INVALID_CRC)
        if sequence != self._sequence:
            raise Refused(FAILED_TO_ACT)
        self._sequence += 1
        return block

    def _data(self, data: bytes) -> tuple[int, bytes]:
        self._program(self._block(data))
        return 0, b""

    def _deflated_data(self, data: bytes) -> tuple[int, bytes]:
        try:
            self._program(self._inflater.decompress(self._block(data), _MAX_PACKET * 64))
        except zlib.error as error:
            raise Refused(FAILED_TO_ACT) from error
        return 0, b""

    def _program(self, block: bytes) -> None:
        if self._at + len(block) > self._end + SECTOR_BYTES * 4:  # blocks are padded to 16 KiB
            raise Refused(FAILED_TO_ACT)
        if self._left_bytes is not None:
            self.is_dead = len(block) >= self._left_bytes
            block = block[: self._left_bytes]
            self._left_bytes -= len(block)
        self._flash.program(self._at, block)
        if self._flips_a_bit and block and self._worn_at in (None, self._at):  # also when esptool sends the block again
            self._flash.flip_bit(self._at)
            self._worn_at, self.has_flipped = self._at, True
        self._at += len(block)

    def _finish(self, data: bytes) -> tuple[int, bytes]:
        stays = struct.unpack_from("<I", data)[0]
        if not stays:
            self.reboots = not self.is_stub
            self.is_stub = False
        return 0, b""

    def _run_from_memory(self, data: bytes) -> tuple[int, bytes]:
        _no_entry, entry = struct.unpack_from("<II", data)
        if entry:
            self.is_stub = True
            self._extra = _OHAI
        return 0, b""

    def _read_register(self, data: bytes) -> tuple[int, bytes]:
        return self._registers.read(struct.unpack_from("<I", data)[0]), b""

    def _write_register(self, data: bytes) -> tuple[int, bytes]:
        address, value, mask = struct.unpack_from("<III", data)
        kept = self._registers.read(address) & ~mask if mask != 0xFFFF_FFFF else 0
        self._registers.write(address, value & mask | kept)
        return 0, b""

    def _md5(self, data: bytes) -> tuple[int, bytes]:
        offset, size = struct.unpack_from("<II", data)
        digest = self._flash.md5(offset, size)
        return 0, digest if self.is_stub else digest.hex().encode()

    def _security(self, _data: bytes) -> tuple[int, bytes]:
        if self._model.security_chip_id is None:
            raise Refused(INVALID_MESSAGE)
        flags, encryption_count = int(self._lock == "secure boot"), int(self._lock == "flash encryption")
        return 0, struct.pack("<IB7xII", flags, encryption_count, self._model.security_chip_id, 0)

    def _read_slowly(self, data: bytes) -> tuple[int, bytes]:
        offset, size = struct.unpack_from("<II", data)
        return 0, self._flash.read(offset, min(size, 64)).ljust(64, b"\0")

    def _erase_all(self, _data: bytes) -> tuple[int, bytes]:
        self._flash.erase(0, len(self._flash))
        return 0, b""

    def _erase_region(self, data: bytes) -> tuple[int, bytes]:
        offset, size = struct.unpack_from("<II", data)
        if offset + size > len(self._flash):
            raise Refused(FAILED_TO_ACT)
        self._flash.erase(offset, size)
        return 0, b""

    def _read_fast(self, data: bytes) -> tuple[int, bytes]:
        offset, size, block_bytes, _in_flight = struct.unpack_from("<IIII", data)
        if offset + size > len(self._flash):
            raise Refused(FAILED_TO_ACT)
        ends = range(offset, offset + size, max(block_bytes, 64))
        blocks = [self._flash.read(at, min(block_bytes, offset + size - at)) for at in ends]
        self._extra = b"".join(slip(block) for block in blocks) + slip(self._flash.md5(offset, size))
        return 0, b""


def slip(packet: bytes) -> bytes:
    """One SLIP packet on the line."""
    return b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


_OHAI = slip(b"OHAI")
