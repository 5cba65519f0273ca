"""An ESP32 board in software that unmodified esptool flashes: reset circuit, ROM loader, and whatever its flash then boots.

The board's two transistors after Espressif's "Boot Mode Selection": EN (reset) is low while RTS is set and DTR is not, IO0 is low while DTR
is set and RTS is not. When EN rises with IO0 low, or IO0 falls soon after, the chip waits for download; else it boots its flash.
"""

import os
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.simavr.build import dtr_shim as shim_library
from tests.stand_ins.application import Application, JsonApplication
from tests.stand_ins.chip_port import ChipPort
from tests.stand_ins.esp32_chip import MODELS, SECTOR_BYTES, Lock, NorFlash
from tests.stand_ins.esp32_image import Description, description_of
from tests.stand_ins.esp32_loader import Loader
from tests.stand_ins.link_application import Kept, LinkApplication

STRAP_S = 0.15
"""How long after a reset IO0 still decides; a real chip samples at once, but its lines do not come as messages."""
APPLICATION_AT = 0x10000
SETTINGS_AT = 0x9000
"""Where ESP-IDF's default partition table has "nvs"; an ESP8266 keeps settings at the end of its flash."""
_BANNER = "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:"
_DOWNLOAD = "0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n"
_MAC = bytes.fromhex("24 0a c4 12 34 56")


