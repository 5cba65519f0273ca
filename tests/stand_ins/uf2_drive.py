"""An RP2040 in software: in BOOTSEL mode a drive that takes a UF2 file, afterwards a port on which what was flashed speaks.

Rules after the UF2 specification (github.com/microsoft/uf2) and the RP2040 data sheet, 2.8.4.2: blocks of 512 bytes with three magic
numbers; those of another family, or not for main flash, are passed over; a payload is 256 bytes at a multiple of 256; the chip restarts
when it has seen every block of the file. Opening the port at 1200 baud goes back to BOOTSEL mode, as the Arduino cores do.
"""

import shutil
import struct
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.stand_ins.application import Application, JsonApplication
from tests.stand_ins.chip_port import ChipPort
from tests.stand_ins.esp32_chip import SECTOR_BYTES, NorFlash
from tests.stand_ins.esp32_image import Description, describe, described
from tests.stand_ins.link_application import Kept, LinkApplication

BLOCK_BYTES = 512
PAYLOAD_BYTES = 256
RP2040 = 0xE48B_FF56
FLASH_AT = 0x1000_0000
DESCRIPTION_AT = 0x100
"""Behind the second boot stage; where this stand-in's images say who they are, as `make_uf2` writes them."""
_MAGIC = (0x0A32_4655, 0x9E5D_5157)
_MAGIC_END = 0x0AB1_6F30
_NOT_MAIN_FLASH = 1
_HAS_FAMILY = 0x2000
_INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
_INDEX = '<html><head><meta http-equiv="refresh" content="0;URL=\'https://raspberrypi.com/device/RP2\'"/></head></html>'


