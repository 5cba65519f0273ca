"""`quanho decode`: try a decoder on a file or a pipe, without an agent.

Out: one JSON object a reading, {"measurement", "tags", "fields", "time"}, time in ns since 1970 UTC or null; with "age_ns" where the device
says how long before its message it took the reading. Refusals go to stderr, one line each, and its last line is
`readings=N rejected=M`. Exit 0 if there was a reading or nothing was refused, 1 if there were only refusals, 2 for wrong usage.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from quanho.lang import say

if TYPE_CHECKING:
    from edge.decoders.decoder import Decoder

_EPILOG = """\
examples:
  quanho decode --list
  mosquitto_sub -v -t '#' | ...            capture as JSON lines of {"topic", "payload"}, then
  quanho decode json capture.jsonl --option topic=site/{site}/air/{device} --option measurement=air
  quanho decode json message.json --topic site/bn01/air/d7 --option fields.pm2_5=values.pm25
  quanho decode csv rain.csv --option header=true --option delimiter=;
  quanho decode regex - --option 'patterns=T=(?P<temperature>[-0-9.]+)' < serial.log

A .jsonl file whose lines are objects with "payload" (text or an object), "hex" or "base64", and perhaps "topic", is one message a line.
An option is KEY=VALUE; VALUE is JSON if it reads as JSON, else text; dots in KEY reach into tables.

exit codes:
  0 at least one reading, or nothing refused   1 only refusals   2 unknown decoder, bad option, unreadable file
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "decode",
        help="try a decoder on a file or a pipe",
        description="Decode a file with one decoder and print one JSON object a reading.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="decoder; see --list")
    parser.add_argument("file", nargs="?", metavar="FILE", help="what a device sent; - for standard input")
    parser.add_argument("--topic", default="", help="topic on which the messages arrived")
    parser.add_argument("--option", action="append", default=[], metavar="K=V", help="option of the decoder; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the decoders and their options")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Decode and return the exit code."""
    from edge.decoders.table import build_decoder

    if arguments.list:
        return _print_list(arguments.name)
    if not arguments.name or not arguments.file:
        return _usage(say("cần NAME và FILE; xem quanho decode --help", "NAME and FILE are needed; see quanho decode --help"))
    decoder = build_decoder(arguments.name, parse_options(arguments.option))
    if arguments.file == "-":
        return _decode_all(decoder, arguments, sys.stdin.buffer)
    try:
        stream = open(arguments.file, "rb")  # noqa: PTH123, SIM115 - Path.open does the same; closed below
    except OSError as error:
        return _usage(say(f"không đọc được {arguments.file}: {error.strerror}", f"cannot read {arguments.file}: {error.strerror}"))
    with stream:
        return _decode_all(decoder, arguments, stream)


def parse_options(words: Sequence[str]) -> dict[str, Any]:
    """Return nested options of `k=v` words: `fields.pm2_5=values.pm25` → {"fields": {"pm2_5": "values.pm25"}}."""
    from telemetry.errors import ConfigError, Problem

    options: dict[str, Any] = {}
    problems: list[Problem] = []
    for word in words:
        key, sign, text = word.partition("=")
        table: Any = options
        *outer, last = key.split(".")
        for name in outer:
            table = table.setdefault(name, {}) if isinstance(table, dict) else None
        if not sign or not all((*outer, last)) or not isinstance(table, dict):
            problems.append(Problem("--option", word, "write KEY=VALUE, for example measurement=air or fields.pm2_5=values.pm25"))
        else:
            table[last] = _value(text)
    if problems:
        raise ConfigError(problems)
    return options


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _decode_all(decoder: "Decoder", arguments: argparse.Namespace, stream: BinaryIO) -> int:
    from telemetry.errors import RejectedError

    reading_count = rejected_count = 0
    try:
        for place, topic, payload in _payloads(decoder, arguments, stream):
            try:
                if isinstance(payload, RejectedError):
                    raise payload
                decoded = decoder.decode(topic, payload)
            except RejectedError as error:
                rejected_count += 1
                _complain(f"{place}{error.reason}")
                continue
            for reading in decoded.readings:
                print(_as_json(reading))
            for refusal in decoded.refusals:
                _complain(f"{place}{refusal.reason}")
            for missed in decoded.missed:
                _complain(f"{place}{missed.reason}: {missed.detail}")
            reading_count += len(decoded.readings)
            rejected_count += len(decoded.refusals)
        sys.stdout.flush()
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        return _usage(say(f"không đọc được {arguments.file}: {error.strerror}", f"cannot read {arguments.file}: {error.strerror}"))
    print(f"readings={reading_count} rejected={rejected_count}", file=sys.stderr)
    return 0 if reading_count or not rejected_count else 1


def _payloads(decoder: "Decoder", arguments: argparse.Namespace, stream: BinaryIO) -> Iterator[tuple[str, str, Any]]:
    """Yield (place for refusals, topic, payload or the RejectedError it is); lines are read as they come."""
    from quanho.captures import captured_messages, framed

    if arguments.file.endswith(".jsonl"):
        yield from captured_messages(stream, arguments.topic)
    elif decoder.framing == "lines":
        for number, line in enumerate(stream, start=1):
            yield f"line {number}: ", arguments.topic, line.rstrip(b"\r\n")
    elif decoder.framing == "message":
        yield from _whole_or_lines(arguments.name, arguments.topic, stream.read())
    else:
        for place, payload in framed(decoder.framing, stream):
            yield place, arguments.topic, payload


def _whole_or_lines(name: str, topic: str, payload: bytes) -> Iterable[tuple[str, str, Any]]:
    """Take the whole as one message; JSON that is one message a line is taken by line."""
    lines = [(number, line) for number, line in enumerate(payload.splitlines(), start=1) if line.strip()]
    if name != "json" or len(lines) < 2 or _is_json(payload) or not any(_is_json(line) for _, line in lines):
        return [("", topic, payload)]
    return [(f"line {number}: ", topic, line) for number, line in lines]


def _is_json(text: bytes) -> bool:
    from edge.decoders.json_mapping.payload import parse_payload
    from telemetry.errors import RejectedError

    try:
        parse_payload(text)
    except RejectedError:
        return False
    return True


def _as_json(reading: Any) -> str:
    fields = {**reading.fields, "quality": reading.quality} if reading.quality else dict(reading.fields)
    record = {"measurement": reading.measurement, "tags": dict(reading.tags), "fields": fields, "time": reading.time_ns}
    if reading.age_ns:
        record["age_ns"] = reading.age_ns
    return json.dumps(record, ensure_ascii=sys.stdout.encoding.lower() != "utf-8")


def _print_list(name: str | None) -> int:
    from edge.decoders.table import DECODERS, decoder_options

    for kind in [name] if name else sorted(DECODERS):
        options = decoder_options(kind).model_fields
        print(f"{kind}\n  {say(DECODERS[kind].vi, DECODERS[kind].en)}")
        for key, field in options.items():
            print(f"  {key}: {field.description}")
    return 0


def _usage(text: str) -> int:
    _complain(text)
    return 2


def _complain(text: str) -> None:
    print(" ".join(text.splitlines()), file=sys.stderr)
