"""Formats of text, and how a format is recognised."""

import json

import pytest

from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Note, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import FORMATS
from quanho.captures.text import LINE_BYTES
from telemetry.errors import ConfigError
from tests.quanho.captures.wires import faults, opened, pcap, pcapng, pieces, sr

CO2 = "ff86027c42000000ba"  # Winsen MH-Z19B, of the corpus (PyPMS)
XXD = b"00000000: ff86 027c 4200 0000 ba              ...|B....\n"
PER_BYTE = b"00000000: ff 86 02 7c 42 00 00 00 ba  ...|B....\n00000009: ff 86 02 7c 42 00 00 00 ba  ...|B....\n"
CANONICAL = b"00000000  ff 86 02 7c 42 00 00 00  ba                       |...|B....|\n00000009\n"
ROWS = f"time,sensor,hex\n1625419056,MHZ19B,{CO2}\n1625419066,SDS01x,aac00600060058d93dab\n".encode()


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (XXD, "-", "hexdump"),
        (PER_BYTE, "co2.txt", "hexdump"),
        (CANONICAL, "-", "hexdump"),
        (ROWS, "-", "hexcsv"),
        (ROWS.replace(b",", b";"), "frames.csv", "hexcsv"),
        (b"# Name: receiver\r\n$GPGGA,1\r\n", "-", "gpsd"),
        (b"#\xff\xfe binary\n", "-", "raw"),
        (b'{"topic": "a", "payload": "1"}\n', "-", "jsonl"),
        (b'{"topic": "a", "hex": "00"}\n', "-", "jsonl"),
        (b'{"anything": 1}\n', "m.jsonl", "jsonl"),
        (b'{"t": 1}\n{"t": 2}\n', "-", "raw"),
        (b'{"payload": {"t": 1}}\n{"payload": {"t": 2}}\n', "-", "jsonl"),
        (b'{"at": 1, "hex": "00"}\n{"at": 2, "hex": "01"}', "-", "jsonl"),
        (b'{"payload": {"t": 1}}\n{"t": 2}\n', "-", "raw"),
        (b'{"payload": {"t": 1}}\n', "-", "raw"),  # a device's own message
        (b'["payload"]\n["payload"]\n', "-", "raw"),
        (b"time,rain\n1,2\n", "rain.csv", "raw"),
        (b"12345678: a line of a log\n", "-", "raw"),
        (b"2024: 12 34\n", "-", "raw"),
        (b"20240101  12 34\n", "-", "raw"),
        (bytes.fromhex(CO2), "-", "raw"),
        (b"", "-", "raw"),
        (sr({"RX": [1, 0]}), "-", "sigrok"),
        (pcap([]), "-", "pcap"),
        (pcapng([]), "-", "pcapng"),
    ],
)
def test_a_format_is_known_by_its_content_and_name(content: bytes, name: str, expected: str) -> None:
    assert opened(content, name).format == expected


@pytest.mark.parametrize("dump", [XXD, PER_BYTE, CANONICAL])
def test_a_hexdump_gives_the_bytes_and_not_the_text_beside_them(dump: bytes) -> None:
    items = list(opened(dump).items())
    assert set(pieces(items)) <= {bytes.fromhex(CO2), bytes.fromhex(CO2)[:8], b"\xba"}
    assert b"".join(pieces(items)).startswith(bytes.fromhex(CO2))
    assert faults(items) == []


def test_text_beside_a_hexdump_that_looks_like_hexadecimal_is_no_byte() -> None:
    assert b"".join(opened(b"00000000: 6162 6364                                ab cd 12\n").bytes()) == b"abcd"


def test_what_is_no_line_of_a_hexdump_is_told_with_its_number() -> None:
    items = list(opened(PER_BYTE + b"nonsense\n00000012: f\n\n*\n" + XXD).items())
    assert len(pieces(items)) == 3
    assert [one.split(";")[0] for one in faults(items)] == ["not a line of a hexdump"] * 2 + ["repeated lines were left out of the dump"]


