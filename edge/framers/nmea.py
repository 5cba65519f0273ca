"""NMEA 0183 sentences out of anything: text lines, or a receiver that mixes them with a binary protocol.

    $ │ GPRMC,123519,A,… │ * │ 6A        `!` begins an encapsulated sentence (AIS); CR LF after it is not needed

A sentence counts when its checksum (the exclusive or of all between $ and *) is right. One that was cut never swallows the next `$` or
`!`. The standard allows 82 characters; receivers go beyond that, so the limit is an option, and all that is remembered.
"""

import re
from typing import Literal

from pydantic import Field

from edge.framers.framer import Drop, DropLog, FramerCounts, FramerSettings

_INNER = rb"[\x20\x22\x23\x25-\x29\x2b-\x7e]"  # printable, without $ ! *
_ADDRESS = re.compile(rb"[$!](?:[A-Z]{2}[A-Z0-9]{3}|P[A-Z0-9]{3,}),")
_FOLDS = (2048, 1024, 512, 256, 128, 64, 32, 16, 8)


class Options(FramerSettings):
    """Table [source.framing], kind "nmea"."""

    kind: Literal["nmea"] = Field("nmea", description="NMEA 0183 sentences")
    max_sentence_bytes: int = Field(250, ge=20, le=500, description="longer sentences are none; the standard says 82")
    idle_reset_s: float | None = Field(2.0, gt=0, le=3600, description="an unfinished sentence is given up after so many silent seconds")


class NmeaFramer:
    """See the module. Frames are whole sentences, `$` to the checksum."""

    def __init__(self, options: Options) -> None:
        most = options.max_sentence_bytes - 4
        self._whole = re.compile(rb"[$!](" + _INNER + rb"{1,%d})\*([0-9A-Fa-f]{2})" % most)
        self._begun = re.compile(rb"[$!]" + _INNER + rb"{0,%d}(?:\*[0-9A-Fa-f]?)?" % most)
        self._buffer = b""
        self._counts = FramerCounts()
        self._log = DropLog(self._counts)

    @property
    def counts(self) -> FramerCounts:
        return self._counts

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the sentences that `chunk` completes."""
        self._buffer += chunk
        return self._scan(is_end=False)

    def silence(self) -> list[bytes]:
        """Give up what is unfinished."""
        frames = self._scan(is_end=True)
        self._log.end()
        return frames

    def restart(self, *, mid_frame: bool) -> None:  # noqa: ARG002 - a sentence has a start of its own
        self._log.skip(self._buffer)
        self._log.end()
        self._buffer = b""

    def drops(self) -> list[Drop]:
        return self._log.take()

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        view, at = self._buffer, 0
        while at < len(view):
            start = _start(view, at)
            if start > at:
                self._log.skip(view[at:start])
                at = start
                continue
            found = self._whole.match(view, at)
            if found is None and not is_end and self._begun.fullmatch(view, at):
                break
            if found is not None and xor8(found[1]) == int(found[2], 16):
                self._log.end()
                frames.append(found[0])
                at = found.end()
                continue
            end = found.end() if found else _start(view, at + 1)
            if _ADDRESS.match(view, at):
                self._log.damaged("wrong checksum" if found else "cut short")
            self._log.skip(view[at:end])
            at = end
        self._buffer = view[at:]
        self._counts.frames += len(frames)
        return frames


def xor8(data: bytes) -> int:
    """Return the exclusive or of all bytes; at most 512 of them."""
    folded = int.from_bytes(data, "little")
    for bits in _FOLDS:
        folded ^= folded >> bits
    return folded & 0xFF


def _start(view: bytes, at: int) -> int:
    """Return where the next sentence may begin, the end of `view` if nowhere."""
    dollar, bang = view.find(b"$", at), view.find(b"!", at)
    return min(len(view) if dollar < 0 else dollar, len(view) if bang < 0 else bang)


def build(options: Options) -> NmeaFramer:
    """Return a framer for `options`."""
    return NmeaFramer(options)
