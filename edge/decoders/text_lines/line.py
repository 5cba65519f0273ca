"""Bytes → lines of text, bounded.

A line ends in LF, CR LF or CR; empty lines and comments are left out without a word. Bytes that are not text in the given
encoding refuse their line, not its neighbours.
"""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field

from edge.decoders.decoder import Refusals
from telemetry.errors import RejectedError

_ENDS = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class LineOptions(BaseModel):
    """What every decoder of lines may be told about the text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Literal["utf-8", "latin-1"] = Field("utf-8", description="how the text is encoded")
    fallback_encoding: Literal["latin-1"] | None = Field(None, description="tried where a line is not UTF-8; default: refuse the line")
    comment: str = Field("", description="lines that begin with this are left out, for example #")
    max_line_bytes: ByteSize = Field(ByteSize(4096), description="longer lines are refused", gt=0)
    max_payload_bytes: ByteSize = Field(ByteSize(1024 * 1024), description="larger messages are refused", gt=0)


def lines_of(payload: bytes, options: LineOptions, refusals: Refusals) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text) of each line worth reading; RejectedError when the payload is too large."""
    if len(payload) > options.max_payload_bytes:
        raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {int(options.max_payload_bytes)}")
    lines = _ENDS.split(payload.removeprefix(_BOM)) if b"\n" in payload or b"\r" in payload else [payload.removeprefix(_BOM)]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if len(line) > options.max_line_bytes:
            refusals.add(f"line {number}: {len(line)} bytes; max_line_bytes is {int(options.max_line_bytes)}")
            continue
        try:
            text = _text(line, options)
        except UnicodeDecodeError as error:
            refusals.add(f"line {number}: not {options.encoding} at byte {error.start}")
            continue
        if not (options.comment and text.lstrip().startswith(options.comment)):
            yield number, text


def _text(line: bytes, options: LineOptions) -> str:
    try:
        return line.decode(options.encoding)
    except UnicodeDecodeError:
        if options.fallback_encoding is None:
            raise
        return line.decode(options.fallback_encoding)
