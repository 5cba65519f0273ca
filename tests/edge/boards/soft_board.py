"""A board in software with hands that flash it at once: what the image is called chooses what it does."""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.boards.hearing import FindLink
from firmware_bridge.bundle.keys import SigningKey
from firmware_bridge.bundle.manifest import FieldExpected, SensorExpected
from firmware_bridge.link.messages import Hello, SensorField, SensorSet
from firmware_bridge.link.records import INTEGER
from firmware_bridge.ota.firmware import Piece
from firmware_bridge.ota.hands import FlashFailed
from tests.edge.boards.site import NOW, write_bundle
from tests.stand_ins.bundles import KEY, entry, hex_file, manifest_of
from tests.stand_ins.steered_board import SteeredBoard

INTERVAL_S = 0.1
SET = SensorSet(0, "weather", (SensorField(INTEGER, "temperature", "Cel", -1),), interval_ms=100)
EXPECTED = SensorExpected(name="dht", measurement="weather", interval_ms=100, fields=(FieldExpected(name="temperature", unit="Cel"),))


def image(version: str, does: str) -> bytes:
    return hex_file(code=f"{version}/{does}/".encode().ljust(256, b"\0"))


def bundle(folder: Path, version: str, does: str = "good", key: SigningKey = KEY, **changes: object) -> Path:
    """Write a bundle of an image that behaves like this."""
    images = {"app.hex": image(version, does)}
    manifest = manifest_of(images, version=version, build_id=f"b-{version}-{does}", sensors=(EXPECTED,), created_at=NOW, **changes)
    assert entry("app.hex", images["app.hex"]) in manifest.images
    return write_bundle(folder / f"{version}-{does}.qhb", images, manifest, key)


class SoftBoard:
    """Runs 1.0.0 at first. `hands` is for BoardUpdater; while `stuck` is clear a flash waits in its middle."""

    def __init__(self, port: Path) -> None:
        hello = Hello(boot=1, board="atmega328p-uno", firmware="reference", version="1.0.0", build_id="b-1.0.0-good", uid=b"\1")
        self.board = SteeredBoard(port, [SET], hello)
        self.flash = image("1.0.0", "good")
        self.flash_count = self.dumps = 0
        self.fails = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_in_flash = threading.Event()
        self._does = "good"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._feed, name="soft board")

    def hands(self, find: FindLink, _target: object, stopping: threading.Event, _on_progress: object) -> "SoftHands":
        return SoftHands(self, find, stopping)

    def boots(self, data: bytes) -> None:
        """Run what is in flash now."""
        self.flash = data
        code = b"".join(bytes.fromhex(line[9:-2].decode()) for line in data.split() if line[7:9] == b"00")
        version, self._does, *_ = code.decode(errors="replace").split("/")
        self.board.restart(version=version, build_id=f"b-{version}-{self._does}")

    def _feed(self) -> None:
        count = 0
        while not self._stopping.wait(INTERVAL_S):
            count += 1
            if self._does in ("good", "liar"):
                self.board.reading(temperature=900.0 if self._does == "liar" else 24.0 + count % 5)

    def __enter__(self) -> Self:
        self.board.__enter__()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self.goes_on.set()
        self._thread.join()
        self.board.__exit__(kind, error, trace)


class SoftHands:
    """firmware_bridge.ota.hands.Hands."""

    def __init__(self, board: SoftBoard, find: FindLink, stopping: threading.Event) -> None:
        self._board = board
        self._find = find
        self._stopping = stopping

    def write(self, pieces: Sequence[tuple[Piece, bytes]]) -> None:
        link = self._find()
        assert link is not None
        with link.lend(30.0):
            self._board.flash_count += 1
            self._board.is_in_flash.set()
            self._board.goes_on.wait(20.0)
            if self._board.fails > 0:
                self._board.fails -= 1
                raise FlashFailed("the programmer lost the board")
            self._board.boots(pieces[0][1])

    def dump(self) -> Sequence[tuple[Piece, bytes]]:
        self._board.dumps += 1
        return [(Piece("dump.hex", "hex", 0, 0, ""), self._board.flash)]
