"""The quality of a point: a sum of bits in the integer field `quality`, 0 when good and always written."""

from typing import NamedTuple

GOOD = 0
WARM_UP = 1
OUT_OF_RANGE = 2
FLAT_LINE = 4
IMPLAUSIBLE_JUMP = 8
CLOCK_ESTIMATED = 16
SIMULATED = 32
MAINTENANCE = 64
DEVICE_ERROR = 128
TIME_RECONSTRUCTED = 256
STALE = 512


class Flag(NamedTuple):
    """One bit with its name in code and docs, and what operators read."""

    bit: int
    name: str
    vi: str
    en: str


FLAGS = (
    Flag(WARM_UP, "warm-up", "cảm biến đang khởi động", "sensor is warming up"),
    Flag(OUT_OF_RANGE, "out-of-range", "ngoài dải hợp lý", "outside the plausible range"),
    Flag(FLAT_LINE, "flat-line", "giá trị không đổi bất thường", "value does not move"),
    Flag(IMPLAUSIBLE_JUMP, "implausible-jump", "nhảy vọt bất thường", "implausible jump"),
    Flag(CLOCK_ESTIMATED, "clock-estimated", "thời gian ước lượng", "clock was estimated"),
    Flag(SIMULATED, "simulated", "dữ liệu mô phỏng", "simulated"),
    Flag(MAINTENANCE, "maintenance", "đang hiệu chuẩn hoặc bảo trì", "calibrating or in maintenance"),
    Flag(DEVICE_ERROR, "device-error", "thiết bị báo lỗi", "the device reports an error"),
    Flag(TIME_RECONSTRUCTED, "time-reconstructed", "thời gian được dựng lại", "time was reconstructed"),
    Flag(STALE, "stale", "giá trị cũ khi đọc", "stale when it was read"),
)


def describe(bits: int) -> tuple[Flag, ...]:
    """Return the flags set in `bits`, lowest first; bits that are not assigned are left out."""
    return tuple(flag for flag in FLAGS if bits & flag.bit)
