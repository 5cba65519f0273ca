"""The bad cable keeps to its baud rate and does the damage it was told to, the same for the same seed."""

import time
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from tests.firmware_bridge.stand_ins.firmware import demo_firmware
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.faulty_line import Faults, FaultyLine, Wire

BAUD = 100_000
BYTE_S = 10 / BAUD


def through(wire: Wire, pieces: list[bytes]) -> bytes:
    out = b""
    now_s = 0.0
    for piece in pieces:
        wire.put(piece, now_s)
        now_s += len(piece) * BYTE_S
        out += wire.due(now_s)
    while more := wire.due(now_s + 1e6):
        out += more
    return out


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 7))
def test_clean_wire_passes_all_bytes_in_order(pieces: list[bytes], split_bytes: int) -> None:
    assert through(Wire(BAUD), pieces) == b"".join(pieces)
    assert through(Wire(BAUD, Faults(split_bytes=split_bytes)), pieces) == b"".join(pieces)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 200)), min_size=1, max_size=30))
def test_no_stretch_of_time_carries_more_than_the_baud_rate_and_the_catching_up(steps: list[tuple[int, int]]) -> None:
    wire, now_s, carried = Wire(BAUD), 0.0, 0
    for size, wait_bytes in steps:
        wire.put(bytes(size), now_s)
        now_s += wait_bytes * BYTE_S
        carried += len(wire.due(now_s))
        assert carried * BYTE_S <= now_s + 0.02 + BYTE_S


@given(st.binary(min_size=1, max_size=300), st.integers(0, 9))
def test_same_seed_does_the_same_damage(data: bytes, seed: int) -> None:
    faults = Faults(drop=0.1, flip=0.1, duplicate=0.1)
    assert through(Wire(BAUD, faults, seed), [data]) == through(Wire(BAUD, faults, seed), [data])


def test_each_fault_does_what_its_name_says() -> None:
    data = bytes(range(1, 251)) * 20
    assert len(through(Wire(BAUD, Faults(drop=0.1)), [data])) == pytest.approx(4500, rel=0.1)
    assert len(through(Wire(BAUD, Faults(duplicate=0.1)), [data])) == pytest.approx(5500, rel=0.1)
    flipped = through(Wire(BAUD, Faults(flip=0.1)), [data])
    assert {(a ^ b).bit_count() for a, b in zip(data, flipped, strict=True)} == {0, 1}
    wire = Wire(BAUD, Faults(one_frame_in=50))
    frames = [b"\x55" * 40] * 500
    spoilt = through(wire, [frame + b"\0" for frame in frames])
    assert wire.damaged_frame_count in {9, 10}
    assert sum(a != b for a, b in zip(spoilt, b"\0".join([*frames, b""]), strict=True)) == wire.damaged_frame_count


def test_delay_holds_a_piece_back_and_cut_loses_it() -> None:
    late = Wire(BAUD, Faults(delay=1.0, delay_s=0.5))
    late.put(b"abc", 1.0)
    assert late.due(1.4) == b""
    assert late.due(1.6) == b"abc"
    cut = Wire(BAUD)
    cut.put(b"on the line", 1.0)
    cut.cut(1.0, 0.5)
    cut.put(b"and after", 1.4)
    cut.put(b"again", 1.6)
    assert cut.due(9.0) == b"again"


def test_relay_between_two_programs_takes_the_time_of_its_baud_rate(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8
    with (
        FaultyLine(tmp_path, baud=57_600) as line,
        serial.Serial(str(line.port), timeout=5) as near,
        serial.Serial(str(line.device_port)) as far,
    ):
        began = time.monotonic()
        far.write(data)
        assert near.read(len(data)) == data
        assert time.monotonic() - began == pytest.approx(len(data) * 10 / 57_600, rel=0.25)
        near.timeout = 0.3
        line.cut(for_s=5)
        far.write(b"lost")
        assert near.read(4) == b""


@pytest.mark.server
def test_relay_stands_between_a_program_and_a_simulated_board(tmp_path: Path) -> None:
    with (
        AvrBoard(tmp_path, application=demo_firmware()) as board,
        FaultyLine(tmp_path, device=board.port) as line,
        serial.Serial(str(line.port), timeout=5) as port,
    ):
        assert port.readline().endswith(b"demo 1 0 0 0 0\n")
        line.from_device.faults = Faults(drop=0.9)
        assert b"demo" not in port.read(20)
