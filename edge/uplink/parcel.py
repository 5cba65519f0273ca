"""A lease on its way to the store: whole where the link is fast, in slices of whole lines where it is slow. Pure.

    parcel = Parcel(lease)
    while not parcel.is_done:
        parcel.answered(send(parcel.next(most_bytes)))
        if parcel.must_wait: ...       # later: go on with next(), or drop this object and send all of it again

What is refused is searched for its bad lines (split.py) within its own slice. The records count as delivered only when all of it is:
a crash in between sends slices again, which is harmless. Live slices go newest first, so that the newest reading does not wait for the
rest of a large record; the order within one does not matter to a store.
"""

import gzip
import zlib
from collections.abc import Sequence

from edge.spool.lease import LaneName, Lease
from edge.spool.lines import split_lines
from edge.uplink.split import Refusal, Splitter
from runtime.influx_answers import Action, Answer

_GZIP = 31
_MARGIN = 0.7  # short texts compress worse than the long one they come from


class Parcel:
    """See the module. `refused` is final when `is_done`; `must_wait` is the last answer when that was HOLD or RETRY."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.refused: list[Refusal] = []
        self.must_wait: Answer | None = None
        self.is_done = self.is_partly_delivered = False
        self._rest: list[bytes] | None = None  # lines behind the slice under way; None before anything is cut
        self._slice: list[bytes] | None = None  # lines under way, None when that is the whole lease
        self._splitter: Splitter | None = None

    def next(self, most_bytes: int | None) -> bytes:
        """Return what to send next, at most so many bytes unless a single line has more."""
        if self._splitter and (part := self._splitter.next()) is not None:
            return _packed(part)
        if self._rest is None and (most_bytes is None or len(self.lease.body) <= most_bytes):
            return self.lease.body
        return self._cut(most_bytes or len(self.lease.body))

    def answered(self, answer: Answer) -> None:
        """Take the answer to what `next` returned."""
        self.must_wait = answer if answer.action in (Action.HOLD, Action.RETRY) else None
        if self.must_wait:
            self._take_back()
        elif self._splitter:
            self._splitter.answered(answer)
        elif answer.action is not Action.ACCEPT:
            self._splitter = Splitter(_lines(self.lease.body) if self._slice is None else self._slice, answer)
        if not self.must_wait and (self._splitter is None or self._splitter.is_done):
            self._slice_is_done()

    def _cut(self, most_bytes: int) -> bytes:
        rest = _lines(self.lease.body) if self._rest is None else self._rest
        raw_bytes = sum(record.head.raw_bytes for record in self.lease.records)
        room = max(1.0, most_bytes * _MARGIN * raw_bytes / len(self.lease.body))
        count, size = 0, 0
        order = reversed(rest) if self.lease.lane is LaneName.LIVE else iter(rest)
        for line in order:
            size += len(line) + 1
            if count and size > room:
                break
            count += 1
        while True:
            cut = rest[-count:] if self.lease.lane is LaneName.LIVE else rest[:count]
            body = _packed(cut)
            if len(body) <= most_bytes or count == 1:
                break
            count //= 2
        self._slice = cut
        self._rest = rest[:-count] if self.lease.lane is LaneName.LIVE else rest[count:]
        return body

    def _take_back(self) -> None:
        """The slice is to be sent again, as a whole."""
        self._splitter = None
        if self._slice is not None and self._rest is not None:
            parts = (self._rest, self._slice) if self.lease.lane is LaneName.LIVE else (self._slice, self._rest)
            self._rest = [line for part in parts for line in part]

    def _slice_is_done(self) -> None:
        if self._splitter:
            self.refused += self._splitter.refused
            self._splitter = None
        self.is_partly_delivered = True
        self._slice = None
        self.is_done = not self._rest


def _lines(body: bytes) -> list[bytes]:
    return split_lines(gzip.decompress(body))


def _packed(lines: Sequence[bytes]) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    return packer.compress(b"\n".join(lines) + b"\n") + packer.flush()
