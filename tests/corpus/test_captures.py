"""Captures of sigrok and tcpdump: the bytes in them, beside what was found by others.

modbus_rtu: the .bin beside each .sr holds its bytes in order of time, and .frames.jsonl when each began. uart_errors: what the names of
the files promise. modbus_tcp_pcap: the messages by the lengths in their headers.
"""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from quanho.captures.capture import Fault, Item, Piece
from quanho.captures.table import open_capture
from tests.corpus.tally import CORPUS, Tally

SERIAL = CORPUS / "02_serial"
UART_ERRORS: dict[str, tuple[bytes, list[str]]] = {
    "ampel64_4800_8n1_ok": (b"AMPEL 64\n", []),
    "ampel64_4800_8n2_ok": (b"AMPEL 64\n", []),
    "ampel64_4800_8n1_frame_errors": (b"A164\n", ["glitch", *["framing error"] * 3]),  # a start bit of half a bit, then out of step
    "glitch_0x0a": (b"\x0a", ["glitch"]),
    "glitch_0x20": (b"\x20", ["glitch"]),
    "glitch_0x20_2": (b"\x20", ["glitch"]),
}
RTU = ("brainchild-io-16do", "flowmeter_target_0liter_per_min", "flowmeter_target_15liter_per_min")
TCP = {  # messages, packets behind which one stands that is none by its own length, bytes missing in the capture
    "modbusSmall": (32, [], 0),
    "modbus_test_data_part1": (51, [76, 78, 113], 0),  # an attack: a length of 34,820; one of 5 before 8 bytes
    "fuzz-72": (27, [8, 35], 16),  # somebody turned bits of it: lengths, data and sequence numbers
}

needs_corpus = pytest.mark.skipif(not SERIAL.is_dir(), reason=f"no corpus: {SERIAL} is not there")


def items_of(path: Path) -> list[Item]:
    with path.open("rb") as stream:
        return list(open_capture(stream, path.name).items())


def _bytes(items: Sequence[Item]) -> bytes:
    return b"".join(item.payload for item in items if isinstance(item, Piece))


def _reasons(items: Sequence[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Fault)]


def _fits(found: list[str], expected: list[str]) -> bool:
    return len(found) == len(expected) and all(map(str.startswith, found, expected))


def tallies() -> Sequence[Tally]:
    return [_uart_errors(), _modbus_rtu(), _modbus_tcp()]


def _uart_errors() -> Tally:
    tally = Tally("uart_errors")
    for path in sorted((SERIAL / "uart_errors").glob("*.sr")):
        items = items_of(path)
        expected, reasons = UART_ERRORS[path.stem]
        tally.files += 1
        tally.frames += len(_bytes(items))
        tally.rejected += len(_reasons(items))
        tally.checked += 2
        tally.mismatches["other bytes than the name of the file tells"] += _bytes(items) != expected
        tally.mismatches["other faults than the name of the file tells"] += not _fits(_reasons(items), reasons)
    tally.mismatches = +tally.mismatches
    return tally


def _modbus_rtu() -> Tally:
    tally = Tally("modbus_rtu .sr (bytes)")
    for name in RTU:
        items = items_of(SERIAL / f"modbus_rtu/{name}.sr")
        tally.files += 3
        tally.frames += len(_bytes(items))
        tally.rejected += len(_reasons(items))
        tally.checked += 1
        tally.mismatches["other bytes than the .bin"] += _bytes(items) != (SERIAL / f"modbus_rtu/{name}.bin").read_bytes()
        frames = [json.loads(line) for line in (SERIAL / f"modbus_rtu/{name}.frames.jsonl").read_text().splitlines()]
        found = [item for item in items if isinstance(item, Piece)]
        tally.checked += len(frames)
        tally.mismatches["pieces do not end where frames do"] += [one.payload.hex() for one in found] != [one["hex"] for one in frames]
        gaps = [after["t_start"] - before["t_end"] for before, after in pairwise(frames)]
        is_near = [abs(piece.gap_s - gap) < 0.001 for piece, gap in zip(found[1:], gaps, strict=False) if piece.gap_s is not None]
        tally.mismatches["another silence between frames"] += is_near.count(False)
    tally.mismatches = +tally.mismatches
    return tally


def _modbus_tcp() -> Tally:
    tally = Tally("modbus_tcp_pcap (messages)")
    for path in sorted((SERIAL / "modbus_tcp_pcap").glob("*.pcap")):
        items = items_of(path)
        count, wrong, gaps = TCP[path.stem]
        messages = [item for item in items if isinstance(item, Piece)]
        by_length = [item.place for item in messages if len(item.payload) != 6 + int.from_bytes(item.payload[4:6], "big")]
        tally.files += 1
        tally.frames += len(messages)
        tally.rejected += len(_reasons(items))
        tally.checked += 3
        tally.mismatches["another number of messages"] += len(messages) != count
        tally.mismatches["other broken messages"] += by_length != [f"packet {number}: " for number in wrong]
        tally.mismatches["other gaps"] += not _fits(_reasons(items), [""] * gaps)
    tally.mismatches = +tally.mismatches
    return tally


@needs_corpus
@pytest.mark.parametrize("tally_of", [_uart_errors, _modbus_rtu, _modbus_tcp])
def test_captures_give_what_lies_beside_them(tally_of: Callable[[], Tally]) -> None:
    found = tally_of()
    assert dict(found.mismatches) == {}
    assert found.checked > 0


@needs_corpus
@pytest.mark.parametrize("path", sorted(SERIAL.glob("*/*")), ids=lambda path: path.name)
def test_no_file_of_the_corpus_breaks_a_reader(path: Path) -> None:
    items_of(path)
