"""The image store is bounded, and never deletes what is needed."""

import os
from pathlib import Path

import pytest

from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.images import ImageStore
from telemetry.errors import RejectedError


def _put(store: ImageStore, letter: bytes, needed: set[str], age: int) -> str:
    sha = store.put(letter * 1000, needed)
    os.utime(store.folder / sha, (age, age))
    return sha


def test_the_oldest_goes_first_and_what_is_needed_stays(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images", most_bytes=3000)
    first, second, third = (_put(store, letter, set(), age) for age, letter in enumerate((b"a", b"b", b"c")))
    fourth = _put(store, b"d", {first}, 4)
    assert [store.has(sha) for sha in (first, second, third, fourth)] == [True, False, True, True]


def test_it_refuses_rather_than_delete_what_is_needed(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images", most_bytes=2000)
    needed = {_put(store, letter, set(), age) for age, letter in enumerate((b"a", b"b"))}
    with pytest.raises(RejectedError, match="unfinished updates need"):
        store.put(b"c" * 1000, needed)
    assert all(map(store.has, needed))


def test_a_damaged_image_is_not_there(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    sha = store.put(b"image", ())
    (store.folder / sha).write_bytes(b"imagE")
    assert store.get(sha) is None
    assert store.put(b"image", ()) == sha
    assert store.get(sha) == b"image"


def test_a_hello_finds_its_images_by_build_id_while_they_are_whole(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images")
    sha = store.put(b"image", ())
    known = Firmware("uno", "reference", "1.0.0", "abc", (Piece("app.hex", "hex", 0, 5, sha),))
    store.know(known)
    assert store.find(Firmware("uno", "reference", "1.0.0", "abc")) == known
    assert store.find(Firmware("uno", "reference", "1.0.0", "")) is None
    assert store.find(Firmware("uno", "reference", "1.0.1", "abc")) is None
    (store.folder / sha).unlink()
    assert store.find(Firmware("uno", "reference", "1.0.0", "abc")) is None


def test_a_store_whose_list_is_damaged_knows_nothing(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    (tmp_path / "known.json").write_bytes(b'[{"board": 1}]')
    assert store.find(Firmware("uno", "reference", "1.0.0", "abc")) is None
