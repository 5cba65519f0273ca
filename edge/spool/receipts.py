"""Receipts: which MQTT messages a record answers for, so that a redelivery after a crash is recognised.

Little endian: u32 session token, u16 number of runs, then for each run u16 first packet id and u16 length, then one u32
receipt (CRC-32 of topic and payload) a message, in run order. Packet ids rise by one in practice, so a message costs 4 bytes.
The token is drawn anew whenever the broker has forgotten the session: packet ids of another session mean nothing.
"""

import struct
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEAD = struct.Struct("<IH")
_RUN = struct.Struct("<HH")
_MAX_RUNS = 0xFFFF
_WINDOW = 0xFFFF  # a session has at most so many messages on their way


@dataclass(frozen=True, slots=True)
class Receipts:
    """The messages of one session that a record holds, in order of arrival."""

    token: int
    packet_ids: tuple[int, ...]
    hashes: tuple[int, ...]


def pack(token: int, packet_ids: Sequence[int], hashes: Sequence[int]) -> bytes:
    """Return the receipts as bytes; more than 65,535 runs are cut to the newest."""
    runs: list[list[int]] = []
    for packet_id in packet_ids:
        if runs and packet_id == runs[-1][0] + runs[-1][1] and runs[-1][1] < 0xFFFF:
            runs[-1][1] += 1
        else:
            runs.append([packet_id, 1])
    kept = runs[-_MAX_RUNS:]
    messages = sum(run[1] for run in kept)
    words = array("I", list(hashes)[len(hashes) - messages :])
    if words.itemsize != 4:
        words = array("L", words)
    return b"".join((_HEAD.pack(token, len(kept)), *(_RUN.pack(*run) for run in kept), words.tobytes()))


def unpack(data: bytes) -> Receipts | None:
    """Return the receipts, or None for none or for bytes of another shape."""
    if len(data) < _HEAD.size:
        return None
    token, run_count = _HEAD.unpack_from(data)
    hashes_at = _HEAD.size + run_count * _RUN.size
    if len(data) < hashes_at or (len(data) - hashes_at) % 4:
        return None
    ids: list[int] = []
    for at in range(_HEAD.size, hashes_at, _RUN.size):
        first, length = _RUN.unpack_from(data, at)
        ids.extend((first + step) & 0xFFFF for step in range(length))
    hashes = struct.unpack_from(f"<{(len(data) - hashes_at) // 4}I", data, hashes_at)
    return Receipts(token, tuple(ids), hashes) if len(ids) == len(hashes) else None


class RecentReceipts:
    """Packed receipts by source, oldest first: no fewer than can still be on their way, and little more."""

    def __init__(self) -> None:
        self._packed: dict[str, deque[bytes]] = {}
        self._counts: dict[str, int] = {}

    def add(self, source: str, data: bytes) -> None:
        """Add the receipts of the next record."""
        if not data:
            return
        packed = self._packed.setdefault(source, deque())
        packed.append(data)
        self._counts[source] = self._counts.get(source, 0) + _count(data)
        while self._counts[source] - _count(packed[0]) > _WINDOW:
            self._counts[source] -= _count(packed.popleft())

    def add_older(self, older: "RecentReceipts") -> None:
        """Put those of earlier records in front, as far as they are needed."""
        for source, data in reversed(list(older)):
            if self._counts.get(source, 0) <= _WINDOW:
                self._packed.setdefault(source, deque()).appendleft(data)
                self._counts[source] = self._counts.get(source, 0) + _count(data)

    @property
    def is_full(self) -> bool:
        """Tell whether no source that was seen needs earlier ones."""
        return bool(self._counts) and all(count > _WINDOW for count in self._counts.values())

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return ((source, data) for source, packed in self._packed.items() for data in packed)

    def of(self, source: str) -> list[Receipts]:
        """Return those of a source; what has another shape is passed over."""
        return [receipts for data in self._packed.get(source, ()) if (receipts := unpack(data))]


def _count(data: bytes) -> int:
    """Return how many messages the packed receipts name, 1 for bytes of another shape."""
    if len(data) < _HEAD.size:
        return 1
    run_count: int = _HEAD.unpack_from(data)[1]
    return max(1, (len(data) - _HEAD.size - run_count * _RUN.size) // 4)
