"""RP2040 by UF2: copy the file onto the drive that its boot ROM shows (RP2040 data sheet, section 2.8.4).

The drive is found among mounted folders by INFO_UF2.TXT (github.com/microsoft/uf2), never mounted by us. Its ROM checks each block
and starts the application when the last has come, so the drive leaves by itself: that is the proof that the file was taken whole;
flash cannot be read back over UF2. A running board is sent into the ROM by opening its port at 1200 baud and closing it, where its
firmware does that.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.progress import OnProgress, Progress
from firmware_bridge.flash.target import Target
from runtime.serial_port import touch
from telemetry.errors import TransientError
from telemetry.said import said

_NAME = "INFO_UF2.TXT"
_BOARD_IDS = {"RPI-RP2": "e48bff56", "RP2350": "e48bff59"}
_PIECE_BYTES = 16 * 1024
_LOOK_S = 0.1
_TOUCH_BAUD = 1200
_SHOWN_BYTES = 512


def build(target: Target, port: str, environment: Mapping[str, str]) -> "Uf2Flasher":  # noqa: ARG001 -- no program is called
    return Uf2Flasher(target, port)


class Uf2Flasher:
    """firmware_bridge.flash.flasher.Flasher over a drive. `port`: the mounted folder itself, or the serial port of a running board."""

    checks_chip = False

    def __init__(self, target: Target, port: str, mounts: Path = Path("/proc/mounts")) -> None:
        self._target = target
        self._port = port
        self._mounts = mounts

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:  # noqa: ARG002 -- the drive stays until it is written
        text = _text(self._drive() / _NAME)
        board_id = next((line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Board-ID:")), "")
        return ChipFound(_BOARD_IDS.get(board_id, board_id), text.splitlines()[0].strip() if text else "")

    def leave(self) -> None:
        """The ROM keeps waiting; only the button or a file ends that."""

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        drive = self._drive()
        total = sum(len(image.data) for image in images)
        done = 0
        for image in images:
            try:
                with (drive / Path(image.file).with_suffix(".uf2").name).open("wb", buffering=0) as file:
                    for at in range(0, len(image.data), _PIECE_BYTES):
                        done += file.write(image.data[at : at + _PIECE_BYTES])
                        on_progress(Progress("write", done, total))
                    with suppress(OSError):  # the ROM may be gone before the kernel has its answer
                        os.fsync(file.fileno())
            except OSError as error:
                if done < total:
                    vi = f"{drive} chỉ nhận {done} trên {total} byte: {error.strerror}"
                    reason = said(vi, f"{drive} took {done} of {total} bytes: {error.strerror}")
                    raise FlashError(Cause.UNPLUGGED, reason) from error
        if not _eventually(lambda: not (drive / _NAME).exists(), self._target.silence_s):
            vi = f"{drive} không tự ngắt: ROM khởi động chưa nhận đủ tệp"
            raise FlashError(Cause.VERIFY_FAILED, said(vi, f"{drive} did not leave: the boot ROM did not take the file whole"))
        on_progress(Progress("verify", total, total))
        return ChipFound(self._target.chip_ids[0])

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:  # noqa: ARG002
        vi = "qua UF2 không đọc lại flash được; hãy ghi lại"
        raise FlashError(Cause.VERIFY_FAILED, said(vi, "flash cannot be read back over UF2; write it again"))

    def dump(self, out: Path, on_progress: OnProgress) -> Image:  # noqa: ARG002
        raise FlashError(Cause.WRITE_FAILED, said("qua UF2 không đọc flash được", "flash cannot be read over UF2"))

    def _drive(self) -> Path:
        """Return the one drive, sending the board into its ROM first where its port is there."""
        if (Path(self._port) / _NAME).is_file():
            return Path(self._port)
        drives = uf2_drives(self._mounts)
        if not drives and Path(self._port).is_char_device():
            with suppress(TransientError):  # it leaves in the middle of it
                touch(self._port, _TOUCH_BAUD)
            _eventually(lambda: uf2_drives(self._mounts), self._target.connect_s)
            drives = uf2_drives(self._mounts)
        if len(drives) != 1:
            hold = said("giữ BOOTSEL khi cắm bo mạch", "hold BOOTSEL while you plug the board in")
            choose = said("chỉ để lại một ổ, hoặc nêu thư mục của nó bằng --port", "leave one, or name its folder with --port")
            how = choose if drives else hold
            vi = f"có {len(drives)} ổ chứa {_NAME} được gắn: {how.vi}"
            raise FlashError(Cause.NO_ANSWER, said(vi, f"{len(drives)} drives with {_NAME} are mounted: {how}"))
        return drives[0]


def uf2_drives(mounts: Path = Path("/proc/mounts")) -> list[Path]:
    """Return the mounted folders that are UF2 drives. In /proc/mounts blanks are written \\040 (proc(5))."""
    folders = [line.split(" ")[1].replace("\\040", " ") for line in _text(mounts, 1 << 20).splitlines() if line.count(" ") > 2]
    return [Path(folder) for folder in dict.fromkeys(folders) if (Path(folder) / _NAME).is_file()]


def _text(path: Path, limit: int = _SHOWN_BYTES) -> str:
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""


def _eventually(predicate: Callable[[], object], within_s: float) -> bool:
    end_s = time.monotonic() + within_s
    while not predicate():
        if time.monotonic() > end_s:
            return False
        time.sleep(_LOOK_S)
    return True