def test_rows_of_csv_carry_time_and_sensor() -> None:
    (first, second) = opened(ROWS).items()
    assert first == Piece(bytes.fromhex(CO2), "line 2 (MHZ19B): ", "", 1_625_419_056_000_000_000)
    assert isinstance(second, Piece)
    assert second.place == "line 3 (SDS01x): "


def test_rows_are_chosen_by_a_column() -> None:
    assert pieces(list(opened(ROWS, where={"sensor": "MHZ19B"}).items())) == [bytes.fromhex(CO2)]
    with pytest.raises(ConfigError, match="no colour"):
        list(opened(ROWS, where={"colour": "red"}).items())


def test_broken_rows_are_told_and_neighbours_kept() -> None:
    items = list(opened(ROWS + b"1,x\n2,y,zz\n3,MHZ19B," + CO2.encode() + b",extra\n").items())
    assert len(pieces(items)) == 3
    assert faults(items) == ["no bytes in column hex", "column hex: no pairs of hexadecimal digits in 'zz'"]


def test_bytes_of_a_row_may_be_separated() -> None:
    rows = b"time,sensor,hex\n1,PMS,42:4d-00 04\n"
    assert pieces(list(opened(rows).items())) == [bytes.fromhex("424d0004")]


def test_json_lines_are_chosen_by_a_key() -> None:
    lines = b"".join(json.dumps({"topic": topic, "hex": "00", "n": n}).encode() + b"\n" for n, topic in enumerate("aba"))
    assert len(pieces(list(opened(lines, where={"topic": "a"}).items()))) == 2
    assert len(pieces(list(opened(lines, where={"n": "1"}).items()))) == 1


def test_comments_of_a_gpsd_log_are_left_out_and_binary_data_is_not() -> None:
    log = b"# Name: receiver\n# Date: 2019\n$GPGGA\n#\x01\x02 data\n# more\n$GPRMC\n"
    items = list(opened(log).items())
    assert b"".join(pieces(items)) == b"$GPGGA\n#\x01\x02 data\n$GPRMC\n"
    assert [item.place for item in items if isinstance(item, Piece)] == ["line 3: ", "line 4: ", "line 6: "]


def test_digits_are_bytes_when_asked_for() -> None:
    assert b"".join(opened(b"ff 86\n0x02,0x7C\n", format_name="hex").bytes()) == bytes.fromhex("ff86027c")
    assert faults(list(opened(b"fff\n", format_name="hex").items())) == ["not hexadecimal digits in pairs"]


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'hexdump'"):
        opened(b"", format_name="hexdmp")


def test_a_wire_is_one_message_when_asked_for_messages() -> None:
    assert [one.payload for one in opened(PER_BYTE).messages()] == [bytes.fromhex(CO2) * 2]
    assert len(list(opened(ROWS).messages())) == 2


def test_a_line_that_is_too_long_costs_only_itself() -> None:
    long = b"7" * (LINE_BYTES + 1)
    lines = list(payloads(opened(b"a\n" + long + b"\r\nb\n" + long), "lines"))
    assert [item.payload if isinstance(item, Piece) else item.__class__ for item in lines] == [b"a", Fault, b"b", Fault]
    assert [item.place for item in lines if not isinstance(item, Note)] == ["line 1: ", "line 2: ", "line 3: ", "line 4: "]


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_file_of_any_format_is_no_crash(name: str) -> None:
    assert pieces(list(opened(b"", format_name=name).items())) == []


def test_every_damaged_frame_is_counted_however_many_there_are() -> None:
    line = (CO2 + CO2[:-2] + "00") * 2_000  # every second one has a wrong sum
    capture = opened(bytes.fromhex(line), "line.raw", "raw")
    items = list(payloads(capture, build_decoder("mhz19", {}).framing))
    assert sum(isinstance(item, Piece) for item in items) == 2_000
    assert sum(item.times for item in items if isinstance(item, Fault)) == 2_000
