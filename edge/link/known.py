"""Which frames of a board an earlier process made durable, by the receipts in the spool. Pure.

A board sends again what was not acknowledged before we died. The receipts name it by token (unique id and boot), packet id (sequence
number) and hash (CRC-32 of the frame's records). What they say holds only for the frames that the board still had when it opened, and
only until the first that they do not name: frames come in order, so what follows is new, even when sequence numbers have gone round
and a frame with the same number holds the same readings.
"""

import zlib
from collections.abc import Sequence

from edge.spool.receipts import Receipts
from firmware_bridge.link.events import FrameIdentity

_MOST = 4_096  # frames; more than a board keeps, far fewer than there are numbers
_NUMBERS = 1 << 16


def token_of(uid: bytes, boot: int) -> int:
    """Return the receipts' token (u32) of one start of a board."""
    return zlib.crc32(boot.to_bytes(4, "little") + uid)


class DurableFrames:
    """Asked for each frame, in order (firmware_bridge.link.events.Known)."""

    def __init__(self, receipts: Sequence[Receipts]) -> None:
        self._receipts: list[Receipts] = []
        left = _MOST
        for one in reversed(receipts):
            if left > 0:
                self._receipts.insert(0, one)
            left -= len(one.packet_ids)
        self._token: int | None = None
        self._hashes: dict[int, int] = {}

    def opened(self, uid: bytes, boot: int, oldest: int, after: int) -> None:
        """A session began: the board keeps frames `oldest` to `after` - 1."""
        self._recall(token_of(uid, boot))
        count = (after - oldest) % _NUMBERS
        self._hashes = {seq: found for seq, found in self._hashes.items() if (seq - oldest) % _NUMBERS < count}

    def __call__(self, frame: FrameIdentity) -> bool:
        self._recall(token_of(frame.uid, frame.boot))
        if self._hashes and self._hashes.get(frame.seq) != frame.body_hash:
            self._hashes = {}
        return bool(self._hashes)

    def _recall(self, token: int) -> None:
        if token == self._token:
            return
        self._token = token
        pairs = [pair for one in self._receipts if one.token == token for pair in zip(one.packet_ids, one.hashes, strict=True)]
        self._hashes = dict(pairs[-_MOST:])
        self._receipts = [one for one in self._receipts if one.token != token]  # what comes later, the link itself remembers
