"""The ledger: an account of every loss, written through the spool as measurement `ledger` at high priority.

Losses of one source for one reason are added up for a few seconds and become one point: tags `source` and `reason`, fields `count`
(lines or messages; absent when it cannot be known), `count_known`, `from_ns` and `to_ns` (when the lost readings were taken, where known).
"""

import threading
from dataclasses import dataclass

from edge.spool.spool import Loss
from telemetry.point import FieldValue, Point


@dataclass(slots=True)
class _Entry:
    count: int = 0
    known: bool = True
    first_ns: int | None = None
    last_ns: int | None = None

    def add(self, loss: Loss) -> None:
        self.count += loss.count or 0
        self.known = self.known and loss.count is not None
        if loss.first_ns is not None:
            self.first_ns = loss.first_ns if self.first_ns is None else min(self.first_ns, loss.first_ns)
        if loss.last_ns is not None:
            self.last_ns = loss.last_ns if self.last_ns is None else max(self.last_ns, loss.last_ns)


class Ledger:
    """Collects losses from any thread; `points` empties it. `totals` counts since the start by (source, reason); None: unknown."""

    def __init__(self, site: str, gateway: str) -> None:
        self._tags = {"site": site, "gateway": gateway}
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], _Entry] = {}
        self.totals: dict[tuple[str, str], int | None] = {}

    def note(self, loss: Loss) -> None:
        """Account for a loss."""
        key = (loss.source or "unknown", loss.reason)
        with self._lock:
            self._open.setdefault(key, _Entry()).add(loss)
            before = self.totals.get(key, 0)
            self.totals[key] = None if before is None or loss.count is None else before + loss.count

    def points(self, now_ns: int) -> list[Point]:
        """Return what was noted since the last call, one point a source and reason, at `now_ns`."""
        with self._lock:
            entries, self._open = self._open, {}
        return [self._point(source, reason, entry, now_ns) for (source, reason), entry in entries.items()]

    def _point(self, source: str, reason: str, entry: _Entry, now_ns: int) -> Point:
        fields: dict[str, FieldValue] = {"count_known": entry.known, "quality": 0}
        if entry.known or entry.count:
            fields["count"] = entry.count
        if entry.first_ns is not None:
            fields["from_ns"] = entry.first_ns
        if entry.last_ns is not None:
            fields["to_ns"] = entry.last_ns
        tags = {**self._tags, "device": self._tags["gateway"], "source": source, "reason": reason}
        return Point("ledger", tags, fields, now_ns)
