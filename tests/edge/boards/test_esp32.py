"""An ESP32 on a link gets new firmware through the agent, with unmodified esptool."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.boards.updater import Wish
from firmware_bridge.bundle.manifest import FieldExpected, Manifest, SensorExpected
from firmware_bridge.ota.firmware import Firmware
from tests.edge.boards.site import NOW, SOURCE, remember, running, view, wait_end, wait_version, write_bundle, write_config
from tests.stand_ins.bundles import entry
from tests.stand_ins.esp32_image import description_of, make_image
from tests.stand_ins.esp32_rom import APPLICATION_AT, Esp32Rom

pytestmark = pytest.mark.server
WEATHER = SensorExpected(
    name="dht",
    measurement="weather",
    interval_ms=500,
    fields=(FieldExpected(name="temperature", unit="Cel", lowest=-10, highest=60), FieldExpected(name="humidity", unit="%")),
)


def bundle(folder: Path, version: str, behaviour: str = "") -> Path:
    image = make_image(version, f"reference{behaviour}")
    described = description_of(image)
    assert described is not None
    boot = make_image("5.3.0", "bootloader", size=1000)
    images = {"boot.bin": boot, "app.bin": image}
    manifest = Manifest(
        board="esp32",
        chip="esp32",
        firmware="reference",
        version=version,
        build_id=described.build_id,
        flash_bytes=4 << 20,
        images=(entry("boot.bin", boot, "bin", 0x1000), entry("app.bin", image, "bin", APPLICATION_AT)),
        sensors=(WEATHER,),
        created_at=NOW,
    )
    return write_bundle(folder / f"reference{behaviour}-{version}.qhb", images, manifest)


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Esp32Rom]:
    with Esp32Rom(tmp_path / "board", runs_link=True, board="esp32") as board:
        image, boot = make_image("1.0.0"), make_image("5.3.0", "bootloader", size=1000)
        flash = bytearray(b"\xff" * (APPLICATION_AT + len(image)))
        flash[0x1000 : 0x1000 + len(boot)] = boot
        flash[APPLICATION_AT:] = image
        board.flash = bytes(flash)
        board.reset()
        for key, value in board.environment.items():
            monkeypatch.setenv(key, value)
        yield board


def test_a_firmware_that_falls_silent_goes_back_to_the_images_of_the_one_before(board: Esp32Rom, tmp_path: Path) -> None:
    before, described = make_image("1.0.0"), description_of(make_image("1.0.0"))
    assert described is not None
    images = {"boot.bin": make_image("5.3.0", "bootloader", size=1000), "app.bin": before}
    addresses = {"boot.bin": 0x1000, "app.bin": APPLICATION_AT}
    remember(tmp_path, Firmware("esp32", "reference", "1.0.0", described.build_id), images, addresses)
    config = write_config(tmp_path, board.port, intervals=1, hello_s=6.0, grace_s=1.5)
    with running(config) as agent:
        wait_version(agent, "1.0.0")
        agent.boards.begin(Wish(bundle(tmp_path, "2.0.0", "-silent"), SOURCE))
        ended = wait_end(agent, 90.0)
        assert (ended["outcome"], view(agent)["version"]) == ("went back", "1.0.0"), ended
        assert "silent" in str(ended["why"])


def test_a_chip_whose_fuses_take_no_plain_image_is_left_as_it_is(board: Esp32Rom, tmp_path: Path) -> None:
    config = write_config(tmp_path, board.port, intervals=1, hello_s=6.0, grace_s=1.5)
    with running(config) as agent:
        wait_version(agent, "1.0.0")
        board.lock_fuse = "flash encryption"
        before = board.flash[APPLICATION_AT:]
        agent.boards.begin(Wish(bundle(tmp_path, "2.0.0"), SOURCE))
        ended = wait_end(agent, 90.0)
        assert ended["outcome"] == "unchanged", ended
        assert "flash encryption" in str(ended["why"])
        assert board.flash[APPLICATION_AT:] == before
