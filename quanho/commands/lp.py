"""`quanho lp parse|encode`: line protocol to JSON lines and back, and the public corpus's cases through the same code."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from quanho.lang import say

PRECISIONS = ("ns", "us", "ms", "s")
EXIT_UNREADABLE = 2
_READ_BYTES = 1 << 16

_PARSE_EPILOG = """\
output, one object a line:
  {"measurement": "air", "tags": {"device": "a1"}, "fields": {"pm2_5": 12.0, "count": 3, "total": {"uint": 7}}, "time": 17e17...}
  {"line": 4, "error": "column 9: expected a field key, found ','"}
A number with a decimal point or exponent is a float, one without an integer, {"uint": n} an unsigned integer; time is in ns.
A bad line never hides its neighbours.

examples:
  quanho lp parse readings.lp
  tail -f readings.lp | quanho lp parse -
  quanho lp parse --precision s export.lp
  quanho lp parse --cases cases.jsonl     each line {"key", "text" or {"binary": base64}, "defaultTime", "precision"}

exit codes: 0 every line is good, 1 some line is not, 2 the input cannot be read; with --cases 0 whenever it can be read
"""
_ENCODE_EPILOG = """\
Reads what `quanho lp parse` prints; lines that are no points are reported on standard error and left out.

examples:
  quanho lp parse readings.lp | quanho lp encode -
  quanho lp encode --precision ms points.jsonl
  quanho lp encode --cases cases.jsonl    each line {"key", "point", "precision"}; prints {"key", "result" or "error"}

exit codes: 0 every line was encoded, 1 some line was not, 2 the input cannot be read; with --cases 0 whenever it can be read
"""


def add_parser(subparsers: Any) -> None:
    """Add `lp` with its two verbs."""
    parser = subparsers.add_parser("lp", help="line protocol to JSON lines and back", description="Line protocol to JSON lines and back.")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    parse = _add_verb(verbs, "parse", "line protocol to one JSON point a line", _PARSE_EPILOG, _run_parse)
    parse.add_argument("--default-time", type=int, metavar="NS", help="time of lines that have none, ns since 1970 (default: now)")
    _add_verb(verbs, "encode", "one JSON point a line to line protocol", _ENCODE_EPILOG, _run_encode)


def _add_verb(verbs: Any, name: str, summary: str, epilog: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("file", metavar="FILE", help="input file, or - for standard input")
    verb.add_argument("--precision", choices=PRECISIONS, default="ns", help="unit of the timestamps in the line protocol (default: ns)")
    verb.add_argument("--cases", action="store_true", help="the input is cases of influxdata/line-protocol-corpus, one JSON object a line")
    verb.set_defaults(run=run)
    return verb


def _run_parse(arguments: argparse.Namespace) -> int:
    from telemetry.lineprotocol.cases import answer_decode

    return _with_lines(arguments.file, (lambda lines: _answer(lines, answer_decode)) if arguments.cases else _parse(arguments))


def _run_encode(arguments: argparse.Namespace) -> int:
    from telemetry.lineprotocol.cases import answer_encode

    return _with_lines(arguments.file, (lambda lines: _answer(lines, answer_encode)) if arguments.cases else _encode(arguments))


def _parse(arguments: argparse.Namespace) -> Callable[[Iterable[bytes]], int]:
    from telemetry.lineprotocol.jsonform import dump_point
    from telemetry.lineprotocol.parse import LineError, parse_lines

    default_time_ns = time.time_ns() if arguments.default_time is None else arguments.default_time

    def work(lines: Iterable[bytes]) -> int:
        error_count = 0
        for number, outcome in parse_lines(lines, default_time_ns, arguments.precision):
            if isinstance(outcome, LineError):
                error_count += 1
                _print(json.dumps({"line": number, "error": outcome.reason}, ensure_ascii=False))
            else:
                _print(dump_point(outcome.as_point()))
        return 1 if error_count else 0

    return work


def _encode(arguments: argparse.Namespace) -> Callable[[Iterable[bytes]], int]:
    from telemetry.errors import RejectedError
    from telemetry.lineprotocol.encode import encode
    from telemetry.lineprotocol.jsonform import load_point

    def work(lines: Iterable[bytes]) -> int:
        error_count = 0
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                _print(encode(load_point(line), arguments.precision).decode())
            except RejectedError as error:
                error_count += 1
                print(say(f"dòng {number}: {error}", f"line {number}: {error}"), file=sys.stderr)
        return 1 if error_count else 0

    return work


def _answer(lines: Iterable[bytes], answer: Callable[[bytes], dict[str, Any]]) -> int:
    for line in lines:
        if line.strip():
            _print(json.dumps(answer(line), ensure_ascii=True))
    return 0


def _print(line: str) -> None:
    sys.stdout.buffer.write(line.encode() + b"\n")


def _with_lines(name: str, work: Callable[[Iterable[bytes]], int]) -> int:
    """Run `work` on the lines of the file; a file that cannot be opened or read is a message and exit code 2."""
    try:
        with _opened(name) as stream:
            return work(_lines(stream, sys.stdout.flush))
    except _UnreadableError as error:
        why_vi, why_en = _reason(error.cause)
        print(say(f"quanho: không đọc được {name}: {why_vi}", f"quanho: cannot read {name}: {why_en}"), file=sys.stderr)
        return EXIT_UNREADABLE


class _UnreadableError(Exception):
    """The input cannot be read: told apart from an output that cannot be written."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _opened(name: str) -> BinaryIO:
    try:
        return os.fdopen(0, "rb", closefd=False) if name == "-" else Path(name).open("rb")
    except OSError as error:
        raise _UnreadableError(error) from None


def _lines(stream: BinaryIO, before_waiting: Callable[[], object]) -> Iterator[bytes]:
    """Yield lines as they come in, after `before_waiting` has shown what is done so far; a line over 1 MiB comes cut, one byte over."""
    from telemetry.lineprotocol.parse import MAX_LINE_BYTES

    rest = b""
    while True:
        before_waiting()
        try:
            chunk = os.read(stream.fileno(), _READ_BYTES)
        except OSError as error:
            raise _UnreadableError(error) from None
        if not chunk:
            break
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line[:MAX_LINE_BYTES] + b"\n"
        rest = rest[: MAX_LINE_BYTES + 1]
    if rest:
        yield rest


def _reason(error: OSError) -> tuple[str, str]:
    """Why a file cannot be read, in Vietnamese and English."""
    english = error.strerror or str(error)
    vietnamese: dict[type[OSError], str] = {
        FileNotFoundError: "không có tệp này",
        PermissionError: "không có quyền đọc",
        IsADirectoryError: "đây là thư mục, không phải tệp",
    }
    return vietnamese.get(type(error), english), english
