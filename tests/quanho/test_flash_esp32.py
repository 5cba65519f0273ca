"""`quanho flash` with unmodified esptool and an ESP32 in software: what goes wrong has its own exit code, and its own words."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause
from quanho.flash_words import BOARDS, CAUSES
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import FlashCommand, esp32_bundle, written
from tests.waiting import eventually

pytestmark = pytest.mark.server


def killed_in_the_middle(board: Esp32Rom) -> None:
    """Kill the esptool that has the port open, once it has written something."""
    eventually(lambda: board.flash[0x10000] == 0xE9, 60.0, "something of the application is written")
    os.kill(esptool_of(board.port), signal.SIGKILL)


def esptool_of(port: Path) -> int:
    words = [b"esptool", b"write-flash", str(port).encode()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if all(word in said for word in words):
            return int(process.name)
    raise AssertionError(f"no esptool writes on {port}")


@dataclass(frozen=True)
class Fault:
    """What is wrong with the board, the exit code, what is said of the cause and of the board."""

    board: Mapping[str, object]
    cause: Cause
    said: str
    left: str
    happens: Callable[[Esp32Rom], None] | None = None
    esptool: Mapping[str, str] = field(default_factory=dict)


FAULTS = {
    "another chip": Fault({"chip": "esp32c3"}, Cause.WRONG_CHIP, "This chip is ESP32-C3, not ESP32", "untouched"),
    "a bit of its flash that flips": Fault({"flip_flash_bit": True}, Cause.VERIFY_FAILED, "what was read back", "half-written"),
    "not in download mode": Fault(
        {"dtr_shim": False}, Cause.NO_ANSWER, "not in download mode", "untouched", esptool={"connect_attempts": "1"}
    ),
    "pulled out in the middle": Fault({"die_after_bytes": 60_000}, Cause.UNPLUGGED, "broke off", "half-written"),
    "esptool killed in the middle": Fault({}, Cause.WRITE_FAILED, "killed from outside (SIGKILL)", "half-written", killed_in_the_middle),
}


def test_each_fault_has_an_exit_code_of_its_own() -> None:
    assert len({fault.cause for fault in FAULTS.values()}) == len(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_board_that_cannot_be_flashed_is_told_by_exit_code_and_in_words(tmp_path: Path, name: str) -> None:
    fault = FAULTS[name]
    bundle = written(tmp_path, *esp32_bundle(size=200_000))
    (tmp_path / "esptool.cfg").write_text("[esptool]\n" + "".join(f"{key} = {value}\n" for key, value in fault.esptool.items()))
    with Esp32Rom(tmp_path / "board", **fault.board) as board:  # type: ignore[arg-type]
        environment = {**board.environment, "ESPTOOL_CFGFILE": str(tmp_path / "esptool.cfg")}
        quanho = FlashCommand(tmp_path, board.port, environment)
        happens = threading.Thread(target=fault.happens, args=(board,)) if fault.happens else None
        if happens:
            happens.start()
        done = quanho.run(bundle, "--device", "tram-07", "--site", "bac-ninh", "--yes", "--blank")
        if happens:
            happens.join()
    assert done.returncode == fault.cause.value, done.stderr
    assert "Traceback" not in done.stderr
    for words in (fault.said, fault.cause.word, CAUSES[fault.cause].en_do, BOARDS[fault.left][1]):
        assert words in done.stderr, done.stderr
