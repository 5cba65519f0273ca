"""Every format of captures, in the order in which they are recognised. A new one is one file and one row here.

Each module has `recognise(head: bytes, name: str) -> bool`, for the first bytes and the name of a file, and
`read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]`.
"""

import io
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import BinaryIO, NamedTuple, cast

from quanho.captures.capture import Capture, CaptureOptions, Item
from telemetry.errors import ConfigError, Problem
from telemetry.nearest import instead_of

_HEAD_BYTES = 4096


class Row(NamedTuple):
    """Where a reader is, whether it gives bytes of one wire or whole messages, and what the format is."""

    module: str
    is_wire: bool
    vi: str
    en: str


FORMATS = {
    "sigrok": Row(
        "quanho.captures.sigrok", is_wire=True, vi="bản ghi của máy phân tích logic (.sr)", en="logic analyser capture of sigrok (.sr)"
    ),
    "pcap": Row("quanho.captures.pcap", is_wire=False, vi="gói tin mạng (.pcap)", en="network packets (.pcap)"),
    "pcapng": Row("quanho.captures.pcapng", is_wire=False, vi="gói tin mạng (.pcapng)", en="network packets (.pcapng)"),
    "gpsd": Row(
        "quanho.captures.gpsd_log", is_wire=True, vi="nhật ký của gpsd, có dòng chú thích #", en="log of gpsd, with lines of comment #"
    ),
    "hexdump": Row("quanho.captures.hexdump", is_wire=True, vi="hexdump, như của xxd", en="hexdump, as of xxd"),
    "jsonl": Row("quanho.captures.json_lines", is_wire=False, vi="JSON từng dòng (.jsonl)", en="JSON lines (.jsonl)"),
    "hexcsv": Row("quanho.captures.hex_csv", is_wire=False, vi="CSV có cột hex", en="CSV with a column hex"),
    "hex": Row("quanho.captures.hex_lines", is_wire=True, vi="chữ số hex, chỉ khi chọn", en="hexadecimal digits, only when asked for"),
    "raw": Row("quanho.captures.raw", is_wire=True, vi="byte thô", en="raw bytes"),
}


def open_capture(stream: BinaryIO, name: str, format_name: str | None = None, options: CaptureOptions | None = None) -> Capture:
    """Return the capture in `stream`, which has `name` ("-" for none), as `format_name` or as what it looks like."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
    chosen = _checked(format_name) if format_name else _recognised(buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES], name)
    return Capture(chosen, _items(chosen, buffered, options or CaptureOptions()), is_wire=FORMATS[chosen].is_wire)


def _items(format_name: str, stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    return cast(Iterator[Item], _module(format_name).read(stream, options))


def _recognised(head: bytes, name: str) -> str:
    return next((one for one in FORMATS if _module(one).recognise(head, name)), "raw")


def _checked(format_name: str) -> str:
    if format_name in FORMATS:
        return format_name
    raise ConfigError([Problem("--input", format_name, f"no such format; {instead_of(format_name, FORMATS)}")])


def _module(format_name: str) -> ModuleType:
    return import_module(FORMATS[format_name].module)
