"""Frames that begin with their length.

    length (1, 2 or 4 bytes) │ payload │ checksum?

Handed out is the payload. There is no header to search for, so the framer resynchronises like this: an impossible length or a wrong
checksum drops one byte, and the next byte is tried as the beginning of a frame; silence drops what is unfinished, and what follows it
begins a frame. Without a checksum only an impossible length tells damage: keep `max_frame_bytes` as small as the device allows, and let
the device pause between frames. What is remembered is at most one frame. All that is dropped between two good frames is one damaged
frame in the counts: how many it were cannot be known.
"""

import re
from typing import Literal

from pydantic import Field, model_validator

from edge.framers.checksums import CHECKS, CheckName
from edge.framers.framer import FramerSettings, SearchingFramer

_PREFIXES: dict[str, tuple[int, Literal["big", "little"]]] = {
    "u8": (1, "big"),
    "u16_be": (2, "big"),
    "u16_le": (2, "little"),
    "u32_be": (4, "big"),
    "u32_le": (4, "little"),
}


class Options(FramerSettings):
    """Table [source.framing], kind "length"."""

    kind: Literal["length"] = Field("length", description="frames that begin with their length")
    length: Literal["u8", "u16_be", "u16_le", "u32_be", "u32_le"] = Field("u8", description="size and byte order of the length")
    length_plus: int = Field(0, ge=-64, le=64, description="length + this = bytes of the payload")
    checksum: CheckName = Field("none", description="the checksum behind the payload")
    is_length_checked: bool = Field(default=True, description="the checksum covers the length too")
    min_frame_bytes: int = Field(1, ge=1, le=4096, description="a shorter payload is none")
    max_frame_bytes: int = Field(256, ge=1, le=4096, description="a longer payload is none")
    idle_reset_s: float | None = Field(0.5, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if self.min_frame_bytes > self.max_frame_bytes:
            raise ValueError("min_frame_bytes is above max_frame_bytes")
        low, high = self.min_frame_bytes - self.length_plus, self.max_frame_bytes - self.length_plus
        if high < 0 or low >= 256 ** _PREFIXES[self.length][0]:
            raise ValueError("no length fits: look at length_plus, min_frame_bytes and max_frame_bytes")
        return self


class LengthFramer(SearchingFramer):
    """See the module."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._prefix, self._order = _PREFIXES[options.length]
        self._plus = options.length_plus
        self._check = CHECKS[options.checksum]
        self._checked_from = 0 if options.is_length_checked else self._prefix
        self._least, self._most = options.min_frame_bytes, options.max_frame_bytes
        self._possible = _possible(options)
        self._is_lost = False  # what is skipped belongs to a damaged frame that was told

    def _forget(self, *, mid_frame: bool) -> None:
        super()._forget(mid_frame=mid_frame)
        self._is_lost = mid_frame  # then what comes before the first good frame is noise

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        buffer, at, kept = self._buffer, 0, 0  # from `kept` to `at` is being skipped
        while at < len(buffer):
            start = at + self._prefix
            size = int.from_bytes(buffer[at:start], self._order) + self._plus
            end = start + size
            is_possible = self._least <= size <= self._most
            if start > len(buffer) or (is_possible and end + self._check.width > len(buffer)):  # unfinished
                if not is_end:
                    break
                wrong = "cut short"
            elif not is_possible:
                wrong = "impossible length"
            elif self._check.of(buffer[at + self._checked_from : end]) != buffer[end : end + self._check.width]:
                wrong = "wrong checksum"
            else:
                frames.append(bytes(buffer[start:end]))
                self._log.skip(buffer[kept:at])
                self._log.end()
                self._is_lost = False
                at = kept = end + self._check.width
                continue
            if not self._is_lost:
                self._log.damaged(wrong)
                self._is_lost = True
            found = self._possible.search(buffer, at + 1)
            at = found.start() if found else max(at + 1, len(buffer) if is_end else len(buffer) - self._prefix + 1)
        self._log.skip(buffer[kept:at])
        del buffer[:at]
        return frames


def _possible(options: Options) -> re.Pattern[bytes]:
    """Return what finds the next place where the most significant byte of a length may be that of a possible one."""
    width, order = _PREFIXES[options.length]
    low = max(0, options.min_frame_bytes - options.length_plus) >> 8 * (width - 1)
    high = min(256**width - 1, options.max_frame_bytes - options.length_plus) >> 8 * (width - 1)
    most_significant = b"[%b-%b]" % (re.escape(bytes((low,))), re.escape(bytes((high,))))
    return re.compile(most_significant if order == "big" else b".{%d}%b" % (width - 1, most_significant), re.DOTALL)


def build(options: Options) -> LengthFramer:
    """Return a framer for `options`."""
    return LengthFramer(options)
