"""The ledger's own words, read back: lines of measurement `ledger` as entries (docs/specs/wire.md has their fields)."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from edge.clock.boots import Place
from edge.spool.loss import Claim
from edge.spool.provisional import timed_if_known
from edge.spool.segment_reader import Record
from telemetry.lineprotocol.parse import LineError, ParsedPoint, parse

LEDGER_SOURCE = "ledger"
_UNTIMED = Place(0, 2**63 - 1, 0)
_GZIP = 31


@dataclass(frozen=True, slots=True)
class Entry:
    """One point of the ledger; `at_ns` is its own time. `gap_id` and `state` are empty but for the two points of a gap."""

    source: str
    reason: str
    count: int | None
    is_known: bool
    from_ns: int | None
    to_ns: int | None
    at_ns: int
    claims: tuple[Claim, ...] = ()
    gap_id: str = ""
    state: str = ""

    @property
    def when_ns(self) -> int:
        """When it happened, as well as can be said in one number."""
        return next((time for time in (self.to_ns, self.from_ns) if time is not None), self.at_ns)


def entries_in(record: Record) -> list[Entry]:
    """Return the entries of a ledger record; of one whose time is not known, `at_ns` is ns since boot. See `entries_of`."""
    return entries_of(timed_if_known(record, lambda _: _UNTIMED).payload.body)


def entries_of(body: bytes) -> list[Entry]:
    """Return the entries in the body of a ledger record; what is no ledger line, or no gzip member, is passed over."""
    try:
        text = zlib.decompress(body, wbits=_GZIP)
    except zlib.error:
        return []
    points = [point for _, point in parse(text, 0) if not isinstance(point, LineError)]
    return [entry for point in points if point.measurement == "ledger" and (entry := _entry(point))]


def _entry(point: ParsedPoint) -> Entry | None:
    tags, fields = dict(point.tags), dict(point.fields)
    if "source" not in tags or "reason" not in tags:
        return None
    return Entry(
        tags["source"],
        tags["reason"],
        _integer(fields.get("count")),
        bool(fields.get("count_known", False)),
        _integer(fields.get("from_ns")),
        _integer(fields.get("to_ns")),
        point.time_ns,
        tuple(parse_claims(str(fields.get("detail", "")))),
        str(fields.get("gap_id", "")),
        str(fields.get("state", "")),
    )


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def claims_text(claims: Sequence[Claim]) -> str:
    """Return claims as field `detail`: `normal 17:5 18:2, bulk 3:1`."""
    by_priority: dict[str, list[str]] = {}
    for claim in claims:
        by_priority.setdefault(claim.priority, []).append(f"{claim.number}:{claim.lines}")
    return ", ".join(f"{priority} {' '.join(parts)}" for priority, parts in by_priority.items())


def parse_claims(text: str) -> Iterable[Claim]:
    """Yield the claims of a field `detail`; none for other words."""
    for part in text.split(", ") if text else ():
        priority, *numbers = part.split(" ")
        for number in numbers:
            try:
                left, right = number.split(":")
                yield Claim(priority, int(left), int(right))
            except ValueError:
                return
