"""What an update needs of the world: the board as it is heard, and the hands that flash it. Protocols, so that a model can stand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.ota.expected import Announced
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.watch import SetReading
from telemetry.errors import QuanhoError


class Interrupted(QuanhoError):
    """Whoever runs the update is to stop. Nothing is decided by it: the journal goes on where it stands."""


class FlashFailed(QuanhoError):
    """A flash or a dump that came to nothing. `is_written`: a byte may have reached the flash; `is_final`: trying again is useless."""

    def __init__(self, why: str, *, is_written: bool = True, is_final: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.is_written = is_written
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Greeted:
    """A session: what the board says it runs, the number of its start, the sets that it announces, its unique id ("": none).

    `is_fresh`: it opened since `listen`; one that was open before may be that of a firmware that is not there any more.
    """

    said: Firmware
    boot: int
    announced: tuple[Announced, ...]
    uid: str = ""
    is_fresh: bool = True


class Board(Protocol):
    """The board at its port. Whatever waits raises Interrupted when it is to stop."""

    def is_there(self) -> bool:
        """Whether its port is there (not whether the board speaks)."""

    def rest(self, seconds: float) -> None:
        """Do nothing for so long."""

    def listen(self) -> None:
        """Hear the board from now on; `events` begins with Greeted, of the session that is open or the next one that opens."""

    def events(self, timeout_s: float) -> Sequence[Greeted | SetReading]:
        """Return what came, in order; nothing when nothing came within `timeout_s`."""


class Hands(Protocol):
    """What flashes the board. It has the port to itself meanwhile. Raises FlashFailed, and nothing else that is foreseen."""

    def write(self, pieces: Sequence[tuple[Piece, bytes]]) -> None:
        """Check that it is the right chip, write, verify, and start the application."""

    def dump(self) -> Sequence[tuple[Piece, bytes]]:
        """Read what has to be written to come back to what runs now; then the application runs again."""
