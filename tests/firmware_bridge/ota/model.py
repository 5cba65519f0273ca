"""A board, its flasher, a journal and an image store in memory, on a clock that is moved: with faults at every place, and kills."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from firmware_bridge.ota.course import Ended, Noted
from firmware_bridge.ota.expected import Announced
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.hands import FlashFailed, Greeted
from firmware_bridge.ota.images import ImageStore
from firmware_bridge.ota.journal import Journal, Order, Written, decoded, encoded
from firmware_bridge.ota.watch import SetReading

INTERVAL_S = 1.0
ANNOUNCED = (
    Announced("weather", (("temperature", "Cel"), ("humidity", "%")), INTERVAL_S),
    Announced("weather", (("rain_total", "mm"),), INTERVAL_S),
)
SENSORS = (
    {"name": "dht", "measurement": "weather", "fields": ({"name": "temperature"}, {"name": "humidity"}), "interval_ms": 1000},
    {"name": "rain", "measurement": "weather", "fields": ({"name": "rain_total"},), "interval_ms": 1000},
)
_decoded = lru_cache(1024)(decoded)  # the same beginnings come thousands of times
GARBAGE = b"half of one and half of another"


class Killed(BaseException):
    """kill -9, or the power."""


@dataclass(slots=True)
class Fate:
    """When the process dies: at the `kill_at`-th of the places where it can, 0 for never."""

    kill_at: int = 0
    passed: int = 0
    on_kill: Callable[[], None] = lambda: None

    def here(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            self.on_kill()
            raise Killed


class MemoryJournal(Journal):
    """A journal whose writes may be cut off before, in the middle and behind."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(Path("journal"))
        self.data = b""
        self.fate = fate

    def create(self, order: Order) -> None:
        self.data = encoded(order)

    def read(self) -> Written:
        return _decoded(self.data)

    def write(self, entry: Noted | Ended) -> None:
        line, whole = encoded(entry), self.data[: self.read().whole_bytes]
        self.fate.here()
        self.data = whole + line[: len(line) // 2]
        self.fate.here()
        self.data = whole + line
        self.fate.here()


class MemoryStore(ImageStore):
    """An image store without a disk."""

    def __init__(self) -> None:
        super().__init__(Path("images"))
        self.images: dict[str, bytes] = {}
        self.known: list[Firmware] = []

    def put(self, data: bytes, needed: Collection[str]) -> str:  # noqa: ARG002
        sha = hashlib.sha256(data).hexdigest()
        self.images[sha] = data
        return sha

    def get(self, sha256: str) -> bytes | None:
        return self.images.get(sha256)

    def know(self, firmware: Firmware) -> None:
        self.known.append(firmware)

    def _known(self) -> list[Firmware]:
        return self.known


def image(name: str) -> tuple[Firmware, bytes]:
    """Return a firmware of one piece and its bytes."""
    data = f"image of {name}".encode()
    piece = Piece("app.hex", "hex", 0, len(data), hashlib.sha256(data).hexdigest())
    return Firmware("uno", "reference", name, f"build-{name}", (piece,)), data


@dataclass
class ModelBoard:
    """Flash, what the firmware in it does, and a plug. `behaviour` by content; `flashes` and `dumps`: what becomes of each try, in turn,
    the last one for ever (ok, refused, busy, before, middle, unplugged, quiet)."""

    contents: bytes
    says: dict[bytes, Firmware]
    fate: Fate
    behaviour: dict[bytes, str] = field(default_factory=dict)
    flashes: dict[bytes, list[str]] = field(default_factory=dict)
    dumps: list[str] = field(default_factory=lambda: ["ok"])
    now: float = 0.0
    gone_until: float = 0.0
    flash_count: int = 0
    boot: int = 0
    uid: str = "01"
    left_open: str = ""  # unique id of a board that is gone, whose session nobody has closed yet
    _greeted: bool = False
    _started: float = 0.0
    _told: float = 0.0

    def now_s(self) -> float:
        return self.now

    # -- Board

    def is_there(self) -> bool:
        return self.now >= self.gone_until

    def rest(self, seconds: float) -> None:
        self.fate.here()
        self.now += seconds

    def listen(self) -> None:
        self._greeted = False

    def events(self, timeout_s: float) -> Sequence[Greeted | SetReading]:
        self.now += timeout_s
        if self.left_open and not self._greeted:
            gone, self.left_open = self.left_open, ""
            return [Greeted(self.says[self.contents], self.boot, ANNOUNCED, gone, is_fresh=False)]
        doing = self.behaviour.get(self.contents, "good") if self.contents in self.says else "dead"
        if doing in ("dead", "silent") or not self.is_there():
            return []
        said = self.says[self.contents]
        if doing == "other":
            said = Firmware(said.board, said.firmware, "0.0.9", "build-other")
        if not self._greeted or (doing == "restarts" and self.now - self._started > INTERVAL_S):
            self._greeted = True
            self.boot += 1
            self._started = self._told = self.now
            return [Greeted(said, self.boot, ANNOUNCED, self.uid)]
        if doing == "mute" or self.now - self._told < INTERVAL_S:
            return []
        self._told = self.now
        temperature = 900.0 if doing == "liar" else 24.0 + self.now % 3
        return [SetReading(0, {"temperature": temperature, "humidity": 60.0}), SetReading(1, {"rain_total": 4.0})]

    # -- Hands

    def write(self, pieces: Sequence[tuple[Piece, bytes]]) -> None:
        data = b"".join(data for _, data in pieces)
        fate = _turn(self.flashes.get(data, ["ok"]))
        self.fate.here()
        if fate in ("refused", "busy"):
            raise FlashFailed("wrong chip" if fate == "refused" else "in use", is_written=False, is_final=fate == "refused")
        self.flash_count += 1
        self.contents = GARBAGE
        self.fate.here()
        if fate == "unplugged":
            self.gone_until = self.now + 60.0
        if fate in ("unplugged", "middle"):
            raise FlashFailed("the programmer lost the board")
        self.contents = data
        self._greeted = False
        self.fate.here()

    def dump(self) -> Sequence[tuple[Piece, bytes]]:
        self.fate.here()
        if _turn(self.dumps) != "ok":
            raise FlashFailed("read back failed", is_written=False)
        return [(Piece("dump.bin", "bin", 0, 0, ""), self.contents)]


def _turn(fates: list[str]) -> str:
    return fates.pop(0) if len(fates) > 1 else fates[0]
