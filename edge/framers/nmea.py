"""NMEA 0183 sentences out of anything: text lines, or a receiver that mixes them with a binary protocol.

    $ │ GPRMC,123519,A,… │ * │ 6A        `!` begins an encapsulated sentence (AIS); CR LF after it is not needed
    \\ │ s:hn01,c:1241544035 │ * │ 53 │ \\  a tag block may stand before it (NMEA 0183 V4.10, section 7): part of the frame

A sentence counts when its checksum (the exclusive or of all between $ and *) is right. One that was cut never swallows the next `$` or
`!`; a tag block that is broken is noise, and its sentence counts. The standard allows 82 characters; receivers go beyond that, so the
limit is an option, and it and a tag block are all that is remembered.
"""

import re
from typing import Literal

from pydantic import Field

from edge.framers.checksums import xor8
from edge.framers.framer import FramerSettings, SearchingFramer

_INNER = rb"[\x20\x22\x23\x25-\x29\x2b-\x7e]"  # printable, without $ ! *
_ADDRESS = re.compile(rb"[$!](?:[A-Z]{2}[A-Z0-9]{3}|P[A-Z0-9]{3,}),")
_TAG = rb"\\([\x20\x22\x23\x25-\x29\x2b-\x5b\x5d-\x7e]{1,100})\*([0-9A-Fa-f]{2})\\"
_TAG_BLOCK = re.compile(_TAG + rb"(?=[$!])")
_TAG_BEGUN = re.compile(rb"\\[\x20\x22\x23\x25-\x29\x2b-\x5b\x5d-\x7e]{0,100}(?:\*[0-9A-Fa-f]{0,2})?|" + _TAG)
_START = re.compile(rb"[$!\\]")
_STARTS = b"$!\\"
_BACKSLASH = _STARTS[2]


class Options(FramerSettings):
    """Table [source.framing], kind "nmea"."""

    kind: Literal["nmea"] = Field("nmea", description="NMEA 0183 sentences")
    max_sentence_bytes: int = Field(250, ge=20, le=500, description="longer sentences are none; the standard says 82")
    needs_checksum: bool = Field(
        True,  # noqa: FBT003
        description="false also takes lines without *hh, of old devices: a line that was cut at its end then looks whole",
    )
    idle_reset_s: float | None = Field(2.0, gt=0, le=3600, description="an unfinished sentence is given up after so many silent seconds")


class NmeaFramer(SearchingFramer):
    """See the module. Frames are whole sentences, `$` to the checksum."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        most = options.max_sentence_bytes - 4
        end = rb"\*([0-9A-Fa-f]{2})" if options.needs_checksum else rb"(?:\*([0-9A-Fa-f]{2})|(?=[\r\n]))"
        self._whole = re.compile(rb"[$!](" + _INNER + rb"{1,%d})" % most + end)
        self._begun = re.compile(rb"[$!]" + _INNER + rb"{0,%d}(?:\*[0-9A-Fa-f]?)?" % most)

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        view, at = bytes(self._buffer), 0
        while at < len(view):
            if view[at] not in _STARTS:
                start = _start(view, at)
                self._log.skip(view[at:start])
                at = start
                continue
            head = _tag_end(view, at) if view[at] == _BACKSLASH else at
            found = self._whole.match(view, head)
            if found is None and not is_end and (self._begun.fullmatch(view, head) or _TAG_BEGUN.fullmatch(view, head)):
                break
            if found is not None and (found[2] is None or xor8(found[1]) == int(found[2], 16)):
                self._log.end()
                frames.append(view[at : found.end()])
                at = found.end()
                continue
            self._log.skip(view[at:head])
            end = found.end() if found else _start(view, head + 1)
            if _ADDRESS.match(view, head):
                self._log.damaged("wrong checksum" if found else "cut short")
            self._log.skip(view[head:end])
            at = end
        del self._buffer[:at]
        return frames


def _start(view: bytes, at: int) -> int:
    """Return where the next sentence may begin, the end of `view` if nowhere."""
    found = _START.search(view, at)
    return found.start() if found else len(view)


def _tag_end(view: bytes, at: int) -> int:
    """Return where the sentence behind a whole tag block begins; `at` if there is none."""
    found = _TAG_BLOCK.match(view, at)
    return found.end() if found and xor8(found[1]) == int(found[2], 16) else at


def build(options: Options) -> NmeaFramer:
    """Return a framer for `options`."""
    return NmeaFramer(options)
