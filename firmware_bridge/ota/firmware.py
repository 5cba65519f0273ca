"""What a firmware is to an update: what it says in its HELLO, and the pieces that are flashed. Ready for JSON, as the journal keeps it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """One image of a firmware: its bytes are in the image store under their SHA-256; `kind` is hex, bin or uf2."""

    file: str
    kind: str
    address: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Firmware:
    """A firmware by what it says of itself; `pieces` is empty while nobody has its images."""

    board: str
    firmware: str
    version: str
    build_id: str
    pieces: tuple[Piece, ...] = ()

    def is_said_by(self, other: "Firmware") -> bool:
        """Whether a HELLO that says `other` is this one's; a build id that one of them does not know is not compared."""
        named = (self.board, self.firmware, self.version) == (other.board, other.firmware, other.version)
        return named and (self.build_id == other.build_id or not self.build_id or not other.build_id)

    @property
    def shas(self) -> frozenset[str]:
        return frozenset(piece.sha256 for piece in self.pieces)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> "Firmware":
        """Raises ValueError, KeyError or TypeError when `table` is something else."""
        pieces = tuple(Piece(**piece) for piece in table["pieces"])
        return cls(str(table["board"]), str(table["firmware"]), str(table["version"]), str(table["build_id"]), pieces)

    def __str__(self) -> str:
        return f"{self.firmware} {self.version}" if self.firmware or self.version else "an unknown firmware"
