"""AVR through avrdude 7.1: `arduino` (Optiboot, ATmegaBOOT) and `wiring` (stk500v2 of the Mega).

`-D`: these bootloaders erase page by page themselves. avrdude reads the signature and refuses a wrong one before it writes; one call
writes and reads back, so that a board is reset once.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image, payload_bytes
from firmware_bridge.flash.patterns import AVRDUDE, failure
from firmware_bridge.flash.programs import Ended, Limits, TextSeen, find_program, run_program
from firmware_bridge.flash.progress import AvrdudeProgress, OnProgress
from firmware_bridge.flash.target import Target
from telemetry.said import said

_SIGNATURE = re.compile(r"device signature = 0x([0-9a-f]{6})(?: \(probably ([^)]+)\))?", re.IGNORECASE)


def build(target: Target, port: str, environment: Mapping[str, str]) -> "AvrdudeFlasher":
    return AvrdudeFlasher(target, port, environment)


class AvrdudeFlasher:
    """firmware_bridge.flash.flasher.Flasher over avrdude."""

    checks_chip = True  # before it writes

    def __init__(self, target: Target, port: str, environment: Mapping[str, str]) -> None:
        self._target = target
        self._port = port
        self._environment = environment

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:  # noqa: ARG002 -- a bootloader knows no size, and leaves by itself
        # -F: a wrong signature is for the plan to refuse, which can say what was found
        ended = self._done(["-F"], self._target.connect_s, lambda _: None)
        found = chip_of(ended.text)
        if not found.chip_id:
            raise FlashError(
                Cause.NO_ANSWER,
                said("bootloader trả lời, nhưng không đọc được chip", "the bootloader answers, but reads no chip"),
                ended.lines,
            )
        return found

    def leave(self) -> None:
        """Bootloaders start the application by themselves."""

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        return chip_of(self._operate("w", images, on_progress).text)

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:
        self._operate("v", images, on_progress)

    def dump(self, out: Path, on_progress: OnProgress) -> Image:
        """Read all of the application's flash as Intel HEX; unwritten flash at its end is left out by avrdude."""
        size = self._target.flash_bytes
        span_s = self._target.connect_s + size / self._target.write_bytes_s
        self._done(["-U", f"flash:r:{out}:i"], span_s, AvrdudeProgress(size, on_progress, is_read=True))
        return Image(out.name, "hex", without_bootloader(out.read_bytes(), self._target.usable_bytes))

    def _operate(self, operation: str, images: Sequence[Image], on_progress: OnProgress) -> Ended:
        size = payload_bytes(images)
        with tempfile.TemporaryDirectory(prefix="quanho-flash-") as folder:
            words = []
            for number, image in enumerate(images):
                path = Path(folder) / f"{number}.hex"
                path.write_bytes(image.data)
                words += ["-U", f"flash:{operation}:{path}:i"]
            return self._done(words, self._target.connect_s + 2 * size / self._target.write_bytes_s, AvrdudeProgress(size, on_progress))

    def _done(self, words: Sequence[str], total_s: float, on_text: TextSeen) -> Ended:
        target = self._target
        call = [
            *find_program("avrdude"),
            "-p",
            target.part,
            "-c",
            target.programmer,
            "-P",
            self._port,
            "-b",
            str(target.baud),
            "-D",
            *words,
        ]
        try:
            ended = run_program(call, Limits(total_s, target.silence_s), self._port, on_text, self._environment)
        except FlashError as error:
            if error.cause is Cause.TIMED_OUT and not any("signature" in line for line in error.tail):
                raise FlashError(Cause.NO_ANSWER, said("bootloader không trả lời", "the bootloader does not answer"), error.tail) from error
            raise
        if ended.code:
            raise failure("avrdude", AVRDUDE, ended.code, ended.lines)
        return ended


def chip_of(text: str) -> ChipFound:
    """Return what avrdude said of the chip; an empty id if nothing."""
    found = _SIGNATURE.search(text)
    return ChipFound(found[1].lower(), said(f"có lẽ {found[2]}", f"probably {found[2]}") if found[2] else "") if found else ChipFound("")


def without_bootloader(data: bytes, usable_bytes: int) -> bytes:
    """Return the Intel HEX file without what lies at `usable_bytes` or above: a bootloader cannot write itself."""
    kept, base = [], 0
    for line in data.splitlines():
        record = bytes.fromhex(line[1:].decode("ascii"))
        if record[3] in (2, 4):
            base = int.from_bytes(record[4:6], "big") << (4 if record[3] == 2 else 16)
        if record[3] != 0 or base + int.from_bytes(record[1:3], "big") < usable_bytes:
            kept.append(line)
    return b"\n".join(kept) + b"\n"
