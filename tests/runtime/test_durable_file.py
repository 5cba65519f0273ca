"""Small files and their folders across a power cut."""

import os
from pathlib import Path

import pytest

from firmware_bridge.flash.journal import Journal as FlashJournal
from firmware_bridge.ota.firmware import Firmware
from firmware_bridge.ota.images import ImageStore
from firmware_bridge.ota.journal import Journal, Order
from runtime.durable_file import make_folder, remove_leftovers, replace_file


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The paths that were synced, in order."""
    paths: list[Path] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        paths.append(Path(f"/proc/self/fd/{fd}").readlink())
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    return paths


def test_a_folder_is_on_the_device_with_all_that_it_lies_in(tmp_path: Path, synced: list[Path]) -> None:
    make_folder(tmp_path / "one" / "two" / "three", 0o700)
    assert synced == [tmp_path, tmp_path / "one", tmp_path / "one" / "two"]
    assert (tmp_path / "one" / "two").stat().st_mode & 0o777 == 0o700
    make_folder(tmp_path / "one" / "two" / "three", 0o700)
    assert len(synced) == 3


def test_images_and_journals_survive_a_power_cut_with_the_folders_that_were_made_for_them(tmp_path: Path, synced: list[Path]) -> None:
    ImageStore(tmp_path / "boards" / "images").put(b"image", ())
    assert {tmp_path, tmp_path / "boards", tmp_path / "boards" / "images"} <= set(synced)
    with FlashJournal(tmp_path / "state" / "flash", "board", "00", "", "").locked():
        assert tmp_path / "state" in synced
    synced.clear()
    Journal(tmp_path / "boards" / "mast.journal").create(Order("u", "mast", Firmware("b", "f", "1.0.0", ""), 5))
    assert synced[-1] == tmp_path / "boards"


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, most_bytes=100)
    replace_file(tmp_path / "kept", b"", 0o600)
    dead, alive = tmp_path / ".0000.4194305.new", tmp_path / f".0000.{os.getppid()}.new"
    dead.write_bytes(b"x")
    alive.write_bytes(b"x")

    store.put(b"image", ())

    assert not dead.exists()
    assert alive.exists()
    remove_leftovers(tmp_path / "nowhere")
