"""Modbus captures: sigrok's lines of two devices, and packets of Modbus/TCP, one of them fuzzed."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.decoders.table import build_decoder
from quanho.captures.capture import Fault, Piece
from quanho.captures.payloads import payloads
from quanho.captures.table import open_capture
from telemetry.errors import RejectedError
from tests.corpus.tally import CORPUS, Tally

RTU = CORPUS / "02_serial/modbus_rtu"
TCP = CORPUS / "02_serial/modbus_tcp_pcap"


def _read(path: Path, tally: Tally) -> list[bytes]:
    """Decode a capture; return its frames."""
    decoder = build_decoder("modbus", {})
    frames: list[bytes] = []
    tally.files += 1
    with path.open("rb") as stream:
        for item in payloads(open_capture(stream, path.name), decoder.framing):
            if isinstance(item, Fault):
                tally.rejected += item.times
            elif isinstance(item, Piece):
                frames.append(item.payload)
                try:
                    decoded = decoder.decode(item.topic, item.payload)
                except RejectedError:
                    tally.rejected += 1
                    continue
                tally.readings += len(decoded.readings)
                tally.rejected += len(decoded.refusals)
    tally.frames += len(frames)
    return frames


def _lines() -> Tally:
    tally = Tally("modbus_rtu")
    for path in sorted(RTU.glob("*.bin")):
        frames = _read(path, tally)
        expected = [bytes.fromhex(json.loads(line)["hex"]) for line in path.with_suffix(".frames.jsonl").read_text().splitlines()]
        tally.files += 1
        tally.checked += len(expected)
        tally.mismatches["another frame than sigrok's"] += sum(a != b for a, b in zip(frames, expected, strict=False))
        tally.mismatches["another number of frames"] += abs(len(frames) - len(expected))
    tally.mismatches = +tally.mismatches
    return tally


def _packets() -> Tally:
    tally = Tally("modbus_tcp_pcap")
    for path in sorted(TCP.glob("*.pcap")):
        _read(path, tally)
    return tally


def tallies() -> Sequence[Tally]:
    return [_lines(), _packets()]


@pytest.fixture(autouse=True)
def _corpus() -> None:
    if not RTU.is_dir():
        pytest.skip(f"no corpus: {RTU} is not there")


def test_every_frame_of_a_line_is_cut_and_paired() -> None:
    tally = _lines()
    assert (tally.rejected, dict(tally.mismatches)) == (0, {})
    assert tally.frames == tally.checked > 200
    assert tally.readings > tally.frames / 3  # one for each read that was answered


def test_packets_are_decoded_and_fuzzed_ones_refused() -> None:
    tally = _packets()
    assert tally.readings > 5
    assert tally.rejected > 10
