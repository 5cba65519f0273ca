"""What a program says → the cause: one row a cause, the first that fits counts.

Words of avrdude 7.1, esptool 5.6 (seen), stm32flash 0.5 and dfu-util 0.11 (read).
"""

import re
import signal
from dataclasses import dataclass

from firmware_bridge.flash.causes import Cause, FlashError
from telemetry.said import Said, as_is, said


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words of a program, and what they mean."""

    words: re.Pattern[str]
    cause: Cause
    reason: Said


def _row(words: str, cause: Cause, reason: Said) -> Pattern:
    return Pattern(re.compile(words, re.IGNORECASE), cause, reason)


_PORT = (
    _row(
        r"permission denied|errno 13\b",
        Cause.PORT_DENIED,
        said(
            "người dùng này không được mở cổng: thêm vào nhóm dialout rồi đăng nhập lại",
            "this user may not open the port: add it to the group dialout and log in again",
        ),
    ),
    _row(
        r"device or resource busy|port is busy|could not exclusively lock|errno 16\b|errno 11\b",
        Cause.PORT_BUSY,
        said("chương trình khác đang mở cổng", "another program has the port open"),
    ),
)
_PORT_ABSENT = _row(
    r"no such file or directory|no such device|could not open .*port|can't open device|errno 2\b",
    Cause.PORT_MISSING,
    said("cổng không có", "the port is not there"),
)

AVRDUDE = (
    *_PORT,
    _PORT_ABSENT,
    _row(
        r"expected signature for|double check chip|invalid device signature",
        Cause.WRONG_CHIP,
        said("chữ ký của chip là của loại khác", "the chip's signature is another one"),
    ),
    _row(
        r"verification error|verification mismatch|content mismatch",
        Cause.VERIFY_FAILED,
        said("đọc lại khác với đã ghi", "what was read back is not what was written"),
    ),
    _row(r"input/output error|write error|read error", Cause.UNPLUGGED, said("mất kết nối", "the connection broke off")),
    _row(
        r"attempt 10 of 10: not in sync|not responding|timeout communicating|error: timeout|cannot get sync|stk500v2_getsync"
        r"|unable to open programmer|initialization failed",
        Cause.NO_ANSWER,
        said("bootloader không trả lời", "the bootloader does not answer"),
    ),
    _row(
        r"unable to read signature|signature.*(?:0x000000|0xffffff)",
        Cause.NO_ANSWER,
        said("bootloader trả lời, nhưng không đọc được chip", "the bootloader answers, but reads no chip"),
    ),
)

ESPTOOL = (
    *_PORT,
    _row(
        r"this chip is .* not|wrong .*chip argument|unexpected chip id|is not an? .* image",
        Cause.WRONG_CHIP,
        said("chip là loại khác", "the chip is another one"),
    ),
    _row(
        r"md5 of file does not match|verification failed|written flash region is empty|digest mismatch",
        Cause.VERIFY_FAILED,
        said("đọc lại khác với đã ghi", "what was read back is not what was written"),
    ),
    _row(
        r"secure boot v1 detected|flash encryption|secure download mode|encrypt functionality",
        Cause.LOCKED,
        said("chip có secure boot hoặc mã hóa flash", "the chip has secure boot or flash encryption"),
    ),
    _row(
        r"will not fit|does not fit|exceeds.*flash|past end of flash",
        Cause.TOO_LARGE,
        said("firmware không vừa bộ nhớ flash", "the image does not fit the flash"),
    ),
    _row(
        r"device reports readiness to read but returned no data|device disconnected|multiple access on port|input/output error"
        r"|errno 5\b|errno 6\b|write failed:|lost connection|termios\.error",
        Cause.UNPLUGGED,
        said("mất kết nối", "the connection broke off"),
    ),
    _row(
        r"failed to connect|no serial data received|wrong boot mode|timed out waiting for packet|invalid head of packet"
        r"|chip stopped responding|serial data stream stopped",
        Cause.NO_ANSWER,
        said("chip chưa vào chế độ nạp", "the chip is not in download mode"),
    ),
    _PORT_ABSENT,
    _row(
        r"unable to verify flash chip connection|failed to communicate with the flash",
        Cause.NO_ANSWER,
        said("chip trả lời, nhưng flash của nó thì không", "the chip answers, but not its flash"),
    ),
)

STM32 = (
    *_PORT,
    _row(
        r"no dfu capable usb device|cannot open dfu device",
        Cause.NO_ANSWER,
        said("không có bo mạch nào ở chế độ DFU: kéo BOOT0 lên cao rồi reset", "no board in DFU mode is there: BOOT0 high, then reset"),
    ),
    _row(
        r"failed to init device|no response|not responding|got byte",
        Cause.NO_ANSWER,
        said("bộ nạp không trả lời: kéo BOOT0 lên cao rồi reset", "the loader does not answer: BOOT0 high, then reset"),
    ),
    _row(r"unknown/unsupported device", Cause.WRONG_CHIP, said("chip là loại khác", "the chip is another one")),
    _row(
        r"failed to verify|verification|not match",
        Cause.VERIFY_FAILED,
        said("đọc lại khác với đã ghi", "what was read back is not what was written"),
    ),
    _row(
        r"read.?protect|rdp|nack.*erase|read ?out protection",
        Cause.LOCKED,
        said("chip được khóa chống đọc hoặc ghi", "the chip is protected against reading or writing"),
    ),
    _row(
        r"file too large|end of flash|address .* not (?:writeable|erasable)",
        Cause.TOO_LARGE,
        said("firmware không vừa bộ nhớ flash", "the image does not fit the flash"),
    ),
    _PORT_ABSENT,
    _row(r"input/output error|lost device|libusb_error", Cause.UNPLUGGED, said("mất kết nối", "the connection broke off")),
)


def failure(name: str, table: tuple[Pattern, ...], code: int, lines: tuple[str, ...]) -> FlashError:
    """Return the error for a program that ended with `code`, or by a signal (below 0): by the first row that fits, else WRITE_FAILED with
    its last words."""
    if code < 0:
        by = signal.Signals(-code).name
        return FlashError(Cause.WRITE_FAILED, said(f"{name} bị giết từ bên ngoài ({by})", f"{name} was killed from outside ({by})"), lines)
    for row in table:
        for line in lines:
            if row.words.search(line):
                words = f"({name}: {_bare(line)})"
                return FlashError(row.cause, said(f"{row.reason.vi} {words}", f"{row.reason} {words}"), lines)
    last = next((as_is(_bare(line)) for line in reversed(lines) if line.strip()), said("không nói gì", "it said nothing"))
    reason = said(f"{name} kết thúc với mã {code}: {last.vi}", f"{name} ended with exit code {code}: {last}")
    return FlashError(Cause.WRITE_FAILED, reason, lines)


def _bare(line: str) -> str:
    return re.sub(r"^(?:avrdude(?: error)?:|ERROR: A fatal error occurred:|ERROR:)", "", line.strip()).strip()
