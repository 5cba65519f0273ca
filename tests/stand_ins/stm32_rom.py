"""An STM32F1 board in software that stm32flash talks to: the ROM's UART loader, and the application that its flash then boots.

After ST's AN3155 (commands) and AN2606 (STM32F103, product id 0x410). The chip starts into the loader while BOOT0 is high, as by its
jumper. A pseudo-terminal forgets the even parity that the loader wants, and stm32flash gives up: run it in `environment`, or with `-m 8n1`.
Behind the boot vectors, at 0x100, an image says who it is.
"""

import os
import struct
import threading
import time
from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.simavr.build import dtr_shim
from tests.stand_ins.application import Application, JsonApplication
from tests.stand_ins.chip_port import ChipPort
from tests.stand_ins.esp32_chip import NorFlash
from tests.stand_ins.esp32_image import DESCRIPTION_BYTES, describe, described
from tests.stand_ins.link_application import Kept, LinkApplication

FLASH_AT, RAM_AT = 0x0800_0000, 0x2000_0000
DESCRIPTION_AT = 0x100
PAGE_BYTES = 1024
RAM_BYTES = 20 * 1024
_UID_AT, _SIZE_AT = 0x1FFF_F7E8, 0x1FFF_F7E0
_ACK, _NACK = b"\x79", b"\x1f"
_START = 0x7F
_ERASE, _EXTENDED_ERASE = 0x43, 0x44


