"""Frames that begin with a fixed header and end in a checksum, of one or several shapes: most binary sensors.

    header │ ... length? ... │ data │ checksum │ trailer?

The length is fixed, or a number in the frame. A frame counts only when its length is possible, its checksum right and its trailer
there. Otherwise the search goes on one byte behind its header, never behind its end: a checksum byte may look like a header, and a
frame that was cut short has swallowed the start of the next one, which is found inside. What is remembered is at most one frame.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edge.framers.checksums import CHECKS, CheckName
from edge.framers.framer import FramerSettings, SearchingFramer
from runtime.settings import Settings

_LONGEST_HEADER = 16


def _hex(text: str) -> str:
    try:
        bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text!r} is not hexadecimal; write bytes as in '424d'") from None
    return text


Hex = Annotated[str, AfterValidator(_hex)]


class Shape(Settings):
    """One kind of frame on the line."""

    header: Hex = Field(min_length=2, max_length=2 * _LONGEST_HEADER, description="first bytes, in hexadecimal")
    size: int | None = Field(None, ge=2, le=4096, description="bytes of the whole frame, where that is fixed")
    length_at: int | None = Field(None, ge=0, le=64, description="where in the frame its length stands, counted from 0")
    length_bytes: Literal[1, 2] = Field(1, description="bytes of the length")
    length_order: Literal["big", "little"] = Field("big", description="byte order of the length")
    length_plus: int = Field(0, ge=-64, le=64, description="length + this = bytes of the whole frame")
    sizes: tuple[int, ...] = Field((), description="the sizes that occur; empty: any up to max_frame_bytes")
    checksum: CheckName = Field("none", description="the checksum, which stands at the end, before the trailer")
    checksum_from: int = Field(0, ge=0, le=64, description="first byte that the checksum covers")
    trailer: Hex = Field("", max_length=16, description="last bytes, in hexadecimal")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Shape":
        if (self.size is None) == (self.length_at is None):
            raise ValueError("give size, or length_at for a length in the frame")
        return self


class Options(FramerSettings):
    """Table [source.framing], kind "header"."""

    kind: Literal["header"] = Field("header", description="frames of a fixed header and a checksum")
    shapes: Annotated[tuple[Shape, ...], BeforeValidator(lambda value: [value] if isinstance(value, dict) else value)] = Field(
        min_length=1, description="the kinds of frame on the line"
    )
    max_frame_bytes: int = Field(256, ge=2, le=4096, description="longer frames are none")
    idle_reset_s: float | None = Field(0.5, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


class HeaderFramer(SearchingFramer):
    """See the module."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._rules = tuple(_Rule(shape, options.max_frame_bytes) for shape in options.shapes)
        self._start = re.compile(b"|".join(b"(%b)" % re.escape(rule.header) for rule in self._rules), re.DOTALL)
        self._headers = tuple(rule.header for rule in self._rules)
        self._longest_header = max(map(len, self._headers))
        self._extent = 0  # up to here in the buffer, what is skipped belongs to a damaged frame

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        buffer, at = self._buffer, 0
        while at < len(buffer):
            found = self._start.search(buffer, at)
            if found is None:
                kept = 0 if is_end else self._begun(at)
                self._skip(buffer[at : len(buffer) - kept])
                at = len(buffer) - kept
                break
            self._skip(buffer[at : found.start()])
            at = found.start()
            rule = self._rules[(found.lastindex or 1) - 1]
            size = rule.size_of(buffer, at)
            if size is None or at + size > len(buffer):  # unfinished
                if not is_end:
                    break
                self._damage(at, len(buffer), "cut short")
            elif wrong := rule.fault(buffer, at, size):
                self._damage(at, at + max(size, len(rule.header)), wrong)
            else:
                frames.append(bytes(buffer[at : at + size]))
                self._log.end()
                at += size
                self._extent = at
                continue
            self._skip(buffer[at : at + 1])
            at += 1
        del buffer[:at]
        self._extent = max(0, self._extent - at)
        return frames

    def _damage(self, start: int, end: int, reason: str) -> None:
        if start >= self._extent:  # a header inside a damaged frame is most likely none
            self._log.damaged(reason)
            self._extent = end

    def _forget(self, *, mid_frame: bool) -> None:
        super()._forget(mid_frame=mid_frame)
        self._extent = 0

    def _begun(self, at: int) -> int:
        """Return how many of the last bytes may be the beginning of a header."""
        tail = bytes(self._buffer[max(at, len(self._buffer) - self._longest_header + 1) :])
        return next((len(tail) - i for i in range(len(tail)) if any(header.startswith(tail[i:]) for header in self._headers)), 0)


class _Rule:
    def __init__(self, shape: Shape, max_frame_bytes: int) -> None:
        self.header = bytes.fromhex(shape.header)
        self._trailer = bytes.fromhex(shape.trailer)
        self._fixed = shape.size
        self._length_at = shape.length_at or 0
        self._length_end = self._length_at + shape.length_bytes
        self._order: Literal["big", "little"] = shape.length_order
        self._plus = shape.length_plus
        self._sizes = frozenset(shape.sizes)
        self._check = CHECKS[shape.checksum]
        self._from = shape.checksum_from
        self._least = max(len(self.header), shape.checksum_from) + self._check.width + len(self._trailer)
        self._most = max_frame_bytes

    def size_of(self, buffer: bytearray, at: int) -> int | None:
        """Return the bytes of the frame at `at`, 0 when its length is impossible, None while the length is not there."""
        if self._fixed is not None:
            return self._fixed
        if at + self._length_end > len(buffer):
            return None
        size = int.from_bytes(buffer[at + self._length_at : at + self._length_end], self._order) + self._plus
        return size if self._least <= size <= self._most and (not self._sizes or size in self._sizes) else 0

    def fault(self, buffer: bytearray, at: int, size: int) -> str:
        """Return what is wrong with a frame that is wholly there, "" if nothing."""
        if not size:
            return "impossible length"
        end = at + size - len(self._trailer)
        if self._trailer and buffer[end : at + size] != self._trailer:
            return "wrong last byte"
        check_at = end - self._check.width
        if self._check.width and self._check.of(buffer[at + self._from : check_at]) != buffer[check_at:end]:
            return "wrong checksum"
        return ""


def build(options: Options) -> HeaderFramer:
    """Return a framer for `options`."""
    return HeaderFramer(options)
