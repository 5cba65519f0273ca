"""Pictures over a line that drops, flips and doubles: whole, with the right hash, from where they stopped after any restart."""

from pathlib import Path
from random import Random

import pytest

from edge.link.picture_desk import PictureGetter
from edge.link.picture_files import Finished, PictureFiles
from edge.sources.link_settings import PictureSettings
from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import CHUNK_BYTES, Chunk
from tests.firmware_bridge.link.bad_line import Bench, Fault, all_of, clean, dropping, duplicating, flipping

BAD = all_of(dropping(0.1), flipping(0.05), duplicating(0.1))


class Camera:
    """A board with pictures, and a gateway that keeps them in `folder`; a reading of a picture is durable at once."""

    def __init__(self, folder: Path, fault: Fault = clean, seed: int = 1) -> None:
        self.bench = Bench(to_host=fault, to_board=fault, seed=seed)
        self.folder = folder
        self.chunk_bytes = 0
        self.done: list[Finished] = []
        self.reasons: list[str] = []
        self.getter = self._getter()

    def restart_gateway(self) -> None:
        self.bench.restart_host()
        self.getter = self._getter()

    def run(self, seconds: float, until_bytes: int = 1 << 40) -> None:
        end_s = self.bench.now_s + seconds
        while self.bench.now_s < end_s and self.chunk_bytes < until_bytes and self.bench.board.is_offering:
            self.bench.run(0.01)
            for event in self.bench.events:
                if isinstance(event, PictureOffered):
                    self.getter.offered(event, self.bench.now_s)
                elif isinstance(event, Chunk):
                    self.chunk_bytes += len(event.data)
                    self.getter.came(event, self.bench.now_s)
            self.bench.events.clear()
            self.getter.look(self.bench.now_s)

    def stored(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("pictures/*/*.jpg"))]

    def want(self, picture: int, offset: int, chunks: int) -> None:
        self.bench.host.want(picture, offset, chunks)

    def finished(self, finished: Finished, offer: PictureOffered) -> None:
        assert offer.sha256.hex() == finished.sha256
        self.done.append(finished)
        self.getter.told(finished.sha256)

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)

    def _getter(self) -> PictureGetter:
        chosen = PictureSettings()
        return PictureGetter(
            PictureFiles(self.folder, "mast", chosen), int(chosen.max_bytes), self, lambda _: ("mast-01", 1_700_000_000 * 10**9)
        )


@pytest.mark.parametrize("size", [1, CHUNK_BYTES, CHUNK_BYTES + 1, 30_000])
@pytest.mark.parametrize("fault", [clean, BAD])
def test_a_picture_arrives_whole_and_is_then_forgotten(tmp_path: Path, size: int, fault: Fault) -> None:
    camera, data = Camera(tmp_path, fault), Random(size).randbytes(size)
    camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(120)

    assert camera.stored() == [data]
    assert len(camera.done) == 1
    assert not camera.bench.board.is_offering


def test_readings_go_before_a_picture(tmp_path: Path) -> None:
    camera = Camera(tmp_path)
    camera.bench.board.offer(bytes(100_000), camera.bench.now_s)
    camera.run(60, until_bytes=10_000)

    camera.bench.measure()
    camera.run(0.08)

    assert camera.bench.spool.stored == [1]
    assert camera.bench.board.is_offering


@pytest.mark.parametrize("end", ["gateway", "board"])
def test_a_picture_goes_on_where_it_stopped(tmp_path: Path, end: str) -> None:
    camera, data = Camera(tmp_path), Random(1).randbytes(60_000)
    camera.bench.board.offer(data, camera.bench.now_s)
    camera.run(60, until_bytes=40_000)
    if end == "gateway":
        camera.restart_gateway()
    else:
        camera.bench.restart_board()
        camera.bench.board.offer(data, camera.bench.now_s)

    camera.run(60)

    assert camera.stored() == [data]
    assert camera.chunk_bytes < 60_000 + 20 * CHUNK_BYTES


def test_a_picture_whose_hash_is_wrong_is_asked_for_twice_and_then_refused(tmp_path: Path) -> None:
    camera = Camera(tmp_path)
    camera.bench.board.offer(bytes(5000), camera.bench.now_s, sha256=bytes(32))

    camera.run(60)

    assert camera.reasons == ["a picture of 5000 bytes whose hash was wrong twice"]
    assert not camera.bench.board.is_offering
    assert camera.stored() == []
    assert camera.chunk_bytes == 10_000