def make_stm32_image(version: str = "1.0.0", project: str = "reference", size: int = 8_000) -> bytes:
    """A binary for the start of flash: stack and reset vector, and what it says of itself."""
    head = struct.pack("<II", RAM_AT + RAM_BYTES, FLASH_AT + 0x201).ljust(DESCRIPTION_AT, b"\0") + describe(project, version)
    return (head + b"\x00\xbf\xfe\xe7" * (size // 4))[: size // 4 * 4]


class Memory:
    """Flash, RAM and what of the system memory a flasher reads."""

    def __init__(self, flash_bytes: int, uid: bytes) -> None:
        self.flash = NorFlash(flash_bytes, PAGE_BYTES)
        self._ram = bytearray(RAM_BYTES)
        self._system = {_SIZE_AT: struct.pack("<H", flash_bytes // 1024), _UID_AT: uid}

    def read(self, address: int, size: int) -> bytes | None:
        for at, content in ((FLASH_AT, self.flash.bytes), (RAM_AT, self._ram), *self._system.items()):
            if at <= address and address + size <= at + len(content):
                return bytes(content[address - at : address - at + size])
        return bytes(size) if 0x1FFF_0000 <= address < 0x2000_0000 else None

    def write(self, address: int, data: bytes) -> bool:
        """False outside of flash and RAM, and where flash is not erased (its reference manual, PM0075: PGERR)."""
        in_ram = address - RAM_AT
        if 0 <= in_ram <= len(self._ram) - len(data):
            self._ram[in_ram : in_ram + len(data)] = data
            return True
        at = address - FLASH_AT
        if not 0 <= at <= len(self.flash) - len(data):
            return False
        if any(old not in (0xFF, new) for old, new in zip(self.flash.read(at, len(data)), data, strict=True)):
            return False
        self.flash.program(at, data)
        return True

    def erase(self, page: int) -> bool:
        if (page + 1) * PAGE_BYTES > len(self.flash):
            return False
        self.flash.erase(page * PAGE_BYTES, PAGE_BYTES)
        return True


class Stm32Loader:
    """Bytes in, bytes out. `goes_to`: the address that GO was given."""

    def __init__(self, memory: Memory, product_id: int = 0x410, *, has_extended_erase: bool = False) -> None:
        self.goes_to: int | None = None
        self.written_bytes = 0
        self._memory = memory
        self._product_id = product_id
        self._erase_command = _EXTENDED_ERASE if has_extended_erase else _ERASE
        self._buffer = bytearray()
        self._is_started = False
        self._want = 1
        self._then: Callable[[bytes], bytes] = self._start

    def received(self, data: bytes) -> bytes:
        self._buffer += data
        out = bytearray()
        while len(self._buffer) >= self._want:
            part = bytes(self._buffer[: self._want])
            del self._buffer[: self._want]
            out += self._then(part)
        return bytes(out)

    def _expect(self, count: int, then: Callable[[bytes], bytes]) -> None:
        self._want, self._then = count, then

    def _ready(self, reply: bytes) -> bytes:
        self._expect(2, self._command)
        return reply

    def _start(self, part: bytes) -> bytes:
        """0x7F measures the baud rate; anything else would measure it wrongly."""
        return self._ready(_ACK) if part[0] == _START else b""

    def _command(self, part: bytes) -> bytes:
        code, complement = part
        if code ^ complement != 0xFF:
            return self._ready(_NACK)  # also 7F 7F, by which a client finds out that the loader was started before
        replies = {
            0x00: lambda: self._list(bytes((0x22, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, self._erase_command, 0x63, 0x73, 0x82, 0x92))),
            0x01: lambda: _ACK + b"\x22\x00\x00" + _ACK,
            0x02: lambda: self._list(struct.pack(">H", self._product_id)),
        }
        if code in replies:
            return self._ready(replies[code]())
        addressed = {0x11: self._read, 0x31: self._write, 0x21: self._go}
        if code in addressed:
            self._expect(5, lambda part: self._address(part, addressed[code]))
            return _ACK
        if code == self._erase_command:
            self._expect(1 if code == _ERASE else 2, self._erase if code == _ERASE else self._erase_extended)
            return _ACK
        return self._ready(_NACK)

    @staticmethod
    def _list(content: bytes) -> bytes:
        return _ACK + bytes((len(content) - 1,)) + content + _ACK

    def _address(self, part: bytes, then: Callable[[int], bytes]) -> bytes:
        if reduce(xor, part):
            return self._ready(_NACK)
        return then(int.from_bytes(part[:4], "big"))

    def _read(self, address: int) -> bytes:
        def send(part: bytes) -> bytes:
            content = self._memory.read(address, part[0] + 1) if part[0] ^ part[1] == 0xFF else None
            return self._ready(_NACK if content is None else _ACK + content)

        if self._memory.read(address, 1) is None:
            return self._ready(_NACK)
        self._expect(2, send)
        return _ACK

    def _write(self, address: int) -> bytes:
        def sized(count: bytes) -> bytes:
            self._expect(count[0] + 2, lambda part: take(count, part))
            return b""

        def take(count: bytes, part: bytes) -> bytes:
            is_whole = reduce(xor, count + part) == 0
            is_written = is_whole and self._memory.write(address, part[:-1])
            self.written_bytes += len(part) - 1 if is_written else 0
            return self._ready(_ACK if is_written else _NACK)

        self._expect(1, sized)
        return _ACK

    def _go(self, address: int) -> bytes:
        self.goes_to = address
        return self._ready(_ACK)

    def _erase(self, count: bytes) -> bytes:
        if count == b"\xff":
            self._expect(1, lambda part: self._erase_all(count + part))
        else:
            self._expect(count[0] + 2, lambda part: self._erase_pages(count + part, list(part[:-1])))
        return b""

    def _erase_extended(self, count: bytes) -> bytes:
        pages = int.from_bytes(count, "big")
        if pages >= 0xFFF0:
            self._expect(1, lambda part: self._erase_all(count + part))
        else:
            self._expect(2 * (pages + 1) + 1, lambda part: self._erase_pages(count + part, struct.unpack(f">{pages + 1}H", part[:-1])))
        return b""

    def _erase_all(self, whole: bytes) -> bytes:
        if whole == b"\xff\x00" or (len(whole) == 3 and reduce(xor, whole) == 0):
            self._memory.flash.erase(0, len(self._memory.flash))
            return self._ready(_ACK)
        return self._ready(_NACK)

    def _erase_pages(self, whole: bytes, pages: Sequence[int]) -> bytes:
        if reduce(xor, whole):
            return self._ready(_NACK)
        erased = [self._memory.erase(page) for page in pages]
        return self._ready(_ACK if all(erased) else _NACK)


class Stm32Rom:
    """A board on a USB serial adapter; start it by entering it.

    It starts into the loader while `is_boot0_high` (settable), else into what its flash holds. `die_after_bytes` pulls the cable once so
    many bytes were written. With `runs_link` the application is a `board` that speaks the link, else a JSON line a second.
    """

    def __init__(
        self,
        folder: Path,
        *,
        is_boot0_high: bool = True,
        flash_bytes: int = 64 * 1024,
        product_id: int = 0x410,
        has_extended_erase: bool = False,
        die_after_bytes: int | None = None,
        runs_link: bool = False,
        board: str = "bluepill",
        uid: bytes = bytes.fromhex("066dff485151887867214352"),
    ) -> None:
        self.port = folder / "tty"
        self.environment = {"LD_PRELOAD": str(dtr_shim()), "PTYDTR": str(folder)}
        self.is_boot0_high = is_boot0_high
        self._memory = Memory(flash_bytes, uid)
        self._product_id = product_id
        self._has_extended_erase = has_extended_erase
        self._die_after_bytes = die_after_bytes
        self._runs_link = runs_link
        self._board = board
        self._uid = uid
        self._folder = folder
        self._line = ChipPort(self.port)
        self._loader: Stm32Loader | None = None
        self._application: Application | None = None
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def client_environment(self) -> dict[str, str]:
        """A whole environment for a program that opens the port."""
        return {**os.environ, **self.environment}

    @property
    def flash(self) -> bytes:
        with self._lock:
            return bytes(self._memory.flash.bytes)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.plug()
        self._thread = threading.Thread(target=self._run, name="stm32", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._line.vanish()

    def plug(self) -> None:
        with self._lock:
            if not self._line.is_there:
                self._line.appear()
            self.reset()

    def unplug(self) -> None:
        with self._lock:
            self._line.vanish()
            self._loader = self._application = None

    def reset(self) -> None:
        """Press the button; what happens then is BOOT0's to say."""
        with self._lock:
            self._loader = self._application = None
            if self.is_boot0_high:
                self._loader = Stm32Loader(self._memory, self._product_id, has_extended_erase=self._has_extended_erase)
            else:
                self._boot()

    def _boot(self) -> None:
        description = described(self._memory.flash.read(DESCRIPTION_AT, DESCRIPTION_BYTES))
        if description is None:
            return
        if self._runs_link:
            kept = Kept(self._memory.flash, len(self._memory.flash) - PAGE_BYTES)
            self._application = LinkApplication(description, board=self._board, uid=self._uid, kept=kept, now_s=time.monotonic())
        else:
            self._application = JsonApplication(description)

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._line.is_there:
                self._stop.wait(0.02)
                continue
            self._line.wait(0.005)
            with self._lock:
                if self._line.is_there:
                    self._turn(time.monotonic())

    def _turn(self, now_s: float) -> None:
        self._line.look()
        heard = self._line.read()
        if self._loader is not None:
            self._load(self._loader, heard)
        elif self._application is not None:
            if heard:
                self._application.received(heard, now_s)
            self._line.send(self._application.outgoing(now_s))
            if self._application.restarts():
                self.reset()

    def _load(self, loader: Stm32Loader, heard: bytes) -> None:
        self._line.send(loader.received(heard), is_kept=True)
        if self._die_after_bytes is not None and loader.written_bytes >= self._die_after_bytes:
            self._die_after_bytes = None
            self.unplug()
        elif loader.goes_to is not None:
            if loader.goes_to >= RAM_AT:
                self.reset()  # stm32flash -R puts a reset there
            else:
                self._loader = None
                self._boot()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()
