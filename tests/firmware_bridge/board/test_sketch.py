"""The Arduino sketch for ESP32 and RP2040 compiles against what it uses of Arduino's API, and speaks the link."""

import subprocess
from pathlib import Path

import pytest

from firmware_bridge.link.frame import Cutter
from firmware_bridge.link.messages import Ack, Command, Hello, Open, read_data, read_hello, read_sensor, wire
from tests.firmware_bridge.board.c_board import BOARD
from tests.simavr.build import compiled

_STUBS = Path(__file__).with_name("arduino")
_SKETCH = BOARD / "firmware" / "esp32_rp2040"
_NOTHING = b"\xff\xff"


def _sketch(chip: str) -> Path:
    sources = [*sorted(_STUBS.iterdir()), *sorted(_SKETCH.iterdir()), BOARD / "quanho_link.c", BOARD / "quanho_link.h"]
    places = [f"-I{folder}" for folder in (_STUBS, _SKETCH, BOARD)]
    flags = ["-O1", "-Wall", "-Wextra", "-Werror", *places, f"-D{chip}"]
    built = [
        str(
            compiled(f"{source.stem}.o", sources, lambda out, source=source: ["gcc", "-std=c99", *flags, "-c", str(source), "-o", str(out)])
        )
        for source in (BOARD / "quanho_link.c", _SKETCH / "description.c")
    ]
    return compiled("sketch", sources, lambda out: ["g++", "-std=c++17", *flags, str(_STUBS / "run_sketch.cpp"), *built, "-o", str(out)])


def _heard(data: bytes) -> bytes:
    return data.replace(b"\xff", b"\xff\x01")


@pytest.mark.parametrize(("chip", "uid"), [("ESP32", bytes.fromhex("112233445566")), ("ARDUINO_ARCH_RP2040", b"E6614103E73B4A2B")])
def test_the_sketch_says_hello_opens_and_reports_a_voltage(chip: str, uid: bytes) -> None:
    boot = {"ESP32": 1, "ARDUINO_ARCH_RP2040": 0}[chip]
    opening = wire(Open(9, boot)) + wire(Ack(9, 0, 0, 32))
    said = opening + wire(Command(9, 1, 6, b"\x05pump1\x04Site"))
    talk = _NOTHING * 50 + _heard(said) + _NOTHING * 2500 + _heard(wire(Command(9, 2, 4))) + _NOTHING * 200

    done = subprocess.run([_sketch(chip)], input=talk, capture_output=True, check=False, timeout=30)

    assert done.returncode == 3, "restarted once it had answered"
    frames = Cutter().feed(done.stdout)
    hellos = [hello for frame in frames if frame.kind == 1 and isinstance(hello := read_hello(frame.body), Hello)]
    assert hellos[0].uid == uid
    assert (hellos[-1].session, hellos[-1].device, hellos[-1].site) == (9, "pump1", "Site")
    assert [read_sensor(frame.body).fields[0].name for frame in frames if frame.kind == 2] == ["voltage"]
    records = {read_data(frame.body).records for frame in frames if frame.kind == 3}  # sent again, as nobody acknowledges
    assert records == {bytes.fromhex("0000e419")}  # 1650 mV, zigzag
    assert frames[-1].kind == 5
