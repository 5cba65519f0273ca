"""The ledger: an account of every loss, written through the spool as measurement `ledger` at high priority.

Losses of one source for one reason are added up for a few seconds and become one point. A gap is two: one when it begins, one when
it ends, told together by `gap_id`, because a store may not be relied on to let the later of two writes of one point win. Tags and
fields are in docs/specs/wire.md. Two points never share series and time.
"""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from edge.spool.entries import claims_text
from edge.spool.loss import Claim, earliest, latest
from edge.spool.spool import Loss
from telemetry.point import FieldValue, Point

_CLAIMS_A_POINT = 1000
_NOTES_A_POINT = 5
_TIMES_REMEMBERED = 4096
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without readings of a source, not over yet. `from_ns` is ns since 1970 UTC."""

    gap_id: str
    source: str
    reason: str
    from_ns: int


@dataclass(slots=True)
class _Entry:
    count: int = 0
    known: bool = True
    first_ns: int | None = None
    last_ns: int | None = None
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, loss: Loss) -> None:
        if loss.detail and loss.detail not in self.notes and len(self.notes) < _NOTES_A_POINT:
            self.notes.append(loss.detail)
        self.count += loss.count or 0
        self.known = self.known and loss.count is not None
        self.first_ns = earliest((self.first_ns, loss.first_ns))
        self.last_ns = latest((self.last_ns, loss.last_ns))
        self.claims += loss.claims

    def parts(self) -> list["_Entry"]:
        """Return the entry in parts whose claims fit into one string."""
        rest = [self.claims[at : at + _CLAIMS_A_POINT] for at in range(_CLAIMS_A_POINT, len(self.claims), _CLAIMS_A_POINT)]
        parts = [_Entry(sum(claim.lines for claim in claims), self.known, self.first_ns, self.last_ns, claims) for claims in rest]
        first = _Entry(
            self.count - sum(part.count for part in parts),
            self.known,
            self.first_ns,
            self.last_ns,
            self.claims[:_CLAIMS_A_POINT],
            self.notes,
        )
        return [first, *parts]


class Ledger:
    """Collects from any thread; `points` empties it. `totals` counts since the start by (source, reason); None: unknown.

    `on_gaps` is told of every gap that is not over, or whose end is not durable yet, so that the next start can close what a process
    that was killed left open.
    """

    def __init__(self, site: str, gateway: str, on_gaps: Callable[[Sequence[Gap]], None] = lambda _: None) -> None:
        self._tags = {"site": site, "gateway": gateway, "device": gateway}
        self._lock = threading.Lock()
        self._on_gaps = on_gaps
        self._open: dict[tuple[str, str], _Entry] = {}
        self._gaps: dict[str, Gap] = {}
        self._gap_words: list[tuple[Gap, Mapping[str, FieldValue], int | None]] = []
        self._times: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self.totals: dict[tuple[str, str], int | None] = {}

    def note(self, loss: Loss) -> None:
        """Account for a loss."""
        key = (loss.source or UNKNOWN, loss.reason)
        with self._lock:
            self._open.setdefault(key, _Entry()).add(loss)
            if loss.count is None or loss.count >= 0:
                before = self.totals.get(key, 0)
                self.totals[key] = None if before is None or loss.count is None else before + loss.count

    def open_gap(self, source: str, reason: str, from_ns: int) -> str:
        """A gap began; return its id. The same gap has the same id, whoever opens it."""
        gap = Gap(f"{from_ns:x}-{zlib.crc32(f'{source}/{reason}'.encode()):08x}", source, reason, from_ns)
        with self._lock:
            self._gaps[gap.gap_id] = gap
            self._gap_words.append((gap, {"state": "open", "count_known": False}, from_ns))
            self.totals.setdefault((source, reason), None)
        self.save_gaps()
        return gap.gap_id

    def close_gap(self, gap_id: str, to_ns: int, count: int | None, *, is_known: bool = False) -> None:
        """The gap is over; `count` readings should have come, by estimate unless `is_known`."""
        with self._lock:
            gap = self._gaps.get(gap_id)
            if gap is None:
                return
            fields: dict[str, FieldValue] = {"state": "closed", "count_known": is_known, "to_ns": max(to_ns, gap.from_ns)}
            if count is not None:
                fields["count"] = count
            self._gap_words.append((gap, fields, None))

    def adopt(self, gaps: Sequence[Gap]) -> None:
        """Take over gaps that an earlier process left open."""
        with self._lock:
            self._gaps.update({gap.gap_id: gap for gap in gaps})

    def open_gaps(self) -> list[Gap]:
        """Return the gaps that are not over, or whose end is not durable yet."""
        with self._lock:
            return list(self._gaps.values())

    def forget(self, gap_ids: Sequence[str]) -> None:
        """The end of these gaps is durable. `save_gaps` says so to `on_gaps`."""
        with self._lock:
            for gap_id in gap_ids:
                self._gaps.pop(gap_id, None)

    def save_gaps(self) -> None:
        self._on_gaps(self.open_gaps())

    def points(self, now_ns: int) -> list[Point]:
        """Return what was noted since the last call: one point a source and reason at `now_ns`, and the points of gaps.

        A gap's first point is at the time when it began, its last when that was known.
        """
        with self._lock:
            entries, self._open = self._open, {}
            words, self._gap_words = self._gap_words, []
            points = [
                self._point(source, reason, _fields(part), now_ns) for (source, reason), entry in entries.items() for part in entry.parts()
            ]
            for gap, fields, at_ns in words:
                named = {"gap_id": gap.gap_id, "from_ns": gap.from_ns, **fields}
                points.append(self._point(gap.source, gap.reason, named, now_ns if at_ns is None else at_ns))
        return points

    def _point(self, source: str, reason: str, fields: Mapping[str, FieldValue], time_ns: int) -> Point:
        while (source, reason, time_ns) in self._times:
            time_ns += 1
        self._times[source, reason, time_ns] = None
        if len(self._times) > _TIMES_REMEMBERED:
            self._times.popitem(last=False)
        return Point("ledger", {**self._tags, "source": source, "reason": reason}, {**fields, "quality": 0}, time_ns)


def _fields(entry: _Entry) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {"count_known": entry.known}
    if entry.known or entry.count:
        fields["count"] = entry.count
    if entry.first_ns is not None:
        fields["from_ns"] = entry.first_ns
    if entry.last_ns is not None:
        fields["to_ns"] = entry.last_ns
    if entry.notes:
        fields["note"] = "; ".join(entry.notes)
    if entry.claims:
        fields["detail"] = claims_text(entry.claims)
    return fields