def make_uf2(version: str = "1.0.0", project: str = "reference", size: int = 20_000, family: int = RP2040) -> bytes:
    """A UF2 file whose application says this of itself."""
    image = (bytes(DESCRIPTION_AT) + describe(project, version) + b"\xa5\x3c" * (size // 2))[:size]
    payloads = [image[at : at + PAYLOAD_BYTES].ljust(PAYLOAD_BYTES, b"\0") for at in range(0, len(image), PAYLOAD_BYTES)]
    return b"".join(uf2_block(payload, index, len(payloads), family) for index, payload in enumerate(payloads))


def uf2_block(payload: bytes, index: int, count: int, family: int = RP2040, flags: int = _HAS_FAMILY) -> bytes:
    """One block of 512 bytes, for flash from its start on."""
    head = struct.pack("<8I", *_MAGIC, flags, FLASH_AT + index * PAYLOAD_BYTES, len(payload), index, count, family)
    return (head + payload).ljust(BLOCK_BYTES - 4, b"\0") + struct.pack("<I", _MAGIC_END)


class Uf2Receiver:
    """What the chip does with the sectors that are written to its drive. Pure."""

    def __init__(self, flash: NorFlash, family: int = RP2040) -> None:
        self.block_count = 0
        self.passed_over_count = 0
        self._flash = flash
        self._family = family
        self._seen: set[int] = set()
        self._erased: set[int] = set()
        self._wanted = -1

    @property
    def is_complete(self) -> bool:
        return len(self._seen) == self._wanted

    def written(self, sector: bytes) -> None:
        *magic, flags, address, size, index, count, family = struct.unpack_from("<8I", sector)
        is_uf2 = tuple(magic) == _MAGIC and struct.unpack_from("<I", sector, BLOCK_BYTES - 4)[0] == _MAGIC_END
        offset = address - FLASH_AT
        is_fit = size == PAYLOAD_BYTES and offset % PAYLOAD_BYTES == 0 and 0 <= offset <= len(self._flash) - size and index < count
        if not is_uf2 or flags & _NOT_MAIN_FLASH or not flags & _HAS_FAMILY or family != self._family or not is_fit:
            self.passed_over_count += 1
            return
        if count != self._wanted:  # another file
            self._wanted, self._seen, self._erased = count, set(), set()
        if index not in self._seen:
            if offset // SECTOR_BYTES not in self._erased:
                self._flash.erase(offset, 1)
                self._erased.add(offset // SECTOR_BYTES)
            self._flash.program(offset, sector[32 : 32 + size])
        self._seen.add(index)
        self.block_count += 1


class Uf2Drive:
    """Starts when it is entered: with nothing in flash, or `in_bootsel`, as the drive `drive`; else as the port `port`.

    `die_after_blocks` pulls the cable when so many blocks were taken; `plug` puts it back with the BOOTSEL button held.
    With `runs_link` the application is a `board` that speaks the link, else a JSON line a second.
    """

    def __init__(
        self,
        folder: Path,
        *,
        in_bootsel: bool = True,
        flash_bytes: int = 2 * 1024 * 1024,
        die_after_blocks: int | None = None,
        runs_link: bool = False,
        board: str = "rpi-pico",
        uid: bytes = bytes.fromhex("e6614103e7452d2f"),
    ) -> None:
        self.drive = folder / "media" / "RPI-RP2"
        self.port = folder / "tty"
        self._flash = NorFlash(flash_bytes)
        self._runs_link = runs_link
        self._board = board
        self._uid = uid
        self._in_bootsel = in_bootsel
        self._die_after_blocks = die_after_blocks
        self._receiver: Uf2Receiver | None = None
        self._taken: dict[Path, int] = {}
        self._line = ChipPort(self.port)
        self._application: Application | None = None
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def flash(self) -> bytes:
        with self._lock:
            return bytes(self._flash.bytes)

    @property
    def passed_over_count(self) -> int:
        """Sectors that were not blocks for this chip."""
        with self._lock:
            return self._receiver.passed_over_count if self._receiver else 0

    def start(self) -> None:
        self._restart(in_bootsel=self._in_bootsel)
        self._thread = threading.Thread(target=self._run, name="uf2", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._vanish()

    def plug(self, *, in_bootsel: bool = True) -> None:
        with self._lock:
            self._restart(in_bootsel=in_bootsel)

    def unplug(self) -> None:
        with self._lock:
            self._vanish()

    def _vanish(self) -> None:
        self._line.vanish()
        shutil.rmtree(self.drive, ignore_errors=True)
        self._receiver = self._application = None
        self._taken.clear()

    def _restart(self, *, in_bootsel: bool) -> None:
        self._vanish()
        description = described(self._flash.read(DESCRIPTION_AT, 256))
        if in_bootsel or description is None:
            self._receiver = Uf2Receiver(self._flash)
            self.drive.mkdir(parents=True)
            (self.drive / "INDEX.HTM").write_text(_INDEX)
            (self.drive / "INFO_UF2.TXT").write_text(_INFO)
        else:
            self.drive.parent.mkdir(parents=True, exist_ok=True)
            self._application = self._start_application(description)
            self._line.appear()

    def _start_application(self, description: Description) -> Application:
        if self._runs_link:
            kept = Kept(self._flash, len(self._flash) - SECTOR_BYTES)  # where the Arduino core has its "EEPROM"
            return LinkApplication(description, board=self._board, uid=self._uid, kept=kept, now_s=time.monotonic())
        return JsonApplication(description)

    def _run(self) -> None:
        while not self._stop.wait(0.005):
            with self._lock:
                if self._receiver is not None:
                    self._take_files(self._receiver)
                elif self._application is not None:
                    self._speak(self._application)

    def _take_files(self, receiver: Uf2Receiver) -> None:
        for path in sorted(self.drive.glob("*")):
            if path.name in {"INDEX.HTM", "INFO_UF2.TXT"}:
                continue
            with suppress(OSError), path.open("rb") as file:  # the copier may be renaming it
                file.seek(self._taken.get(path, 0))
                while len(sector := file.read(BLOCK_BYTES)) == BLOCK_BYTES:
                    receiver.written(sector)
                    self._taken[path] = self._taken.get(path, 0) + BLOCK_BYTES
                    if receiver.block_count == self._die_after_blocks:
                        self._die_after_blocks = None
                        return self._vanish()
                    if receiver.is_complete:
                        return self._restart(in_bootsel=False)
        return None

    def _speak(self, application: Application) -> None:
        self._line.look()
        if self._line.is_open and self._line.client_baud() == termios.B1200:
            return self._restart(in_bootsel=True)
        now_s = time.monotonic()
        if heard := self._line.read():
            application.received(heard, now_s)
        self._line.send(application.outgoing(now_s))
        if wish := application.restarts():
            self._restart(in_bootsel=wish == "loader")
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()
