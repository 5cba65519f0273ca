"""Modbus lines and connections of the corpus, decoded.

modbus_rtu: what each answer must tell is worked out from .frames.jsonl, where requests and answers stand one behind the other. The flow
meter is asked for its target (registers 6 and 7, a float32) while somebody writes the one that the file's name tells.
modbus_tcp_pcap: what was read in each was read by eye from its bytes.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edge.decoders.decoder import Decoder
from edge.decoders.table import build_decoder
from edge.framers.table import build_framer
from quanho.captures.capture import Fault
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally
from tests.corpus.test_captures import RTU, items_of

SERIAL = CORPUS / "02_serial"
TCP: dict[str, list[dict[str, float]]] = {
    "modbusSmall": [
        {"c0": float(n >> 2 & 1), "c1": float(n >> 1 & 1), "c2": float(n & 1)} for n in range(8)
    ],  # somebody counts with switches
    "modbus_test_data_part1": [{"c0": 0}, {"c2": 0, "c3": 0}, {"h5": 9, "h6": 24}],
    "fuzz-72": [],  # asks for functions that there are not
}
REFUSED = {  # by how the reason goes on
    "modbus_test_data_part1": {"exception 11": 4, "exception 6": 5, "exception 5": 5, "bytes that are no frame": 5},
    "modbusSmall": {},
}
TEMPLATE = """
name = "flow_meter"
vi = "lưu lượng kế"
en = "flow meter"
source = "sigrok-dumps, uart/modbus_rtu/flowmeter"
measurement = "own"
field = [{ name = "target", function = 3, address = 6, type = "float32" }]
"""

needs_corpus = pytest.mark.skipif(not SERIAL.is_dir(), reason=f"no corpus: {SERIAL} is not there")


def tallies() -> Sequence[Tally]:
    return [_rtu(), _tcp()]


def _rtu() -> Tally:
    tally = Tally("modbus_rtu (readings)")
    for name in RTU:
        expected = list(_expected(name))
        frames = _frames(name, tally)
        readings = _decoded(build_decoder("modbus", {}), frames, tally)
        tally.files += 2
        tally.mismatches["other frames than sigrok's"] += [frame.hex() for frame in frames] != [line["hex"] for line in _lines(name)]
        tally.readings += len(readings)
        tally.checked += sum(map(len, expected))
        tally.mismatches["other registers than the frames beside it hold"] += [one.fields for one in readings] != expected
    tally.mismatches = +tally.mismatches
    return tally


def _tcp() -> Tally:
    tally = Tally("modbus_tcp_pcap (readings)")
    for name, expected in TCP.items():
        readings, _ = _connection(name, tally)
        tally.files += 1
        tally.readings += len(readings)
        tally.checked += sum(map(len, expected))
        tally.mismatches["other values than were read by eye"] += [one.fields for one in readings] != expected
    tally.mismatches = +tally.mismatches
    return tally


def _frames(name: str, tally: Tally) -> list[bytes]:
    framer = build_framer(build_decoder("modbus", {}).framing)  # type: ignore[arg-type]
    frames = framer.feed((SERIAL / f"modbus_rtu/{name}.bin").read_bytes()) + framer.silence()
    tally.frames += len(frames)
    tally.rejected += framer.counts.damaged
    return frames


def _decoded(decoder: Decoder, frames: Sequence[bytes], tally: Tally) -> list[Reading]:
    decoded = [decoder.decode("", frame) for frame in frames]
    tally.rejected += sum(len(one.refusals) for one in decoded)
    return [reading for one in decoded for reading in one.readings]


def _expected(name: str) -> Iterator[dict[str, float]]:
    """Yield what each answered read tells, by the bytes alone."""
    asked = b""
    for line in _lines(name):
        frame = bytes.fromhex(line["hex"])
        if asked[:2] == frame[:2] and frame[1] <= 4:
            address, count, data = int.from_bytes(asked[2:4], "big"), int.from_bytes(asked[4:6], "big"), frame[3:-2]
            if frame[1] <= 2:
                bits = int.from_bytes(data, "little")
                yield {f"{'cd'[frame[1] - 1]}{address + n}": float(bits >> n & 1) for n in range(count)}
            else:
                yield {f"{'hi'[frame[1] - 3]}{address + n}": float(int.from_bytes(data[2 * n : 2 * n + 2], "big")) for n in range(count)}
            asked = b""
        else:
            asked = frame


def _lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SERIAL / f"modbus_rtu/{name}.frames.jsonl").read_text().splitlines()]


def _connection(name: str, tally: Tally) -> tuple[list[Reading], list[str]]:
    decoder = build_decoder("modbus", {})
    readings: list[Reading] = []
    reasons: list[str] = []
    for item in items_of(SERIAL / f"modbus_tcp_pcap/{name}.pcap"):
        if isinstance(item, Fault):
            tally.rejected += item.times
            continue
        tally.frames += 1
        try:
            decoded = decoder.decode(item.topic, item.payload)
        except RejectedError as error:
            reasons.append(error.reason)
            continue
        readings += decoded.readings
        reasons += [refusal.reason for refusal in decoded.refusals]
    tally.rejected += len(reasons)
    return readings, reasons


@needs_corpus
def test_every_answer_of_the_serial_lines_is_read_and_nothing_refused() -> None:
    found = _rtu()
    assert dict(found.mismatches) == {}
    assert (found.frames, found.readings, found.rejected) == (274, 126, 0)


@needs_corpus
def test_what_the_connections_read_is_read() -> None:
    assert dict(_tcp().mismatches) == {}


@needs_corpus
@pytest.mark.parametrize("name", REFUSED)
def test_each_refusal_of_a_connection_is_named(name: str) -> None:
    _, reasons = _connection(name, Tally(""))
    assert {what: sum(what in reason for reason in reasons) for what in REFUSED[name]} == REFUSED[name]
    assert len(reasons) == sum(REFUSED[name].values())


@needs_corpus
@pytest.mark.parametrize(("name", "target"), [("flowmeter_target_0liter_per_min", 0.0), ("flowmeter_target_15liter_per_min", 15.0)])
def test_flow_meter_ends_at_the_target_that_the_file_is_named_after(name: str, target: float, tmp_path: Path) -> None:
    template = tmp_path / "flow_meter.toml"
    template.write_text(TEMPLATE, encoding="utf-8")
    decoder = build_decoder("modbus", {"slaves": [{"id": 247, "template": str(template), "device": "flow"}], "others": "ignore"})
    readings = _decoded(decoder, _frames(name, Tally("")), Tally(""))
    targets = [reading.fields["target"] for reading in readings]
    assert set(targets) == {20.0, target}
    assert targets[-1] == target
