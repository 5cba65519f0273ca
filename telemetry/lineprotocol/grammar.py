r"""The grammar of one line, as influxdata/line-protocol v2.1 (Go, lineprotocol/decoder.go) reads it.

    entry       = measurement *( "," key "=" tagvalue ) 1*SP key "=" value *( "," key "=" value ) [ 1*SP time ] *SP eol
    eol         = LF / CR LF / CR at the end of the text / end of the text
    value       = quoted string / [tTfF] word / [-.0-9] word, `i` or `u` at its end for integers

A backslash escapes only what needs it (comma, space and `=`; in a string `"` and `\`); before anything else it stands for
itself. Names hold no control characters, tag values only none of CR and LF. A quoted string may hold line feeds. Names and
strings are valid UTF-8. Lines that are empty or start with `#` are skipped; a comment with a control character is an error.
"""

import re
from typing import NamedTuple

from telemetry.errors import RejectedError
from telemetry.lineprotocol.numbers import parse_float, parse_int, parse_uint
from telemetry.point import FieldValue, Unsigned

_MEASUREMENT = re.compile(rb"(?:[^\\, \x00-\x1f\x7f]++|\\[, ]|\\)*+")
_KEY = re.compile(rb"(?:[^\\,= \x00-\x1f\x7f]++|\\[,= ]|\\)*+")
_TAG_VALUE = re.compile(rb"(?:[^\\,= \r\n]++|\\[,= ]|\\)*+")
_STRING = re.compile(rb'(?:[^\\"]++|\\[\\"]|\\)*+')
_BARE = re.compile(rb"[^, \r\n]*+")
_TIME = re.compile(rb"[-0-9]*+")
_SPACES = re.compile(rb" *+")
_COMMENT = re.compile(rb"#[^\x00-\x1f\x7f]*+")
_NAME_ESCAPE = re.compile(r"\\([,= ])")
_MEASUREMENT_ESCAPE = re.compile(r"\\([, ])")
_STRING_ESCAPE = re.compile(r'\\([\\"])')
_BOOLEANS = {
    **dict.fromkeys([b"t", b"T", b"true", b"True", b"TRUE"], True),
    **dict.fromkeys([b"f", b"F", b"false", b"False", b"FALSE"], False),
}


class SyntaxFault(RejectedError):
    """The text at byte `position` is not line protocol; `is_open_string` when only a closing quote is missing."""

    def __init__(self, position: int, reason: str, *, is_open_string: bool = False) -> None:
        super().__init__(reason)
        self.position = position
        self.is_open_string = is_open_string


class Entry(NamedTuple):
    """One line taken apart: tags and fields in the order of the text, `ticks` the timestamp if there is one, `end` the byte after."""

    measurement: str
    tags: list[tuple[str, str]]
    fields: list[tuple[str, FieldValue]]
    ticks: int | None
    end: int


def skip_blank(data: bytes, position: int) -> int:
    """Return where the next entry starts, past empty lines and comments; len(data) when there is none."""
    while True:
        line_start = position
        position = _spaces(data, position)
        after = _end_of_line(data, position) if position < len(data) else None
        if comment := _COMMENT.match(data, position):
            after = _end_of_line(data, comment.end())
            if after is None:
                return line_start  # read_entry then reports it
        if after is None:
            return position
        position = after


def read_entry(data: bytes, start: int) -> Entry:
    """Take apart the entry at byte `start` of `data`; SyntaxFault when it is none."""
    measurement, position = _name(data, start, _MEASUREMENT, _MEASUREMENT_ESCAPE)
    if not measurement:
        raise SyntaxFault(start, f"a measurement cannot start with {_shown(data, start)}")
    if measurement.startswith("#"):
        raise SyntaxFault(start, "control character in a comment")
    tags, position = _read_tags(data, position)
    fields, position = _read_fields(data, position)
    ticks, position = _read_time(data, position)
    return Entry(measurement, tags, fields, ticks, position)


