"""AVR boards in simavr, written by the real avrdude."""

import shutil
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import Flasher, open_flasher
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.progress import Progress
from firmware_bridge.flash.target import load_target
from tests.firmware_bridge.stand_ins.firmware import demo_firmware
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard

pytestmark = [pytest.mark.server, pytest.mark.skipif(shutil.which("avrdude") is None, reason="avrdude is not installed")]


def flasher(board: AvrBoard, target: str = "atmega328p-uno") -> Flasher:
    quick = load_target(target).model_copy(update={"connect_s": 4.0})
    return open_flasher(quick, str(board.port), board.environment)


def demo(number: int = 1, mcu: str = "atmega328p") -> Image:
    return Image("app.hex", "hex", demo_firmware(number, mcu).read_bytes())


def uno(folder: Path, application: Path | None = None) -> AvrBoard:
    return AvrBoard(folder, application=application, bootloader=bootloader("atmega328p"), dtr_shim=True)


def test_a_blank_uno_is_written_and_read_back_and_another_image_is_not_taken_for_what_it_holds(tmp_path: Path) -> None:
    with uno(tmp_path) as board:
        seen: list[Progress] = []
        chip = flasher(board).write([demo()], seen.append)
        assert chip.chip_id == "1e950f"
        assert {one.phase for one in seen} == {"write", "verify"}
        assert seen[-1].done_bytes == seen[-1].total_bytes
        with pytest.raises(FlashError) as caught:
            flasher(board).read_back([demo(2)], lambda _: None)
        assert caught.value.cause is Cause.VERIFY_FAILED


def test_a_wrong_chip_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with uno(tmp_path) as board:
        wrong = load_target("atmega328p-uno").model_copy(update={"part": "m168"})
        with pytest.raises(FlashError, match="expected signature") as caught:
            open_flasher(wrong, str(board.port), board.environment).write([demo()], lambda _: pytest.fail("something was written"))
        assert caught.value.cause is Cause.WRONG_CHIP
        assert board.dump(tmp_path / "flash")[:1024] == b"\xff" * 1024


def test_a_mega_is_written_by_the_wiring_protocol(tmp_path: Path) -> None:
    with AvrBoard(tmp_path, mcu="atmega2560", bootloader=bootloader("atmega2560"), dtr_shim=True) as board:
        assert flasher(board, "atmega2560").write([demo(1, "atmega2560")], lambda _: None).chip_id == "1e9801"


def test_a_board_with_another_bootloader_does_not_answer_and_that_is_said_soon(tmp_path: Path) -> None:
    quick = load_target("atmega2560").model_copy(update={"connect_s": 1.5})
    with uno(tmp_path) as board, pytest.raises(FlashError) as caught:
        open_flasher(quick, str(board.port), board.environment).chip()
    assert caught.value.cause is Cause.NO_ANSWER
