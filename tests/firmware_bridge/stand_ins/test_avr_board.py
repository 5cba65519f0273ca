"""The simulated AVR board does what a real one does, to real avrdude and to pyserial."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from tests.firmware_bridge.stand_ins.firmware import demo_firmware
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard
from tests.waiting import eventually

pytestmark = pytest.mark.server

UNO = ("-p", "m328p", "-c", "arduino", "-b", "115200", "-D")
OLD_NANO = ("-p", "m328p", "-c", "arduino", "-b", "57600", "-D")
MEGA = ("-p", "m2560", "-c", "wiring", "-b", "115200", "-D")


def avrdude(board: AvrBoard, image: Path, options: tuple[str, ...] = UNO) -> subprocess.CompletedProcess[str]:
    command = ["avrdude", *options, "-P", str(board.port), "-U", f"flash:w:{image}:i"]
    return subprocess.run(command, env=board.client_environment(), capture_output=True, text=True, timeout=30, check=False)


def lines(board: AvrBoard, count: int = 2, baud: int = 115200) -> list[str]:
    """`count` whole lines; the first is passed over, as it may have begun before the port was open."""
    with serial.Serial(str(board.port), baud, timeout=4) as port:
        port.readline()
        return [port.readline().decode("ascii", "replace").strip("\0\n") for _ in range(count)]


@pytest.fixture(name="board")
def running_board(tmp_path: Path) -> Iterator[AvrBoard]:
    with AvrBoard(tmp_path / "board", application=demo_firmware(with_dht=True)) as board:
        yield board


def test_blank_chip_is_flashed_through_its_bootloader_and_runs(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, bootloader=bootloader("atmega328p"), dtr_shim=True) as board:
        done = avrdude(board, demo_firmware(2))
        assert done.returncode == 0, done.stderr
        assert "bytes of flash verified" in done.stderr
        assert lines(board)[0].startswith("demo 2 ")
        assert "reset: DTR" in board.log()


def test_passive_reader_does_not_reset_a_board_with_the_shim_and_opening_resets_one_that_is_made_so(tmp_path: Path) -> None:
    for reset_on_open in (False, True):
        with AvrBoard(tmp_path / str(reset_on_open), application=demo_firmware(), reset_on_open=reset_on_open) as board:
            for _ in range(2):
                lines(board, 1)
                eventually(lambda board=board: board.state()["open"] == 0)  # type: ignore[misc]
            assert board.state()["resets"] == (3 if reset_on_open else 1)


def test_mega_is_flashed_by_the_wiring_protocol(tmp_path: Path) -> None:
    image = demo_firmware(3, "atmega2560")
    with AvrBoard(tmp_path, "atmega2560", bootloader=bootloader("atmega2560"), dtr_shim=True) as board:
        done = avrdude(board, image, MEGA)
        assert done.returncode == 0, done.stderr
        assert lines(board)[0].startswith("demo 3 ")


def test_old_nano_is_flashed_at_its_own_baud_rate(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, bootloader=bootloader("atmega328p-nano-old"), dtr_shim=True) as board:
        done = avrdude(board, demo_firmware(2), OLD_NANO)
        assert done.returncode == 0, done.stderr
        assert lines(board)[0].startswith("demo 2 ")


def test_another_chip_than_asked_for_is_refused_by_its_signature(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, bootloader=bootloader("atmega328p"), dtr_shim=True) as board:
        done = avrdude(board, demo_firmware(), ("-p", "m168p", *UNO[2:]))
        assert done.returncode != 0
        assert "expected signature" in done.stderr.lower()


def test_avrdude_hangs_on_a_pulled_cable_and_the_board_is_flashed_after_it_is_put_back(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, bootloader=bootloader("atmega328p"), dtr_shim=True) as board:
        command = ["avrdude", *UNO, "-P", str(board.port), "-U", f"flash:w:{demo_firmware()}:i"]
        flashing = subprocess.Popen(command, env=board.client_environment(), stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: board.state()["heard"] > 600, what="flashing under way")
            board.unplug()
            with pytest.raises(subprocess.TimeoutExpired):
                flashing.wait(timeout=1.5)
        finally:
            flashing.kill()
            flashing.wait()
        board.plug()
        assert avrdude(board, demo_firmware(2)).returncode == 0
        assert lines(board)[0].startswith("demo 2 ")


def test_client_that_ends_without_a_word_lets_go_of_dtr_and_the_next_one_resets_the_board(tmp_path: Path) -> None:
    opening = [sys.executable, "-c", "import os, serial, sys; serial.Serial(sys.argv[1], 115200); os._exit(0)", str(tmp_path / "tty")]
    with AvrBoard(tmp_path, application=demo_firmware(), dtr_shim=True) as board:
        for times in (1, 2):
            subprocess.run(opening, env=board.client_environment(), check=True)
            eventually(lambda times=times: board.log().count("reset: DTR") == times)  # type: ignore[misc]
            eventually(lambda: board.state()["open"] == 0)


def test_voltage_pulses_and_air_reach_the_firmware(board: AvrBoard) -> None:
    board.adc(0, 2530)
    board.dht("PD4", -27.4, 61.0)
    board.pulse("PD2", 7)
    eventually(lambda: board.state()["pulses_left"] == 0)
    analog, *others = lines(board)[-1].split()[2:]
    assert int(analog) == pytest.approx(2530 * 1023 / 5000, abs=1)
    assert others == ["0", f"{610:04x}{0x8000 | 274:04x}".lstrip("0"), "7"]


def test_power_cut_forgets_ram_and_keeps_flash_and_eeprom(board: AvrBoard, tmp_path: Path) -> None:
    flash = board.dump(tmp_path / "before")
    board.pulse("PD2", 3)
    eventually(lambda: board.state()["pulses_left"] == 0)
    assert lines(board)[-1].split()[3::2] == ["0", "3"]
    board.unplug()
    assert not board.port.exists()
    board.plug()
    assert lines(board)[-1].split()[3::2] == ["1", "0"]
    assert board.dump(tmp_path / "after") == flash


def test_eeprom_is_kept_for_the_next_board_in_the_folder_and_can_be_preset(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, application=demo_firmware(), eeprom=bytes((9, 40))) as board:
        assert lines(board)[-1].split()[3] == "41"
    with AvrBoard(tmp_path, application=demo_firmware()) as board:
        assert lines(board)[-1].split()[3] == "42"
        assert board.eeprom()[:3] == bytes((9, 42, 0xFF))


def test_wrong_baud_rate_garbles_both_ways(board: AvrBoard) -> None:
    with serial.Serial(str(board.port), 57600, timeout=2) as port:
        port.write(b"abcdef")
        assert b"demo" not in port.read(60)
    with serial.Serial(str(board.port), 115200, timeout=2) as port:
        port.write(b"hey")
        assert b"hey" in port.read(60)


def test_byte_takes_ten_bits_of_the_chips_own_time(board: AvrBoard) -> None:
    with serial.Serial(str(board.port), 115200, timeout=2) as port:
        port.readline()
        port.write(b"F")
        took = port.read_until(b"took ") and port.readline()
    assert int(took) * 64 / 1000 == pytest.approx(17 * 8 * 10, rel=0.01)


def test_bytes_that_the_program_does_not_read_in_time_are_lost(board: AvrBoard) -> None:
    with serial.Serial(str(board.port), 115200, timeout=2) as port:
        port.readline()  # until then its receiver may be off
        port.write(bytes(2000))  # longer than a turn of its loop
        eventually(lambda: sum(board.state()[name] for name in ("heard", "overrun")) == 2000)
    assert board.state()["overrun"] > 10, "the program measures the air for 6 ms and hears nothing meanwhile"


def test_damage_spoils_one_frame_in_n(board: AvrBoard) -> None:
    with serial.Serial(str(board.port), 115200, timeout=2) as port:
        board.damage(3)
        frames = port.read(200).split(b"\0")[1:-1]
        board.damage(0)
    good = b"demo 1 0 0 0 0\n"
    assert len(frames) >= 10
    assert len(frames) // 3 - 1 <= sum(frame != good for frame in frames) <= len(frames) // 3 + 1


def test_board_ends_with_the_test_that_started_it(tmp_path: Path) -> None:
    board = AvrBoard(tmp_path, application=demo_firmware())
    board.start()
    board.stop()
    assert not board.port.is_symlink()


def test_chip_is_never_faster_than_real_time(board: AvrBoard) -> None:
    before, began = board.state()["cycles"], time.monotonic()
    lines(board, 8)
    ran_s = (board.state()["cycles"] - before) / 16e6
    assert ran_s <= time.monotonic() - began + 0.15  # after a pause of the machine it catches up a tenth of a second
