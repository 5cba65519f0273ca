"""Bytes → lines of text, bounded.

A line ends in LF, CR LF or CR; empty lines and comments are left out without a word. NUL bytes and the other control characters at both
ends of a line (STX, ETX, XON, DEL …) are no text. Bytes that are not text in the given encoding refuse their line, not its neighbours.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field

from edge.decoders.decoder import Refusals, shown
from edge.decoders.text_lines.sums import summed
from telemetry.errors import RejectedError

_ENDS = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
_CONTROLS = "".join(chr(code) for code in (*range(0x20), 0x7F)).replace("\t", "")


def as_list(value: object) -> object:
    """Return one text of a config as a list of it; an empty one is none."""
    if isinstance(value, str):
        return [value] if value else []
    return value


class LineOptions(BaseModel):
    """What every decoder of lines may be told about the text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Literal["utf-8", "latin-1"] = Field("utf-8", description="how the text is encoded")
    fallback_encoding: Literal["latin-1"] | None = Field(None, description="tried where a line is not UTF-8; default: refuse the line")
    comment: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(
        (), description='lines that begin with one of these are left out, for example ["#", "*OK"]'
    )
    checksum: Literal["xor"] | None = Field(None, description="xor: lines end in *hh or ETX hh, and are refused where that is wrong")
    max_line_bytes: ByteSize = Field(ByteSize(4096), description="longer lines are refused", gt=0)
    max_payload_bytes: ByteSize = Field(ByteSize(1024 * 1024), description="larger messages are refused", gt=0)


def lines_of(payload: bytes, options: LineOptions, refusals: Refusals) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text) of each line worth reading; RejectedError when the payload is too large."""
    if len(payload) > options.max_payload_bytes:
        raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {int(options.max_payload_bytes)}")
    lines = _ENDS.split(payload.removeprefix(_BOM)) if b"\n" in payload or b"\r" in payload else [payload.removeprefix(_BOM)]
    for number, raw in enumerate(lines, start=1):
        line = raw
        if not line.strip(b" \t\0"):
            continue
        if len(line) > options.max_line_bytes:
            refusals.add(f"line {number}: {len(line)} bytes; max_line_bytes is {int(options.max_line_bytes)}")
            continue
        if options.checksum:
            whole = summed(line)
            if whole is None:
                refusals.add(f"line {number}: checksum wrong, or none: {shown(line)}")
                continue
            line = whole
        try:
            text = _text(line, options)
        except UnicodeDecodeError as error:
            refusals.add(f'line {number}: not {options.encoding} at byte {error.start}; a degree sign of 0xB0 needs encoding = "latin-1"')
            continue
        text = text.strip(_CONTROLS)
        if text and not text.lstrip().startswith(options.comment):
            yield number, text


def _text(line: bytes, options: LineOptions) -> str:
    try:
        return line.decode(options.encoding)
    except UnicodeDecodeError:
        if options.fallback_encoding is None:
            raise
        return line.decode(options.fallback_encoding)
