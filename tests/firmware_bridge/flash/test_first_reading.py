"""What a board must say before it counts as proven."""

from pathlib import Path

import pytest

from firmware_bridge.bundle.manifest import FieldExpected, SensorExpected
from firmware_bridge.flash.board_line import BoardLine
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.first_reading import wait_first_reading, wait_hello, write_identity
from tests.stand_ins.bundles import hex_file, manifest_of
from tests.stand_ins.esp32_image import make_image
from tests.stand_ins.esp32_rom import APPLICATION_AT, Esp32Rom
from tests.stand_ins.flashing import esp32_bundle
from tests.stand_ins.link_board import LinkBoard

MANIFEST, _ = esp32_bundle()
BAUD = 115_200


def running(folder: Path, project: str = "reference", version: str = "1.2.0") -> Esp32Rom:
    """A board on which that application runs, as if it had been flashed."""
    (folder / "board").mkdir()
    image = make_image(version, project)
    (folder / "flash").write_bytes((b"\xff" * 0x1000 + make_image(project="boot", size=2_000)).ljust(APPLICATION_AT, b"\xff") + image)
    return Esp32Rom(folder / "board", runs_link=True, flash_file=folder / "flash", dtr_shim=False)


def test_a_good_board_is_proven_by_its_reading_and_takes_its_name_for_good(tmp_path: Path) -> None:
    with running(tmp_path) as board:
        with BoardLine(str(board.port), BAUD) as line:
            first = wait_first_reading(line, MANIFEST, 3.0, 3.0)
            assert (first.plausible, first.why) == (True, ())
            assert first.readings[0].values == {"temperature": 27.4, "humidity": 81.5}
            hello = write_identity(line, "tram-07", "bac-ninh")
            assert (hello.device, hello.site) == ("tram-07", "bac-ninh")
            assert write_identity(line, "tram-07", "bac-ninh") == hello, "a name that it has is not written again"
        board.reset()
        with BoardLine(str(board.port), BAUD) as line:
            again = wait_hello(line, 3.0)
            assert again is not None
            assert again.device == "tram-07"


@pytest.mark.parametrize(
    ("project", "version", "cause"),
    [
        ("reference-mute", "1.2.0", Cause.NO_HELLO),
        ("reference-silent", "1.2.0", Cause.NO_READING),
        ("reference", "1.1.0", Cause.WRONG_FIRMWARE),
        ("other", "1.2.0", Cause.WRONG_FIRMWARE),
    ],
)
def test_a_firmware_that_does_not_prove_itself_has_its_own_cause(tmp_path: Path, project: str, version: str, cause: Cause) -> None:
    with running(tmp_path, project, version) as board, BoardLine(str(board.port), BAUD) as line:
        with pytest.raises(FlashError) as caught:
            wait_first_reading(line, MANIFEST, 1.0, 0.8)
        assert caught.value.cause is cause


def test_one_sensor_that_is_silent_beside_others_is_a_sensor_to_be_plugged_in_not_a_reading_that_cannot_be(tmp_path: Path) -> None:
    rain = SensorExpected(name="rain", measurement="rain", interval_ms=1000, fields=(FieldExpected(name="amount"),))
    weather = SensorExpected(name="weather", measurement="weather", interval_ms=50, fields=(FieldExpected(name="temperature"),))
    manifest = manifest_of({"app.hex": hex_file()}, sensors=(weather, rain))
    silent = pytest.raises(FlashError, match="rain reported nothing within")
    with LinkBoard(tmp_path / "board") as board, BoardLine(str(board.line.path), BAUD) as line, silent as caught:
        wait_first_reading(line, manifest, 2.0, 0.8)
    assert caught.value.cause is Cause.NO_READING
    assert caught.value.tail[0].startswith("weather: temperature 25.")


def test_readings_that_cannot_be_true_are_told_and_no_proof(tmp_path: Path) -> None:
    with running(tmp_path, "reference-absurd") as board, BoardLine(str(board.port), BAUD) as line:
        first = wait_first_reading(line, MANIFEST.model_copy(update={"firmware": "reference"}), 2.0, 3.0)
    assert not first.plausible
    assert any("temperature is 851" in part for part in first.why)


def test_a_port_that_is_not_there_is_not_a_silent_board(tmp_path: Path) -> None:
    with BoardLine(str(tmp_path / "gone"), BAUD) as line, pytest.raises(FlashError) as caught:
        wait_first_reading(line, MANIFEST, 0.2, 0.2)
    assert caught.value.cause is Cause.PORT_MISSING


def test_a_port_that_somebody_holds_is_busy(tmp_path: Path) -> None:
    with running(tmp_path) as board, BoardLine(str(board.port), BAUD) as first, BoardLine(str(board.port), BAUD) as second:
        assert wait_hello(first, 3.0) is not None
        with pytest.raises(FlashError) as caught:
            wait_first_reading(second, MANIFEST, 0.2, 0.2)
    assert caught.value.cause is Cause.PORT_BUSY


PROVES = {
    "first reading": lambda line: wait_first_reading(line, MANIFEST, 3.0, 5.0),
    "identity": lambda line: write_identity(line, "tram-07", "bac-ninh"),
}


@pytest.mark.parametrize("step", PROVES)
def test_a_board_that_is_pulled_out_while_it_proves_itself_is_unplugged_and_not_silent(tmp_path: Path, step: str) -> None:
    with running(tmp_path) as board, BoardLine(str(board.port), BAUD) as line:
        assert wait_first_reading(line, MANIFEST, 3.0, 3.0).plausible
        board.unplug()
        with pytest.raises(FlashError) as caught:
            PROVES[step](line)
    assert caught.value.cause is Cause.UNPLUGGED