class Esp32Rom:
    """A board on USB; start it by entering it. `chip`: esp32, esp32c3, esp32s3 or esp8266; `lock`: what its fuses forbid.

    `die_after_bytes` pulls the cable once so many bytes were written to flash (once: after `plug` all is written). Flash is kept in
    `flash_file` from one board to the next. With `runs_link` the application is a `board` that speaks the link, else a JSON line a second.
    """

    def __init__(
        self,
        folder: Path,
        *,
        in_download_mode: bool = False,
        flip_flash_bit: bool = False,
        die_after_bytes: int | None = None,
        dtr_shim: bool = True,
        flash_file: Path | None = None,
        runs_link: bool = False,
        board: str = "esp32-devkit",
        chip: str = "esp32",
        flash_bytes: int = 4 * 1024 * 1024,
        mac: bytes = _MAC,
        lock: Lock = "",
    ) -> None:
        self.port = folder / "tty"
        self.environment: dict[str, str] = {}
        self.boot_log: list[str] = []
        self.reset_count = 0
        self._folder = folder
        self._model = MODELS[chip]
        self._mac = mac
        self.lock_fuse: Lock = lock
        self._flash_file = flash_file
        self._runs_link = runs_link
        self._board = board
        self._flips_a_bit = flip_flash_bit
        self._die_after_bytes = die_after_bytes
        self._has_shim = dtr_shim
        self._dtr_folder: tempfile.TemporaryDirectory[str] | None = None
        self._flash = NorFlash(flash_bytes)
        self._loader: Loader | None = self._new_loader() if in_download_mode else None
        self._application: Application | None = None
        self._boots_at_s: float | None = None if in_download_mode else 0.0
        self._is_in_reset = self._is_io0_low = False
        self._line = ChipPort(self.port)
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def flash(self) -> bytes:
        """What the flash holds now."""
        with self._lock:
            return bytes(self._flash.bytes)

    @flash.setter
    def flash(self, content: bytes) -> None:
        with self._lock:
            self._flash.bytes[: len(content)] = content

    @property
    def is_waiting_for_download(self) -> bool:
        return self._loader is not None

    def client_environment(self) -> dict[str, str]:
        """A whole environment for a program that opens the port."""
        return {**os.environ, **self.environment}

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._flash_file is not None and self._flash_file.exists():
            self.flash = self._flash_file.read_bytes()
        if self._has_shim:
            self._dtr_folder = tempfile.TemporaryDirectory(prefix="qh-")
            self.environment = {"LD_PRELOAD": str(shim_library()), "PTYDTR": self._dtr_folder.name}
            self._line = ChipPort(self.port, Path(self._dtr_folder.name))
        self._line.appear()
        self._thread = threading.Thread(target=self._run, name="esp32", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._vanish()
        if self._dtr_folder is not None:
            self._dtr_folder.cleanup()
        if self._flash_file is not None:
            self._flash_file.write_bytes(self.flash)

    def unplug(self) -> None:
        """Pull the cable: the port vanishes, and the chip forgets all but its flash."""
        with self._lock:
            self._vanish()

    def plug(self) -> None:
        """Put the cable back; the chip boots what its flash holds."""
        with self._lock:
            if not self._line.is_there:
                self._line.appear()
                self.reset()

    def reset(self, *, is_io0_low: bool = False) -> None:
        """Press the button, with the other one (BOOT) held down if wished."""
        with self._lock:
            self._is_io0_low = is_io0_low
            self._hold_in_reset()
            self._leave_reset()
            self._is_io0_low = False

    def _vanish(self) -> None:
        self._line.vanish()
        self._is_in_reset = False
        self._loader = self._application = self._boots_at_s = None

    def _new_loader(self) -> Loader:
        return Loader(
            self._model,
            self._flash,
            self._mac,
            flips_a_bit=self._flips_a_bit,
            dies_after_bytes=self._die_after_bytes,
            lock=self.lock_fuse,
        )

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
        self._take_lines()
        self._line.look()
        if not self._line.is_open:
            self._drop_lines()
        if self._boots_at_s is not None and now_s >= self._boots_at_s:
            self._boots_at_s = None
            self._boot()
        heard = self._line.read()
        if self._loader is not None:
            self._line.send(self._loader.received(heard), is_kept=True)
            self._flips_a_bit = self._flips_a_bit and not self._loader.has_flipped
            if self._loader.is_dead:
                self._die_after_bytes = None
                self._vanish()
                return
            if self._loader.reboots:
                self.reset()
        elif self._application is not None:
            if heard:
                self._application.received(heard, now_s)
            self._line.send(self._application.outgoing(now_s))
            if wish := self._application.restarts():
                self.reset(is_io0_low=wish == "loader")

    def _take_lines(self) -> None:
        while (lines := self._line.modem_lines()) is not None:
            dtr, rts = lines
            self._is_io0_low = dtr and not rts
            if rts and not dtr:
                self._hold_in_reset()
            elif self._is_in_reset:
                self._leave_reset()
            elif self._is_io0_low and self._boots_at_s is not None:
                self._wait_for_download()

    def _drop_lines(self) -> None:
        """A driver drops DTR and RTS at the last close, also when the client was killed."""
        self._is_io0_low = False
        if self._is_in_reset:
            self._leave_reset()

    def _hold_in_reset(self) -> None:
        self._is_in_reset = True
        self._loader = self._application = self._boots_at_s = None
        self._line.discard()

    def _leave_reset(self) -> None:
        self._is_in_reset = False
        self.reset_count += 1
        if self._is_io0_low:
            self._wait_for_download()
        else:
            self._boots_at_s = time.monotonic() + STRAP_S

    def _wait_for_download(self) -> None:
        self._boots_at_s = None
        self._loader = self._new_loader()
        self._say(_BANNER + _DOWNLOAD)

    def _boot(self) -> None:
        self._say(_BANNER + "0x13 (SPI_FAST_FLASH_BOOT)\r\n")
        first = self._flash.bytes[self._model.boot_at : self._model.boot_at + 4]
        description = description_of(self._flash.read(self._model.application_at, 4096))
        if first[0] != 0xE9:
            self._say(f"invalid header: 0x{int.from_bytes(first, 'little'):08x}\r\n")
        elif description is None:
            self._say("E (88) boot: No bootable app partitions in the partition table\r\n")
        else:
            self._application = self._start_application(description)

    def _start_application(self, description: Description) -> Application:
        if self._runs_link:
            kept = Kept(self._flash, SETTINGS_AT if self._model.application_at else len(self._flash) - SECTOR_BYTES)
            return LinkApplication(description, board=self._board, uid=self._mac, kept=kept, now_s=time.monotonic())
        return JsonApplication(description)

    def _say(self, text: str) -> None:
        self.boot_log += text.split("\r\n")[:-1]
        self._line.send(text.encode())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()
