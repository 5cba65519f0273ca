"""Pictures of a board: whole or not at all, from where they stopped, within their room."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.link.picture_desk import CHUNKS, SILENT_S, PictureGetter
from edge.link.picture_files import Finished, PictureFiles
from edge.sources.link_settings import PictureSettings
from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import CHUNK_BYTES, NOT_WANTED, Chunk

JPEG = bytes(range(256)) * 20
NOW_NS = 1_700_000_000_123_000_000


class Board:
    """Answers every WANT with the chunks of its picture, as long as they are not `cut`."""

    def __init__(self, folder: Path, data: bytes = JPEG, files: bool = True, **settings: object) -> None:
        self.data, self.offer_sha256 = data, hashlib.sha256(data).digest()
        self.wants: list[tuple[int, int]] = []
        self.done: list[Finished] = []
        self.reasons: list[str] = []
        self.now_s = 0.0
        self.wrong = b""
        chosen = PictureSettings.model_validate(settings)
        kept = PictureFiles(folder, "mast", chosen) if files else None
        self.getter = PictureGetter(kept, int(chosen.max_bytes), self, lambda _: ("mast-01", NOW_NS))

    def want(self, picture: int, offset: int, chunks: int) -> None:
        assert picture == 3
        self.wants.append((offset, chunks))

    def finished(self, finished: Finished, offer: PictureOffered) -> None:
        assert offer.sha256.hex() == finished.sha256
        self.done.append(finished)

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)

    def offer(self, format_: int = 1) -> None:
        self.getter.offered(PictureOffered(3, len(self.data), self.offer_sha256, format_, 0.0), self.now_s)

    def serve(self, most_chunks: int = 1 << 30, lose: Callable[[int], bool] = lambda _: False) -> None:
        """Send what is wanted until nothing is, or `most_chunks` have gone; `lose` tells by its number which get lost."""
        sent = 0
        data = self.wrong or self.data
        while sent < most_chunks and self.wants and self.wants[-1][1]:
            offset, chunks = self.wants.pop()
            for at in range(offset, min(offset + chunks * CHUNK_BYTES, len(data)), CHUNK_BYTES):
                sent += 1
                if sent <= most_chunks and not lose(sent):
                    self.getter.came(Chunk(3, at, data[at : at + CHUNK_BYTES]), self.now_s)
            if not self.wants and sent < most_chunks:
                self.now_s += SILENT_S
                self.getter.look(self.now_s)


def test_a_picture_is_durable_under_its_time_and_forgotten_only_when_its_reading_is_durable_too(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.offer()
    board.serve()
    [finished] = board.done
    assert (tmp_path / finished.file).read_bytes() == JPEG
    assert finished.file == "pictures/mast-01/20231114T221320123Z.jpg"
    assert (len(JPEG), 0) not in board.wants
    board.getter.told(finished.sha256)
    assert board.wants[-1] == (len(JPEG), 0)


def test_lost_chunks_are_asked_for_again_from_the_first_that_is_missing(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.offer()
    board.serve(lose=lambda number: number % 3 == 0)
    assert (tmp_path / board.done[0].file).read_bytes() == JPEG


def test_a_picture_goes_on_where_it_stopped_after_a_restart_of_ours(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.offer()
    board.serve(most_chunks=11)
    after = Board(tmp_path)
    after.offer()
    assert after.wants == [(11 * CHUNK_BYTES, CHUNKS)]
    after.serve()
    assert (tmp_path / after.done[0].file).read_bytes() == JPEG


def test_a_finished_picture_that_is_offered_again_is_not_fetched_again(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.offer()
    board.serve()
    killed_before_its_reading = Board(tmp_path)
    killed_before_its_reading.offer()
    assert [one.sha256 for one in killed_before_its_reading.done] == [board.done[0].sha256]
    killed_before_its_reading.getter.told(board.done[0].sha256)
    after = Board(tmp_path)
    after.offer()
    assert (after.done, after.wants) == ([], [(len(JPEG), 0)])


def test_a_wrong_hash_is_tried_once_more_from_the_start_and_then_refused(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.wrong = JPEG[:-1] + b"!"
    board.offer()
    board.serve()
    assert board.wants[-1] == (NOT_WANTED, 0)
    assert [("twice" in reason) for reason in board.reasons] == [True]
    board.offer()
    assert len(board.reasons) == 1


@pytest.mark.parametrize(("settings", "format_", "word"), [({"max_bytes": 100}, 1, "max_bytes"), ({}, 2, "JPEG")])
def test_a_picture_that_is_too_large_or_no_jpeg_is_refused_once(
    tmp_path: Path, settings: dict[str, object], format_: int, word: str
) -> None:
    board = Board(tmp_path, **settings)
    board.offer(format_)
    board.offer(format_)
    assert board.wants == [(NOT_WANTED, 0)] * 2
    assert [word in reason for reason in board.reasons] == [True]


def test_without_a_place_for_pictures_they_are_refused(tmp_path: Path) -> None:
    board = Board(tmp_path, files=False)
    board.offer()
    assert (board.wants, len(board.reasons)) == ([(NOT_WANTED, 0)], 1)


def test_the_oldest_pictures_go_for_newer_ones_and_are_counted(tmp_path: Path) -> None:
    shed = []
    for number in range(5):
        board = Board(tmp_path, data=JPEG + bytes([number]), keep_count=3)
        board.offer()
        board.serve()
        shed.append(board.done[0].shed)
    assert shed == [0, 0, 0, 1, 1]
    assert len(list((tmp_path / "pictures/mast-01").glob("*.jpg"))) == 3


def test_a_part_that_a_power_cut_spoilt_is_found_out_by_its_hash(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.offer()
    board.serve(most_chunks=5)
    part = tmp_path / "pictures/.mast.part"
    part.write_bytes(bytes(part.stat().st_size))
    after = Board(tmp_path)
    after.offer()
    after.serve()
    assert (tmp_path / after.done[0].file).read_bytes() == JPEG
