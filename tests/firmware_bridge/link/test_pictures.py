"""Pictures: whole, with the right hash, and durable before the board forgets them; from where they stopped after any restart."""

import hashlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import CHUNK_BYTES, Chunk
from firmware_bridge.link.picture import LARGEST_BYTES, Assembly
from firmware_bridge.link.picture_folder import PictureFolder, PictureRefused, PictureStored
from tests.firmware_bridge.link.bad_line import Bench, Fault, all_of, clean, dropping, duplicating, flipping

_BAD = all_of(dropping(0.1), flipping(0.05), duplicating(0.1))


class _Camera:
    """A bench whose gateway stores pictures in `folder`."""

    def __init__(self, folder: Path, fault: Fault = clean, seed: int = 1) -> None:
        self.bench = Bench(to_host=fault, to_board=fault, seed=seed)
        self.path = folder
        self.folder = PictureFolder(folder)
        self.told: list[PictureStored | PictureRefused] = []
        self.chunk_bytes = 0

    def run(self, seconds: float, until_bytes: int = 1 << 40) -> None:
        end_s = self.bench.now_s + seconds
        while self.bench.now_s < end_s and self.chunk_bytes < until_bytes and self.bench.board.is_offering:
            self.bench.run(0.01)
            for event in self.bench.events:
                if isinstance(event, PictureOffered):
                    self.told += self.folder.offered(event, self.bench.now_s)
                elif isinstance(event, Chunk):
                    self.chunk_bytes += len(event.data)
                    self.told += self.folder.chunk(event, self.bench.now_s)
            self.bench.events.clear()
            for wish in self.folder.look(self.bench.now_s):
                self.bench.host.want(wish.picture, wish.offset, wish.chunks)


def _stored(camera: _Camera) -> list[bytes]:
    return [told.path.read_bytes() for told in camera.told if isinstance(told, PictureStored)]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 30_000])
@pytest.mark.parametrize("fault", [clean, _BAD])
def test_a_picture_arrives_whole_and_is_then_forgotten(tmp_path: Path, size: int, fault: Fault) -> None:
    camera, data = _Camera(tmp_path, fault), Random(size).randbytes(size)
    camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(120)

    assert _stored(camera) == [data]
    assert [path.name for path in tmp_path.iterdir()] == [f"{hashlib.sha256(data).hexdigest()}.jpg"]
    assert not camera.bench.board.is_offering


def test_readings_go_before_a_picture(tmp_path: Path) -> None:
    camera = _Camera(tmp_path)
    camera.bench.board.offer(bytes(100_000), camera.bench.now_s)
    camera.run(60, until_bytes=10_000)

    camera.bench.measure()
    camera.run(0.08)

    assert camera.bench.spool.stored == [1]
    assert camera.bench.board.is_offering


@pytest.mark.parametrize("end", ["gateway", "board"])
def test_a_picture_goes_on_where_it_stopped(tmp_path: Path, end: str) -> None:
    camera, data = _Camera(tmp_path), Random(1).randbytes(60_000)
    camera.bench.board.offer(data, camera.bench.now_s)
    camera.run(60, until_bytes=40_000)
    if end == "gateway":
        camera.bench.restart_host()
        camera.folder = PictureFolder(tmp_path)
    else:
        camera.bench.restart_board()
        camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(60)

    assert _stored(camera) == [data]
    assert camera.chunk_bytes < 60_000 + 20 * CHUNK_BYTES


def test_a_file_that_was_spoiled_is_asked_for_once_more_from_its_beginning(tmp_path: Path) -> None:
    camera, data = _Camera(tmp_path), Random(2).randbytes(20_000)
    (tmp_path / f"{hashlib.sha256(data).hexdigest()}.part").write_bytes(bytes(12_000))
    (tmp_path / "aa.part").write_bytes(b"of a picture that nobody offers any more")
    camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(60)

    assert _stored(camera) == [data]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_picture_whose_hash_is_wrong_twice_is_refused(tmp_path: Path) -> None:
    camera = _Camera(tmp_path)
    camera.bench.board.offer(bytes(5000), camera.bench.now_s, sha256=bytes(32))

    camera.run(60)

    assert [told.why for told in camera.told if isinstance(told, PictureRefused)] == ["the picture's hash is wrong, twice"]
    assert not camera.bench.board.is_offering
    assert list(tmp_path.iterdir()) == []
    assert camera.chunk_bytes == 10_000


@pytest.mark.parametrize("offer", [PictureOffered(1, LARGEST_BYTES + 1, bytes(32), 1, 0.0), PictureOffered(1, 10, bytes(32), 2, 0.0)])
def test_a_picture_that_is_too_large_or_no_jpeg_is_not_wanted(tmp_path: Path, offer: PictureOffered) -> None:
    folder = PictureFolder(tmp_path)

    (told,) = folder.offered(offer, 0.0)

    assert isinstance(told, PictureRefused)
    assert [wish.offset for wish in folder.look(0.0)] == [0xFFFF_FFFF]


def test_a_picture_that_is_stored_already_is_confirmed_and_not_told_again(tmp_path: Path) -> None:
    camera, data = _Camera(tmp_path), Random(3).randbytes(1000)
    camera.bench.board.offer(data, camera.bench.now_s)
    camera.run(60)
    camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(60)

    assert _stored(camera) == [data]
    assert not camera.bench.board.is_offering


def test_a_disk_that_fails_costs_a_try_and_not_the_picture(tmp_path: Path) -> None:
    data = Random(4).randbytes(400)
    folder = PictureFolder(tmp_path / "pictures")
    offer = PictureOffered(1, len(data), hashlib.sha256(data).digest(), 1, 0.0)
    folder.offered(offer, 0.0)
    part = tmp_path / "pictures" / f"{offer.sha256.hex()}.part"
    part.mkdir()
    with pytest.raises(OSError, match="directory"):
        folder.chunk(Chunk(1, 0, data[:CHUNK_BYTES]), 0.1)
    part.rmdir()

    folder.offered(offer, 5.0)
    folder.chunk(Chunk(1, 0, data[:CHUNK_BYTES]), 5.1)
    (told,) = folder.chunk(Chunk(1, CHUNK_BYTES, data[CHUNK_BYTES:]), 5.2)

    assert isinstance(told, PictureStored)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1200), st.binary(max_size=CHUNK_BYTES)), max_size=40), st.binary(max_size=900))
def test_no_chunks_make_a_picture_longer_than_it_said_or_of_another_hash(chunks: list[tuple[int, int, bytes]], data: bytes) -> None:
    assembly = Assembly(PictureOffered(1, len(data), hashlib.sha256(data).digest(), 1, 0.0))
    steps, file = [assembly.begin(0.0)], b""

    for picture, offset, piece in chunks:
        steps.append(assembly.chunk(Chunk(picture, offset, piece), 0.1))
    for step in steps:
        file = b"" if step.start_over else file + step.data
        assert len(file) <= len(data)
        assert not step.is_whole or file == data
