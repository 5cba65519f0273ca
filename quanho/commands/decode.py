"""`quanho decode`: try a decoder on a file or a pipe, without an agent.

Out: one JSON object a reading, {"measurement", "tags", "fields", "time"}, time in ns since 1970 UTC: the device's own, else when the
capture says that it came, else null; with "age_ns" where the device says only how long before its message it took the reading. Refusals
go to stderr, one line each, and its last line is `readings=N rejected=M`. Exit 0 if there was a reading or nothing was refused, 1 if
there were only refusals, 2 for wrong usage.
"""

import argparse
import errno
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from quanho.lang import say

if TYPE_CHECKING:
    from edge.decoders.decoder import Decoder
    from quanho.captures.capture import Capture, Item

_EPILOG = """\
examples:
  quanho decode --list
  quanho decode --guess FILE               which decoder fits, with the evidence; --json for scripts
  mosquitto_sub -t '#' -F '{"topic":"%t","hex":"%x"}' > capture.jsonl       capture a broker's messages, then
  quanho decode json capture.jsonl --option topic=site/{site}/air/{device} --option measurement=air
  quanho decode json message.json --topic site/bn01/air/d7 --option fields.pm2_5=values.pm25
  quanho decode csv rain.csv --option header=true --option delimiter=;
  quanho decode regex - --option 'patterns=T=(?P<temperature>[-0-9.]+)' < serial.log
  quanho decode mhz19 frames.csv --where sensor=MHZ19B
  quanho decode hpma115 line.sr --baud 9600 --parity none --where channel=RX

FILE is read as what it looks like, by its content and name, or as --input says:
  jsonl    one message a line: objects with "payload" (text or an object), "hex" or "base64", and perhaps "topic"
  hexdump  of xxd or hexdump -C           hexcsv  CSV with a column hex, perhaps time, topic and others to choose by with --where
  gpsd     comment lines # and raw data   sigrok  a logic analyser's .sr: the bytes of its UARTs
  pcap     and pcapng: the TCP connections in it, Modbus/TCP cut into messages; --where server=ADDRESS
  raw      bytes as they came             hex     hexadecimal digits and nothing else (only with --input hex)
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
    parser.add_argument("--input", metavar="FORMAT", help="format of the file, when it is not what it looks like")
    parser.add_argument("--where", action="append", default=[], metavar="K=V", help="only rows, or the channel, with that value")
    parser.add_argument("--baud", type=int, metavar="N", help="baud rate of a .sr capture; found by itself when absent")
    parser.add_argument("--parity", choices=("none", "even", "odd"), help="parity of a .sr capture; found by itself when absent")
    parser.add_argument("--data-bits", type=int, choices=(5, 6, 7, 8), help="data bits of a .sr capture; 7 or 8 when absent")
    parser.add_argument("--list", action="store_true", help="list the decoders and their options")
    parser.add_argument("--guess", action="store_true", help="name the decoders that fit FILE, with the evidence")
    parser.add_argument("--json", action="store_true", help="with --guess: as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Decode and return the exit code."""
    from edge.decoders.table import build_decoder

    if arguments.list:
        return _print_list(arguments.name)
    if arguments.guess:
        return _guess(arguments)
    if not arguments.name or not arguments.file:
        return _usage(say("cần NAME và FILE; xem quanho decode --help", "NAME and FILE are needed; see quanho decode --help"))
    decoder = build_decoder(arguments.name, parse_options(arguments.option))
    return _with_stream(arguments.file, lambda stream: _decode_all(decoder, arguments, stream))


def _guess(arguments: argparse.Namespace) -> int:
    from quanho.captures.table import open_capture
    from quanho.decode_guess import print_guesses

    file = arguments.file or arguments.name
    if not file:
        return _usage(say("cần FILE: quanho decode --guess FILE", "FILE is needed: quanho decode --guess FILE"))

    def guess(stream: BinaryIO) -> int:
        capture = open_capture(stream, file, arguments.input, _capture_options(arguments))
        return print_guesses(capture, file, arguments.topic, as_json=arguments.json)

    return _with_stream(file, guess)


_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # no read ends with these


def _with_stream(file: str, use: "Callable[[BinaryIO], int]") -> int:
    """Call `use` with the open file; a file that cannot be read is wrong usage. Long ones show how far they are."""
    from quanho.progress import watched

    try:
        if file == "-":
            return use(sys.stdin.buffer)
        with open(file, "rb") as stream, watched(stream) as shown:  # noqa: PTH123 - Path.open does the same
            return use(shown)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        if error.errno in _OF_WRITING:
            return _usage(say(f"không ghi được kết quả: {error.strerror}", f"cannot write the output: {error.strerror}"))
        return _usage(say(f"không đọc được {file}: {error.strerror}", f"cannot read {file}: {error.strerror}"))


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
    from quanho.captures.table import open_capture

    counts = _Counts()
    capture = open_capture(stream, arguments.file, arguments.input, _capture_options(arguments))
    for item in _payloads(decoder, arguments.name, capture):
        _decode_one(decoder, arguments.topic, item, counts)
    sys.stdout.flush()
    if skipped := getattr(decoder, "skipped", None):
        kinds = ", ".join(f"{count} {kind}" for kind, count in skipped.most_common())
        _complain(say(f"không dùng đến: {kinds}", f"nobody reads: {kinds}"))
    print(f"readings={counts.readings} rejected={counts.rejected}", file=sys.stderr)
    return 0 if counts.readings or not counts.rejected else 1


