"""STM32 through stm32flash 0.5 (ROM loader on a UART, ST AN3155) and dfu-util 0.11 (ROM loader on USB, ST AN3156).

Neither program was run against a chip here: their words come from their manuals and sources.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.patterns import STM32, failure
from firmware_bridge.flash.programs import Ended, Limits, TextSeen, find_program, run_program
from firmware_bridge.flash.progress import OnProgress, PercentProgress
from firmware_bridge.flash.target import Target
from telemetry.said import said

_DEVICE_ID = re.compile(r"Device ID +: (0x[0-9a-fA-F]{4})(?: \(([^)]*)\))?")
_DFU_FOUND = re.compile(r"Found DFU: \[([0-9a-f]{4}:[0-9a-f]{4})\].*?(?:serial=\"([^\"]*)\")?$", re.MULTILINE)


def build(target: Target, port: str, environment: Mapping[str, str]) -> "Stm32flashFlasher | DfuFlasher":
    return Stm32flashFlasher(target, port, environment) if target.back_end == "stm32flash" else DfuFlasher(target, port, environment)


class _Program:
    def __init__(self, target: Target, port: str, environment: Mapping[str, str]) -> None:
        self._target = target
        self._port = port
        self._environment = environment

    def leave(self) -> None:
        """BOOT0 and the button decide."""

    def _run(self, name: str, words: Sequence[str], size: int = 0, on_text: TextSeen = lambda _: None, port: str = "") -> Ended:
        total_s = self._target.connect_s + self._target.silence_s + 3 * size / self._target.write_bytes_s
        ended = run_program([*find_program(name), *words], Limits(total_s, self._target.silence_s), port, on_text, self._environment)
        if ended.code:
            raise failure(name, STM32, ended.code, ended.lines)
        return ended


class Stm32flashFlasher(_Program):
    """firmware_bridge.flash.flasher.Flasher over stm32flash."""

    checks_chip = False

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:  # noqa: ARG002 -- the loader stays until -g
        return self._chip_of(self._stm32flash([], 0).text)

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        size = sum(len(image.data) for image in images)
        with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
            for number, image in enumerate(images):
                path = Path(folder) / f"{number}.{image.kind}"
                path.write_bytes(image.data)
                last = ["-g", hex(self._target.flash_base)] if number == len(images) - 1 else []
                at = ["-S", hex(image.address)] if image.kind == "bin" else []
                ended = self._stm32flash(["-w", str(path), "-v", *at, *last], size, PercentProgress(size, on_progress))
        return self._chip_of(ended.text)

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:
        for image in images:
            if image.kind != "bin":
                raise FlashError(
                    Cause.VERIFY_FAILED,
                    said("chỉ ảnh loại bin đọc lại riêng được; hãy ghi lại", "only bin images are read back on their own; write it again"),
                )
            with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
                out = Path(folder) / "flash"
                size = len(image.data)
                words = ["-r", str(out), "-S", f"{image.address:#x}:{size}"]
                self._stm32flash(words, size, PercentProgress(size, on_progress, phase="verify"))
                if out.read_bytes()[:size] != image.data:
                    raise _differs(image)

    def dump(self, out: Path, on_progress: OnProgress) -> Image:
        target = self._target
        words = ["-r", str(out), "-S", f"{target.flash_base:#x}:{target.usable_bytes}"]
        self._stm32flash(words, target.usable_bytes, PercentProgress(target.usable_bytes, on_progress, phase="read"))
        return Image(out.name, "bin", out.read_bytes(), target.flash_base)

    def _stm32flash(self, words: Sequence[str], size: int, on_text: TextSeen = lambda _: None) -> Ended:
        return self._run("stm32flash", ["-b", str(self._target.baud), *words, self._port], size, on_text, self._port)

    def _chip_of(self, text: str) -> ChipFound:
        found = _DEVICE_ID.search(text)
        return ChipFound(found[1].lower(), found[2] or "") if found else ChipFound("")


class DfuFlasher(_Program):
    """firmware_bridge.flash.flasher.Flasher over dfu-util; the board is found on USB, not on a port."""

    checks_chip = False

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:  # noqa: ARG002 -- the loader stays until :leave
        found = _DFU_FOUND.findall(self._run("dfu-util", ["-l"]).text)
        ours = [one for one in dict.fromkeys(found) if one[0] in self._target.chip_ids]
        if len({serial for _, serial in ours}) != 1:
            vi = f"có {len(ours)} bo mạch ở chế độ DFU: kéo BOOT0 lên cao rồi reset, mỗi lần một bo mạch"
            en = f"{len(ours)} boards in DFU mode are there: BOOT0 high, then reset, one board at a time"
            raise FlashError(Cause.NO_ANSWER, said(vi, en))
        return ChipFound(ours[0][0], "", ours[0][1])

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        chip = self.chip()
        size = sum(len(image.data) for image in images)
        with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
            for number, image in enumerate(images):
                path = Path(folder) / f"{number}.bin"
                path.write_bytes(image.data)
                self._dfu(["-s", hex(image.address), "-D", str(path)], size, PercentProgress(size, on_progress))
        self.read_back(images, on_progress)
        return chip

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:
        for number, image in enumerate(images):
            with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
                out = Path(folder) / "flash"
                size = len(image.data)
                leave = ":leave" if number == len(images) - 1 else ""
                words = ["-s", f"{image.address:#x}:{size}{leave}", "-U", str(out)]
                self._dfu(words, size, PercentProgress(size, on_progress, phase="verify"))
                if out.read_bytes() != image.data:
                    raise _differs(image)

    def dump(self, out: Path, on_progress: OnProgress) -> Image:
        target = self._target
        words = ["-s", f"{target.flash_base:#x}:{target.usable_bytes}", "-U", str(out)]
        self._dfu(words, target.usable_bytes, PercentProgress(target.usable_bytes, on_progress, phase="read"))
        return Image(out.name, "bin", out.read_bytes(), target.flash_base)

    def _dfu(self, words: Sequence[str], size: int, on_text: TextSeen) -> Ended:
        return self._run("dfu-util", ["-d", self._target.chip_ids[0], "-a", "0", *words], size, on_text)


def _differs(image: Image) -> FlashError:
    reason = said(f"{image.file}: đọc lại khác với đã ghi", f"{image.file}: what was read back is not what was written")
    return FlashError(Cause.VERIFY_FAILED, reason)
