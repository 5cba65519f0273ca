"""Readings at the gateway: frames put in order, handed out once, acknowledged when they are received and again when they are durable."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from firmware_bridge.link import records
from firmware_bridge.link.events import Frame, FrameIdentity, Known
from firmware_bridge.link.messages import WINDOW, Ack, Data, SensorSet
from firmware_bridge.link.varint import ahead, is_before
from firmware_bridge.link.window import Handed, Window

NOT_DURABLE_FRAMES = 1024
_STARTS = 4  # whose frames are remembered, or on their way to the disk


@dataclass(slots=True)
class HostCounts:
    """What the gateway's end saw. `again`: frames that came more than once; `known`: of those, durable from an earlier run."""

    frames: int = 0
    data_frames: int = 0
    readings: int = 0
    again: int = 0
    known: int = 0
    stray: int = 0
    malformed: int = 0
    unknown_kinds: int = 0
    faulty_frames: int = 0
    board_lost: int = 0
    sessions: int = 0


class Reception:
    """The frames of readings of one start of one board, over all its sessions."""

    def __init__(self, known: Known, counts: HostCounts) -> None:
        self.is_waiting = False
        self._known = known
        self._counts = counts
        self._handed = Handed(b"", -1)
        self._former: list[Handed] = []
        self._window: Window[Frame] = Window(0)
        self._durable = 0
        self._allowed = 0  # frames before it were given credit in this session

    @property
    def next(self) -> int:
        """Every frame before it was received."""
        return self._window.next

    @property
    def not_durable(self) -> int:
        """How many frames are received, in order, and not durable."""
        return ahead(self._window.next, self._durable)

    def board_started(self, uid: bytes, boot: int, *, goes_on: bool) -> None:
        """Frames of another start come now; `goes_on`: it has a session, so it began before, and what was handed out of it stays known.

        `is_waiting` until those on their way to the disk under the same boot number are there: nobody could tell which of the two
        `durable` means. So it is while those of too many starts are."""
        known = [*self._former, self._handed]
        before = next((one for one in known if goes_on and (one.uid, one.boot) == (uid, boot)), None)
        self._former = [one for one in known if one is not before]
        self._handed = before or Handed(uid, boot)
        self._look()

    def session_began(self, oldest: int, *, is_held: bool) -> None:
        """The board sends from `oldest` on."""
        self._window = Window(oldest)
        self._durable = oldest
        self._allowed = (oldest + (0 if is_held else WINDOW)) & 0xFFFF

    def data(self, data: Data, departed_s: float, sets: Mapping[int, SensorSet]) -> list[Frame]:
        """Take a frame and return those that are handed out now."""
        self._counts.data_frames += 1
        if not is_before(data.seq, self._allowed):  # a board that keeps to nothing fills no memory
            self._counts.stray += 1
            return []
        found, fault = records.decode(data.records, data.age_ms, departed_s, sets)
        frame = Frame(self._handed.boot, data.seq, zlib.crc32(data.records), found, fault, len(data.records))
        if not self._window.put(data.seq, frame):
            self._counts.again += 1
            return []
        return [frame for _, frame in self._window.in_order() if self._is_new(frame)]

    def durable(self, boot: int, next_seq: int) -> None:
        """Every frame before `next_seq` that was handed out under `boot` is durable."""
        for one in (*self._former, self._handed):
            if one.boot == boot:
                one.durable(next_seq)
        self._look()

    def advance(self) -> bool:
        """Move `durable` over what was received and is not pending: it was made durable, or was known. Tell whether it moved.

        Not while frames are handed out one by one: those behind are not pending yet."""
        before = self._durable
        while is_before(self._durable, self._window.next) and not self._handed.is_pending(self._durable):
            self._durable = (self._durable + 1) & 0xFFFF
        return self._durable != before

    def ack(self, session: int, *, is_held: bool) -> Ack:
        """Return what to say to the board now."""
        credit = 0 if is_held else max(0, min(WINDOW, NOT_DURABLE_FRAMES - self.not_durable))
        allowed = (self._window.next + credit) & 0xFFFF
        if is_before(self._allowed, allowed):
            self._allowed = allowed
        return Ack(session, self._window.next, self._durable, credit, self._window.have())

    def _look(self) -> None:
        """Forget starts that matter no more, and see whether this one has to wait."""
        pending = [one for one in self._former if one.pending_count]
        done = [one for one in self._former if not one.pending_count]
        self._former = [*done[len(pending) - _STARTS :], *pending] if len(pending) < _STARTS else pending
        self.is_waiting = len(pending) >= _STARTS or any(one.boot == self._handed.boot for one in pending)

    def _is_new(self, frame: Frame) -> bool:
        if self._known(FrameIdentity(self._handed.uid, frame.boot, frame.seq, frame.body_hash)):
            self._counts.known += 1
            return False
        if not self._handed.add(frame.seq, frame.body_hash):
            self._counts.again += 1
            return False
        self._counts.readings += sum(1 for one in frame.records if one.lost is None)
        self._counts.board_lost += sum(one.lost.count for one in frame.records if one.lost is not None)
        self._counts.faulty_frames += bool(frame.fault)
        return True
