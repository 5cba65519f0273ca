"""At start: what the ledger said last, and what of it a killed process left half done.

The ledger's word on a group of records is durable before the group is. A process that dies between the two leaves a word on records
that never came to be: it is taken back, with a count below 0. What was given up for room is deleted before the ledger's word on it is
durable: what the book says was lost, and the ledger does not, is said now.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from edge.spool.done import DoneSet
from edge.spool.entries import LEDGER_SOURCE, Entry, entries_in
from edge.spool.files import Files
from edge.spool.lane import Gap
from edge.spool.loss import Claim, Loss
from edge.spool.page import Page, heads
from edge.spool.reasons import Kind, kind_of
from edge.spool.segment import Segment
from edge.spool.segment_reader import Record, SegmentReader

_MOST_RECORDS = 256  # a few groups at most can be half done
_MOST_SEGMENTS = 2
_WINDOW_BYTES = 4096


def ledger_tail(files: Files, epoch: bytes, segments: Sequence[Segment]) -> list[Entry]:
    """Return the entries of the last ledger records of priority high, oldest first; what cannot be read is passed over."""
    found: list[Entry] = []
    for segment in reversed(segments[-_MOST_SEGMENTS:]):
        try:
            reader = SegmentReader(files.open(segment.path), epoch, _WINDOW_BYTES)
        except OSError:
            continue
        try:
            places = [offset for offset, head in heads(reader, segment, 1 << 63) if head.source == LEDGER_SOURCE and head.count]
            items = [reader.record_at(offset, segment.size) for offset in places[-_MOST_RECORDS:]]
        except OSError:
            continue
        finally:
            reader.close()
        found = [entry for item in items if isinstance(item, Record) for entry in entries_in(item)] + found
    return found


def taken_back(entries: Iterable[Entry], first_free: Mapping[str, int]) -> list[Loss]:
    """Return what was said of records that are not there: of each priority those from sequence `first_free` on."""
    said: Counter[tuple[str, str, str, int]] = Counter()
    times: dict[tuple[str, str, str, int], Entry] = {}
    for entry in entries:
        for claim in entry.claims if kind_of(entry.reason) is Kind.INTAKE else ():
            if claim.number >= first_free.get(claim.priority, 1 << 63):
                key = (entry.source, entry.reason, claim.priority, claim.number)
                said[key] += claim.lines
                times[key] = entry
    return [
        Loss(key[1], key[0], -count, times[key].from_ns, times[key].to_ns, (Claim(key[2], key[3], -count),))
        for key, count in said.items()
        if count > 0
    ]


def unsaid(priority: str, vanished: DoneSet, evicted: Gap | None, pages: Iterable[Page], entries: Iterable[Entry]) -> list[Loss]:
    """Return what was evicted of `vanished` records and the ledger does not say; what the book does not know has no source."""
    said = {
        (entry.source, claim.number)
        for entry in entries
        if kind_of(entry.reason) is Kind.EVICTED
        for claim in entry.claims
        if claim.priority == priority
    }
    losses: list[Loss] = []
    known = 0
    covered = DoneSet(limit=1 << 20)
    for page in pages:
        if page.priority != priority or not any(vanished.count(first, last) for first, last in page.sequences):
            continue
        for first, last in page.sequences:
            covered.add(first, last)
        number = page.numbers[-1][0]
        for source, count in page.lost().items():
            known += count
            if (source, number) not in said:
                losses.append(Loss("quota", source, count, None, None).of(priority, number))
    if evicted and any(covered.count(first, last) < last - first + 1 for first, last in vanished):
        rest = None if evicted.lines is None else max(0, evicted.lines - known)
        if rest is None or rest > 0:
            losses.append(Loss("quota", "", rest, None, None))
    return losses
