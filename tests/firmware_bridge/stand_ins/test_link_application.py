"""A simulated chip that runs the link is a board to the gateway's end, and behaves as its image is called."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from firmware_bridge.link.body import text8
from firmware_bridge.link.commands import Code
from firmware_bridge.link.events import Event, Frame, Opened
from firmware_bridge.link.line import LinkLine
from runtime.serial_settings import SerialSettings
from tests.stand_ins.esp32_image import make_image
from tests.stand_ins.esp32_rom import APPLICATION_AT, Esp32Rom
from tests.stand_ins.uf2_drive import Uf2Drive, make_uf2
from tests.waiting import eventually

T = TypeVar("T")


@contextmanager
def flashed(folder: Path, project: str = "reference", version: str = "1.2.0") -> Iterator[Esp32Rom]:
    board = Esp32Rom(folder, runs_link=True, dtr_shim=False)
    board.flash = b"\xff" * 0x1000 + make_image("5.3", "bootloader").ljust(APPLICATION_AT - 0x1000, b"\xff") + make_image(version, project)
    with board:
        yield board


def gateway(port: Path) -> "closing[LinkLine]":
    return closing(LinkLine(SerialSettings(port=str(port), baudrate=115_200, reopen_first_s=0.1, reopen_ceiling_s=0.2)))


def until(line: LinkLine, found: Callable[[Event], T | None]) -> T:
    return eventually(lambda: next((value for event in line.step(0.05) if (value := found(event)) is not None), None), 15)  # type: ignore[return-value]


def opened(event: Event) -> Opened | None:
    return event if isinstance(event, Opened) else None


def values(event: Event) -> dict[str, float | int | bool] | None:
    return dict(event.records[0].values) if isinstance(event, Frame) and event.records else None


def test_flashed_board_says_which_version_it_found_in_flash_and_measures(tmp_path: Path) -> None:
    with flashed(tmp_path) as board, gateway(board.port) as line:
        hello = until(line, opened).hello
        assert (hello.board, hello.firmware, hello.version) == ("esp32-devkit", "reference", "1.2.0")
        assert until(line, values) == pytest.approx({"temperature": 27.4, "humidity": 81.5})


def test_uf2_board_says_which_version_it_found_in_flash(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path, runs_link=True) as board:
        (board.drive / "firmware.uf2").write_bytes(make_uf2("1.4.0"))
        eventually(board.port.is_symlink)
        with gateway(board.port) as line:
            assert until(line, opened).hello.version == "1.4.0"


def test_identity_survives_a_reset_and_each_start_has_its_own_number(tmp_path: Path) -> None:
    with flashed(tmp_path) as board, gateway(board.port) as line:
        first = until(line, opened).hello
        line.host.command(Code.SET_IDENTITY, text8("dev-7") + text8("bac-ninh"))
        eventually(lambda: (line.step(0.05), line.host.state.hello and line.host.state.hello.device == "dev-7")[1])
        line.host.command(Code.RESTART)
        second = until(line, opened).hello
        assert (second.device, second.site, second.boot) == ("dev-7", "bac-ninh", first.boot + 1)
        line.host.command(Code.BOOTLOADER)
        eventually(lambda: (line.step(0.05), board.is_waiting_for_download)[1])


def test_absurd_firmware_measures_what_cannot_be(tmp_path: Path) -> None:
    with flashed(tmp_path, "reference-absurd") as board, gateway(board.port) as line:
        assert until(line, opened).hello.firmware == "reference"
        assert until(line, values)["temperature"] > 100


@pytest.mark.parametrize(("project", "is_heard"), [("reference-mute", False), ("reference-silent", True)])
def test_mute_firmware_says_no_hello_and_a_silent_one_measures_nothing(tmp_path: Path, project: str, is_heard: bool) -> None:
    with flashed(tmp_path, project) as board, gateway(board.port) as line:
        eventually(lambda: board.boot_log)
        if is_heard:
            until(line, opened)
        events = [event for _ in range(20) for event in line.step(0.05)]
        assert line.host.state.is_open == is_heard
        assert not any(isinstance(event, Frame) for event in events)
