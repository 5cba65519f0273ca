"""The simulated ESP32 is flashed by unmodified esptool, and fails as hardware does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import serial

from tests.stand_ins.esp32_chip import Lock
from tests.stand_ins.esp32_image import description_of, make_image
from tests.stand_ins.esp32_rom import APPLICATION_AT, Esp32Rom
from tests.waiting import eventually

pytestmark = pytest.mark.server

BOOT = make_image("5.3", "bootloader", size=8_000)
APPLICATION = make_image("1.2.0", "reference", size=60_000)


@pytest.fixture(name="write", scope="session")
def write_arguments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("images")
    (folder / "boot.bin").write_bytes(BOOT)
    (folder / "app.bin").write_bytes(APPLICATION)
    return ["write-flash", "0x1000", str(folder / "boot.bin"), hex(APPLICATION_AT), str(folder / "app.bin")]


def esptool(board: Esp32Rom, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(board, *arguments), env=board.client_environment(), capture_output=True, text=True, timeout=40, check=False
    )


def command(board: Esp32Rom, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "esptool", "--port", str(board.port), *arguments]


def is_in_flash(board: Esp32Rom) -> bool:
    flash = board.flash
    return all(flash[at : at + len(image)] == image for at, image in ((0x1000, BOOT), (APPLICATION_AT, APPLICATION)))


def said(board: Esp32Rom) -> dict[str, object]:
    with serial.Serial(str(board.port), 115200, timeout=4) as port:
        line = eventually(lambda: next((line for line in [port.readline()] if line.startswith(b"{")), None))
    assert isinstance(line, bytes)
    return dict(json.loads(line))


@pytest.mark.parametrize("stub", [(), ("--no-stub",)], ids=["stub", "no-stub"])
def test_blank_board_is_flashed_with_default_options_and_its_application_speaks(
    tmp_path: Path, write: list[str], stub: tuple[str, ...]
) -> None:
    with Esp32Rom(tmp_path) as board:
        eventually(lambda: "invalid header: 0xffffffff" in board.boot_log)
        done = esptool(board, *stub, *write)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("Hash of data verified") == 2
        assert is_in_flash(board)
        assert said(board).items() >= {"project": "reference", "version": "1.2.0"}.items()


@pytest.mark.parametrize(("chip", "boot", "application"), [("esp8266", None, 0), ("esp32c3", 0, APPLICATION_AT)])
def test_others_of_the_family_are_flashed_at_a_higher_rate_and_speak(tmp_path: Path, chip: str, boot: int | None, application: int) -> None:
    (tmp_path / "app.bin").write_bytes(make_image("1.3.0", chip=chip))
    places = [at for at in (boot, application) if at is not None]
    with Esp32Rom(tmp_path, chip=chip) as board:
        files = [word for at in places for word in (hex(at), str(tmp_path / "app.bin"))]
        done = esptool(board, "--chip", chip, "--baud", "460800", "write-flash", *files)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "24:0a:c4:12:34:56" in done.stdout
        assert said(board)["version"] == "1.3.0"


def test_board_without_modem_lines_is_flashed_when_it_waits_for_download(tmp_path: Path, write: list[str]) -> None:
    with Esp32Rom(tmp_path, dtr_shim=False, in_download_mode=True) as board:
        done = esptool(board, "--before", "no-reset", "--after", "no-reset", *write)
        assert done.returncode == 0, done.stdout + done.stderr
        assert is_in_flash(board)


def test_board_that_runs_its_application_does_not_answer_without_a_reset(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path, dtr_shim=False) as board:
        done = esptool(board, "--before", "no-reset", "--connect-attempts", "1", "flash-id")
        assert done.returncode == 2
        assert "No serial data received" in done.stdout + done.stderr


def test_flipped_flash_bit_is_found_by_verification(tmp_path: Path, write: list[str]) -> None:
    with Esp32Rom(tmp_path, flip_flash_bit=True) as board:
        done = esptool(board, *write)
        assert done.returncode == 2
        assert "does not match data in flash" in done.stdout + done.stderr
        assert esptool(board, *write).returncode == 0, "the next try is whole"


@pytest.mark.parametrize(
    ("chip", "asked", "names"), [("esp32", "esp32c3", "ESP32, not ESP32-C3"), ("esp32c3", "esp32", "ESP32-C3, not ESP32")]
)
def test_another_chip_than_asked_for_is_refused(tmp_path: Path, chip: str, asked: str, names: str) -> None:
    with Esp32Rom(tmp_path, chip=chip) as board:
        done = esptool(board, "--chip", asked, "flash-id")
        assert done.returncode == 2
        assert f"This chip is {names}" in done.stdout + done.stderr


def test_flash_size_is_read_and_an_image_past_its_end_is_refused(tmp_path: Path, write: list[str]) -> None:
    with Esp32Rom(tmp_path, chip="esp32s3", flash_bytes=2 * 1024 * 1024) as board:
        assert "Detected flash size: 2MB" in esptool(board, "flash-id").stdout
        done = esptool(board, "--chip", "esp32s3", "write-flash", "--force", "0x1fc000", write[-1])
        assert done.returncode == 2
        assert "will not fit" in done.stdout + done.stderr


def test_pulled_cable_leaves_a_half_written_flash_that_the_next_try_finishes(tmp_path: Path, write: list[str]) -> None:
    with Esp32Rom(tmp_path, die_after_bytes=30_000) as board:
        flashing = subprocess.Popen(
            command(board, *write), env=board.client_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            eventually(lambda: not board.port.is_symlink(), what="the cable is out")
        finally:
            flashing.kill()
            flashing.wait()
        assert not is_in_flash(board)
        board.plug()
        assert esptool(board, *write).returncode == 0
        assert is_in_flash(board)


def test_flash_is_read_back_and_kept_for_the_next_board(tmp_path: Path, write: list[str]) -> None:
    kept = tmp_path / "flash.bin"
    with Esp32Rom(tmp_path, flash_file=kept) as board:
        assert esptool(board, *write).returncode == 0
    with Esp32Rom(tmp_path, flash_file=kept) as board:
        done = esptool(board, "read-flash", hex(APPLICATION_AT), str(len(APPLICATION)), str(tmp_path / "back"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / "back").read_bytes() == APPLICATION


def test_image_is_sound_to_esptool_and_names_project_and_version(tmp_path: Path) -> None:
    image = make_image("1.2.0", "reference", chip="esp32c3", seed=7)
    (tmp_path / "image").write_bytes(image)
    done = subprocess.run(
        [sys.executable, "-m", "esptool", "image-info", str(tmp_path / "image")], capture_output=True, text=True, check=True
    )
    assert "ESP32-C3" in done.stdout
    assert done.stdout.count("(valid)") == 2
    assert "App version: 1.2.0" in done.stdout
    described = description_of(image)
    assert described is not None
    assert (described.project, described.version, len(described.build_id)) == ("reference", "1.2.0", 16)
    assert image != make_image("1.2.0", "reference", chip="esp32c3", seed=8)


@pytest.mark.parametrize(("lock", "line"), [("flash encryption", "Flash Encryption: Enabled"), ("secure boot", "Secure Boot: Enabled")])
def test_locked_chip_says_so(tmp_path: Path, lock: Lock, line: str) -> None:
    with Esp32Rom(tmp_path, chip="esp32c3", lock=lock) as board:
        assert line in esptool(board, "get-security-info").stdout