@dataclass(slots=True)
class _Counts:
    readings: int = 0
    rejected: int = 0


def _decode_one(decoder: "Decoder", topic: str, item: "Item", counts: _Counts) -> None:
    from quanho.captures.capture import Fault, Note
    from telemetry.errors import RejectedError

    if isinstance(item, Note):
        _complain(item.text)
        return
    if isinstance(item, Fault):
        counts.rejected += item.times
        _complain(f"{item.place}{item.reason}")
        return
    try:
        decoded = decoder.decode(item.topic or topic, item.payload)
    except RejectedError as error:
        counts.rejected += 1
        _complain(f"{item.place}{error.reason}")
        return
    for reading in decoded.readings:
        print(_as_json(reading, item.time_ns))
    for refusal in decoded.refusals:
        _complain(f"{item.place}{refusal.reason}")
    for missed in decoded.missed:
        _complain(f"{item.place}{missed.reason}: {missed.detail}")
    counts.readings += len(decoded.readings)
    counts.rejected += len(decoded.refusals)


def _capture_options(arguments: argparse.Namespace) -> Any:
    from quanho.captures.capture import CaptureOptions
    from telemetry.errors import ConfigError, Problem

    where = dict(word.partition("=")[::2] for word in arguments.where)
    problems = [Problem("--where", word, "write KEY=VALUE, for example sensor=MHZ19B") for word in arguments.where if "=" not in word]
    if arguments.baud is not None and not 1 <= arguments.baud <= 100_000_000:
        problems.append(Problem("--baud", str(arguments.baud), "a baud rate is 1 to 100,000,000"))
    if problems:
        raise ConfigError(problems)
    return CaptureOptions(where, arguments.baud, arguments.parity, arguments.data_bits)


def _payloads(decoder: "Decoder", name: str, capture: "Capture") -> "Iterator[Item]":
    """Yield the messages for `decoder`; JSON that is one message a line is taken by line."""
    from quanho.captures.capture import Piece
    from quanho.captures.payloads import payloads

    for item in payloads(capture, decoder.framing):
        if name == "json" and capture.is_wire and isinstance(item, Piece):
            yield from _json_by_line(item)
        else:
            yield item


def _json_by_line(whole: Any) -> "Iterator[Item]":
    lines = [(number, line) for number, line in enumerate(whole.payload.splitlines(), start=1) if line.strip()]
    if len(lines) < 2 or _is_json(whole.payload) or not any(_is_json(line) for _, line in lines):
        yield whole
        return
    for number, line in lines:
        yield whole._replace(payload=line, place=f"line {number}: ")


def _is_json(text: bytes) -> bool:
    from edge.decoders.json_mapping.payload import parse_payload
    from telemetry.errors import RejectedError

    try:
        parse_payload(text)
    except RejectedError:
        return False
    return True


def _as_json(reading: Any, captured_ns: int | None) -> str:
    fields = {**reading.fields, "quality": reading.quality} if reading.quality else dict(reading.fields)
    record = {"measurement": reading.measurement, "tags": dict(reading.tags), "fields": fields, "time": reading.time_ns}
    if reading.time_ns is None and captured_ns is not None:
        record["time"] = captured_ns - reading.age_ns
    elif reading.age_ns:
        record["age_ns"] = reading.age_ns
    return json.dumps(record, ensure_ascii=sys.stdout.encoding.lower() != "utf-8")


def _print_list(name: str | None) -> int:
    from edge.decoders.table import DECODERS, decoder_options

    for kind in [name] if name else sorted(DECODERS):
        options = decoder_options(kind).model_fields
        print(f"{kind}\n  {say(DECODERS[kind].vi, DECODERS[kind].en)}")
        for key, field in options.items():
            print(f"  {key}: {field.description}")
        if name and DECODERS[kind].module == DECODERS["modbus"].module:
            _print_templates()
    return 0


def _print_templates() -> None:
    from edge.modbus.template import load_template, template_names

    print(
        say(
            "  các bản đồ thanh ghi có sẵn (template), với thông số đường truyền khi xuất xưởng:",
            "  register maps that come along (template), with the line settings of the factory:",
        )
    )
    for name in template_names():
        template = load_template(name)
        line = f"{template.baudrate} 8{template.parity[0].upper()}{template.stop_bits}, id {template.unit_id}"
        print(f"    {name}: {say(template.vi, template.en)} ({line})")


def _usage(text: str) -> int:
    _complain(text)
    return 2


def _complain(text: str) -> None:
    print(" ".join(text.splitlines()), file=sys.stderr)
