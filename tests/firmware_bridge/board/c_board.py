"""The board library, built for this computer with AddressSanitizer and UBSan, in the place of the Python model of a board."""

import struct
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from firmware_bridge.link.board_model import Ordered
from tests.simavr.build import compiled

BOARD = Path(__file__).resolve().parents[3] / "firmware_bridge" / "board"
_SOURCES = [Path(__file__).with_name("board_under_test.c"), BOARD / "quanho_link.c", BOARD / "quanho_link.h"]
_FLAGS = ("-g", "-O1", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
NEVER_MS = 60_000
STORES = {150: 4, 400: 8, 1200: 8, 4000: 64}
"""Sizes of the store that are built, and how many frames it may hold."""


def board_program(store_bytes: int = 1200, *defines: str) -> Path:
    """The program, built once."""
    sizes = ("-DQL_SETS=2", f"-DQL_STORE_BYTES={store_bytes}", f"-DQL_FRAMES={STORES[store_bytes]}", *defines)
    return compiled("board_under_test", _SOURCES, lambda out: ["gcc", *_FLAGS, *sizes, f"-I{BOARD}", str(_SOURCES[0]), "-o", str(out)])


@dataclass
class CKept:
    """A frame in the store of the board."""

    records: bytes


@dataclass
class CStore:
    """What the board keeps, and the account of what had no room."""

    session: int = 0
    oldest: int = 0
    next: int = 0
    room_bytes: int = 0
    lost_count: int = 0
    frames: list[CKept] = field(default_factory=list)


class CBoard:
    """One start of a board. It has the interface of BoardEnd; a UART sends a frame in as long as its bytes take."""

    def __init__(
        self, *, boot: int, first_seq: int = 0, started_s: float = 0.0, byte_s: float = 10 / 115_200, store_bytes: int = 1200
    ) -> None:
        self._program = subprocess.Popen(
            [board_program(store_bytes)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._started_s, self._byte_s, self._free_s = started_s, byte_s, started_s
        self._due_s: float | None = None
        self._now_ms = 0
        self.restart(boot, first_seq)

    def restart(self, boot: int, first_seq: int = 0) -> None:
        self._order(b"i" + struct.pack("<IH", boot, first_seq))

    def close(self) -> None:
        """End the program; what a sanitizer says fails the test."""
        _, said = self._program.communicate(timeout=10)
        assert self._program.returncode == 0, said.decode(errors="replace")[-3000:]

    def tick(self, now_s: float) -> None:
        self._now_ms = round((now_s - self._started_s) * 1000)
        self._order(b"t" + struct.pack("<I", self._now_ms & 0xFFFFFFFF))

    def received(self, data: bytes, now_s: float) -> list[Ordered]:
        self.tick(now_s)
        self._order(b"r" + struct.pack("<H", len(data)) + data)
        self._due_s = None
        return []

    def outgoing(self, now_s: float) -> bytes:
        """One frame, once the line has carried the one before."""
        if now_s < self._free_s or now_s < self.due_s():
            return b""
        self.tick(now_s)
        self._due_s = None
        (count,) = self._ask(b"x", "<H")
        data = self._read(count)
        self._free_s = now_s + count * self._byte_s
        return data

    def first_bytes(self, count: int) -> bytes:
        """The next bytes that leave, even in the middle of a frame."""
        return bytes(self._ask(b"b" + struct.pack("<H", count), f"<{count}B"))

    def due_s(self) -> float:
        if self._due_s is None:
            (ms,) = self._ask(b"d", "<I")
            now_s = self._started_s + self._now_ms / 1000
            self._due_s = float("inf") if ms >= NEVER_MS else now_s + ms / 1000
        return max(self._due_s, self._free_s)

    def reading(self, set_index: int, values: dict[str, int], now_s: float, quality: int = 0) -> bool:
        return self.reading_of(set_index, list(values.values()), now_s, quality=quality)

    def reading_of(self, set_index: int, values: Sequence[int], now_s: float, present: int = 0xFFFF, quality: int = 0) -> bool:
        self.tick(now_s)
        bits = struct.pack(f"<BHHB{len(values)}I", set_index, present, quality, len(values), *(value & 0xFFFFFFFF for value in values))
        self._due_s = None
        return bool(self._ask(b"v" + bits, "<B")[0])

    def log(self, level: int, text: str) -> bool:
        line = text.encode()
        self._due_s = None
        return bool(self._ask(b"l" + bytes([level, len(line)]) + line, "<B")[0])

    def is_due(self, set_index: int) -> bool:
        return bool(self._ask(b"u" + bytes([set_index]), "<B")[0])

    def fits(self) -> bool:
        return bool(self._ask(b"f", "<B")[0])

    def offer(self, picture: int, data: bytes, sha256: bytes) -> None:
        self._order(b"p" + struct.pack("<HI", picture, len(data)) + sha256 + data)
        self._due_s = None

    def has_picture(self) -> bool:
        return bool(self._ask(b"h", "<B")[0])

    def commanded(self) -> list[tuple[int, bytes]]:
        """What the firmware was told since the last call; 0x80 + code once the answer to a restart has left."""
        (count,) = self._ask(b"o", "<I")
        data, orders = self._read(count), []
        while data:
            orders.append((data[0], data[2 : 2 + data[1]]))
            data = data[2 + data[1] :]
        return orders

    def fuzz(self, seed: int, rounds: int) -> int:
        return int(self._ask(b"z" + struct.pack("<II", seed, rounds), "<I")[0])

    @property
    def store(self) -> CStore:
        session, oldest, following, room, count = self._ask(b"k", "<5H")
        (lost,) = struct.unpack("<I", self._read(4))
        frames = [CKept(self._read(self._read(1)[0])) for _ in range(count)]
        return CStore(session, oldest, following, room, lost, frames)

    @property
    def session(self) -> int:
        return self.store.session

    def _order(self, order: bytes) -> None:
        assert self._program.stdin is not None
        with suppress(BrokenPipeError):
            self._program.stdin.write(order)

    def _ask(self, order: bytes, answer: str) -> tuple[int, ...]:
        assert self._program.stdin is not None
        self._order(order)
        with suppress(BrokenPipeError):
            self._program.stdin.flush()
        return struct.unpack(answer, self._read(struct.calcsize(answer)))

    def _read(self, count: int) -> bytes:
        assert self._program.stdout is not None
        data = self._program.stdout.read(count)
        if len(data) < count:
            assert self._program.stderr is not None
            pytest.fail(f"the board ended:\n{self._program.stderr.read().decode(errors='replace')[-4000:]}")
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._program.kill()
            self._program.communicate()