def _read_tags(data: bytes, position: int) -> tuple[list[tuple[str, str]], int]:
    tags: list[tuple[str, str]] = []
    while data[position : position + 1] == b",":
        key, position = _key(data, position + 1, "tag")
        value, end = _name(data, position, _TAG_VALUE, _NAME_ESCAPE)
        if not value:
            raise SyntaxFault(position, f"tag {key!r} has no value")
        tags.append((key, value))
        position = end
    if position < len(data) and data[position] != 0x20:
        raise SyntaxFault(position, f"expected a comma or a space before the fields, found {_shown(data, position)}")
    return tags, _spaces(data, position)


def _read_fields(data: bytes, position: int) -> tuple[list[tuple[str, FieldValue]], int]:
    fields: list[tuple[str, FieldValue]] = []
    while True:
        key, position = _key(data, position, "field")
        value, position = _read_value(data, position, key)
        fields.append((key, value))
        if data[position : position + 1] != b",":
            break
        position += 1
    if position < len(data) and data[position] not in b" \r\n":
        raise SyntaxFault(position, f"unexpected {_shown(data, position)} after field {key!r}")
    return fields, position


def _read_value(data: bytes, start: int, key: str) -> tuple[FieldValue, int]:
    first = data[start : start + 1]
    if first == b'"':
        return _read_string(data, start, key)
    match = _BARE.match(data, start)
    word = match[0] if match else b""
    try:
        return _parse_word(word), start + len(word)
    except RejectedError as error:
        raise SyntaxFault(start, f"field {key!r}: {error.reason}") from None


def _parse_word(word: bytes) -> FieldValue:
    if not word:
        raise RejectedError("value is missing")
    if word[0] in b"tTfF":
        if word not in _BOOLEANS:
            raise RejectedError("invalid boolean value")
        return _BOOLEANS[word]
    if word[0] not in b"-.0123456789":
        raise RejectedError("value is neither number, boolean nor quoted string")
    if word.endswith(b"i"):
        return parse_int(word[:-1])
    if word.endswith(b"u"):
        return Unsigned(parse_uint(word[:-1]))
    return parse_float(word)


def _read_string(data: bytes, start: int, key: str) -> tuple[str, int]:
    text, end = _name(data, start + 1, _STRING, _STRING_ESCAPE)
    if end == len(data):
        raise SyntaxFault(start, f"field {key!r}: closing quote is missing", is_open_string=True)
    return text, end + 1


def _read_time(data: bytes, position: int) -> tuple[int | None, int]:
    position = _spaces(data, position)
    after = _end_of_line(data, position)
    if after is not None:
        return None, after
    match = _TIME.match(data, position)
    digits = match[0] if match else b""
    after = _end_of_line(data, _spaces(data, position + len(digits)))
    if after is None:
        raise SyntaxFault(position, f"expected a timestamp and nothing after it, found {_shown(data, position + len(digits))}")
    try:
        return parse_int(digits), after
    except RejectedError as error:
        raise SyntaxFault(position, f"timestamp: {error.reason}") from None


def _key(data: bytes, start: int, kind: str) -> tuple[str, int]:
    key, end = _name(data, start, _KEY, _NAME_ESCAPE)
    if not key:
        raise SyntaxFault(start, f"expected a {kind} key, found {_shown(data, start)}")
    if data[end : end + 1] != b"=":
        raise SyntaxFault(end, f"expected '=' after {kind} key {key!r}, found {_shown(data, end)}")
    return key, end + 1


def _name(data: bytes, start: int, shape: re.Pattern[bytes], escape: re.Pattern[str]) -> tuple[str, int]:
    match = shape.match(data, start)
    token = match[0] if match else b""
    try:
        text = token.decode()
    except UnicodeDecodeError as error:
        raise SyntaxFault(start + error.start, "not valid UTF-8") from None
    return (escape.sub(r"\1", text) if "\\" in text else text), start + len(token)


def _spaces(data: bytes, position: int) -> int:
    match = _SPACES.match(data, position)
    return match.end() if match else position


def _end_of_line(data: bytes, position: int) -> int | None:
    """Return the byte after the end of line at `position`, or None when the line goes on."""
    if position >= len(data):
        return len(data)
    if data[position] == 0x0A:
        return position + 1
    if data[position] == 0x0D and data[position + 1 : position + 2] in (b"\n", b""):
        return min(position + 2, len(data))
    return None


def _shown(data: bytes, position: int) -> str:
    return repr(data[position : position + 1])[1:] if position < len(data) else "the end of the text"
