"""The ESP32 family and ESP8266 through esptool 5.

The chip is read in a call of its own, because encryption and secure boot are for the plan to judge: esptool itself
writes a plain image over encrypted flash, and the board never starts again. Where they can be read: ESP32 in eFuse block 0
(ESP32 Technical Reference Manual, chapter eFuse: FLASH_CRYPT_CNT in word 0, bits 20 to 26, on when their count of ones is odd;
ABS_DONE_0 and _1 in word 6, bits 4 and 5); later chips by GET_SECURITY_INFO; ESP8266 has neither.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.patterns import ESPTOOL, failure
from firmware_bridge.flash.programs import Ended, Limits, TextSeen, find_program, run_program
from firmware_bridge.flash.progress import EsptoolProgress, OnProgress
from firmware_bridge.flash.target import Reset, Target
from telemetry.said import said

_RESETS: dict[Reset, tuple[str, str]] = {
    "dtr-rts": ("default-reset", "hard-reset"),
    "usb-jtag": ("usb-reset", "hard-reset"),
    "manual": ("no-reset", "no-reset"),
}
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}
_VERIFIED = "Hash of data verified"
_ENCRYPTED = said("mã hóa flash đang bật", "flash encryption is on")
_SECURED = said("secure boot đang bật", "secure boot is on")
_EFUSE_WORDS = 7
_ESP32_EFUSE = 0x3FF5A000


def build(target: Target, port: str, environment: Mapping[str, str]) -> "EsptoolFlasher":
    return EsptoolFlasher(target, port, environment)


class EsptoolFlasher:
    """firmware_bridge.flash.flasher.Flasher over esptool."""

    checks_chip = False

    def __init__(self, target: Target, port: str, environment: Mapping[str, str]) -> None:
        self._target = target
        self._port = port
        self._environment = environment
        self._is_left = True  # the application may run
        self._before, self._after = _RESETS.get(target.reset, _RESETS["dtr-rts"])

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:
        report = self._lock_report(after="no-reset-stub" if with_size or stays else self._after)
        text = ""
        if with_size:
            text = self._done(["flash-id"], self._target.connect_s, before="no-reset", after="no-reset-stub").text
        if not stays:
            self.leave()
        found = chip_of(report.text + "\n" + text)
        return found if found.lock else replace(found, lock=report.lock)

    def leave(self) -> None:
        if (
            not self._is_left
        ):  # a full turn: a hard reset needs DTR low, which opening the port raises (esptool's hard-reset pulses RTS only)
            self._done(["read-mac"], self._target.connect_s)

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
            words = _files(images, Path(folder))
            sizes = [len(image.data) for image in images]
            ended = self._done(
                ["write-flash", *words], self._span_s(sum(sizes)), EsptoolProgress(sizes, on_progress), baud=self._target.baud
            )
        if ended.text.count(_VERIFIED) < len(images):  # a chip that cannot compute MD5 by itself
            self.read_back(images, on_progress)
        return chip_of(ended.text)

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:
        sizes = [len(image.data) for image in images]
        with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
            words = ["verify-flash", *_files(images, Path(folder))]
            self._done(words, self._span_s(sum(sizes)), EsptoolProgress(sizes, on_progress, phase="verify"), baud=self._target.baud)

    def dump(self, out: Path, on_progress: OnProgress) -> Image:
        """Read all of the flash of the target's smallest board."""
        size = self._target.usable_bytes
        words = ["read-flash", "0", str(size), str(out)]
        self._done(words, self._span_s(size), EsptoolProgress([size], on_progress, phase="read"), baud=self._target.baud)
        return Image(out.name, "bin", out.read_bytes(), 0)

    def _lock_report(self, after: str) -> "_Report":
        """Ask the chip why it may take no plain image."""
        part, connect_s = self._target.part, self._target.connect_s
        if part == "esp32":
            with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
                words = Path(folder) / "efuse"
                ended = self._done(["dump-mem", hex(_ESP32_EFUSE), str(4 * _EFUSE_WORDS), str(words)], connect_s, after=after)
                return _Report(ended.text, esp32_lock(words.read_bytes()))
        if part in ("esp8266", "esp32s2"):
            return _Report(self._done(["read-mac"], connect_s, after=after).text, "")
        text = self._done(["get-security-info"], connect_s, after=after).text
        return _Report(text, reported_lock(text))

    def _span_s(self, size: int) -> float:
        return self._target.connect_s + self._target.silence_s + 3 * size / self._target.write_bytes_s

    def _done(
        self, words: Sequence[str], total_s: float, on_text: TextSeen = lambda _: None, *, baud: int = 0, before: str = "", after: str = ""
    ) -> Ended:
        resets = ["--before", before or self._before, "--after", after or self._after]
        options = ["--chip", self._target.part, "--port", self._port, *resets, *(["--baud", str(baud)] if baud else [])]
        call = [*find_program("esptool"), *options, *words]
        try:
            ended = run_program(call, Limits(total_s, self._target.silence_s), self._port, on_text, self._environment)
        except FlashError as error:
            if error.cause is Cause.TIMED_OUT and not any("Connected to" in line for line in error.tail):
                raise FlashError(
                    Cause.NO_ANSWER, said("chip chưa vào chế độ nạp", "the chip is not in download mode"), error.tail
                ) from error
            raise
        if ended.code:
            raise failure("esptool", ESPTOOL, ended.code, ended.lines)
        self._is_left = not after or after == self._after
        return ended


class _Report(NamedTuple):
    text: str
    lock: str


def esp32_lock(efuse: bytes) -> str:
    """Return what eFuse block 0 of an ESP32 (words of 4 bytes, little endian) says against a plain image."""
    word = [int.from_bytes(efuse[at : at + 4], "little") for at in range(0, len(efuse), 4)]
    if len(word) < _EFUSE_WORDS:
        return ""
    if ((word[0] >> 20) & 0x7F).bit_count() % 2:
        return _ENCRYPTED
    return _SECURED if word[6] & 0b11_0000 else ""


def reported_lock(text: str) -> str:
    """Return what esptool's get-security-info says against a plain image."""
    if "Flash Encryption: Enabled" in text:
        return _ENCRYPTED
    return _SECURED if "Secure Boot: Enabled" in text else ""


def chip_of(text: str) -> ChipFound:
    """Return what esptool said of the chip; an empty id if nothing."""

    def found(pattern: str) -> str:
        match = re.search(pattern, text)
        return match[1] if match else ""

    size = re.search(r"flash size: (\d+)(KB|MB)", text)
    description = found(r"Chip type: +(.+)")
    lock = (
        said("chip ở chế độ nạp an toàn (secure download)", "it is in secure download mode")
        if "Secure Download Mode" in description
        else ""
    )
    flash_bytes = int(size[1]) * _UNITS[size[2]] if size else 0
    return ChipFound(found(r"Connected to (\S+) on"), description, found(r"MAC: +((?:[0-9a-f]{2}:)+[0-9a-f]{2})"), flash_bytes, lock)


def _files(images: Sequence[Image], folder: Path) -> list[str]:
    words = []
    for number, image in enumerate(images):
        path = folder / f"{number}.bin"
        path.write_bytes(image.data)
        words += [hex(image.address), str(path)]
    return words
