"""Commands of the gateway: one under way at a time, repeated until its answer comes (docs/specs/link.md, section 6)."""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from firmware_bridge.link.events import Answered
from firmware_bridge.link.messages import Answer, Command
from telemetry.errors import RejectedError

REPEAT_S = 0.5
TRIES = 10
QUEUED = 16
NAME_BYTES = 32
"""The longest device or site that a board keeps."""


class Code(IntEnum):
    """What every firmware knows."""

    SET_INTERVAL = 1
    READ = 2
    IDENTIFY = 3
    RESTART = 4
    BOOTLOADER = 5
    SET_IDENTITY = 6


class Status(IntEnum):
    """What came of it."""

    DONE = 0
    UNKNOWN = 1
    BAD_ARGUMENT = 2
    BUSY = 3
    REFUSED = 4
    FAILED = 5


@dataclass(frozen=True, slots=True)
class _Wanted:
    id: int
    code: int
    arguments: bytes


class Commands:
    """The queue of commands and the one under way."""

    def __init__(self) -> None:
        self._queue: deque[_Wanted] = deque()
        self._under_way: _Wanted | None = None
        self._tries = 0
        self._again_s = 0.0
        self._id = 0

    def add(self, code: int, arguments: bytes) -> int:
        """Queue a command and return its id; RejectedError where 16 wait already, or the number makes no sense."""
        if not 0 <= code <= 255:
            raise RejectedError(f"command {code}; commands are 0 to 255")
        if len(self._queue) >= QUEUED:
            raise RejectedError(f"{QUEUED} commands wait for the board already")
        self._id += 1
        self._queue.append(_Wanted(self._id, code, arguments))
        return self._id

    def forget(self, command_id: int) -> bool:
        """Take a command that waits out of the queue; False where it is not there."""
        kept = [one for one in self._queue if one.id != command_id]
        is_there = len(kept) < len(self._queue)
        self._queue = deque(kept)
        return is_there

    def due_s(self) -> float:
        """When `outgoing` has something, while a session is open."""
        if self._under_way is not None:
            return self._again_s
        return 0.0 if self._queue else float("inf")

    def outgoing(self, now_s: float, session: int, room_bytes: int) -> tuple[Command | None, Answered | None]:
        """Return the command to send now, and what became of one that cannot be sent or was never answered."""
        if self._under_way is not None:
            if now_s < self._again_s:
                return None, None
            if self._tries >= TRIES:
                return None, self._ended(None)
        elif self._queue:
            self._under_way, self._tries = self._queue.popleft(), 0
            if len(self._under_way.arguments) > room_bytes:
                return None, self._ended(Status.BAD_ARGUMENT)
        else:
            return None, None
        wanted = self._under_way
        self._tries += 1
        self._again_s = now_s + REPEAT_S
        return Command(session, wanted.id & 0xFF, wanted.code, wanted.arguments), None

    def answered(self, answer: Answer) -> tuple[int, Answered] | None:
        """Return the code of the command that this answers and its end; None for an answer that is not waited for."""
        wanted = self._under_way
        if wanted is None or answer.id != wanted.id & 0xFF:
            return None
        return wanted.code, self._ended(answer.status, answer.returned)

    def closed(self) -> Answered | None:
        """The session ended: the command under way may have been done or not, and is not repeated; those that wait go on waiting."""
        return self._ended(None) if self._under_way is not None else None

    def _ended(self, status: int | None, returned: bytes = b"") -> Answered:
        assert self._under_way is not None  # noqa: S101 -- for the type checker
        command_id, self._under_way = self._under_way.id, None
        return Answered(command_id, status, returned)
