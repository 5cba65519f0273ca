"""Which records refused lines belong to: the ledger names them, so that a resend after a crash is not counted twice. Pure."""

import gzip
from collections import Counter, deque
from collections.abc import Sequence

from edge.spool.loss import Claim, Loss
from edge.spool.segment_reader import Record
from telemetry.batch import Priority

REASON = "refused by the store"


def refused_losses(records: Sequence[Record], lines: Sequence[bytes], priority: Priority) -> list[Loss]:
    """Return one loss a source for refused `lines` (without LF) of `records`, with how many of them each record holds."""
    owners: dict[bytes, deque[Record]] = {line: deque() for line in lines}
    for record in records if owners else ():
        for line in gzip.decompress(record.payload.body).split(b"\n"):
            if line in owners:
                owners[line].append(record)
    counts: Counter[int] = Counter()
    by_sequence = {record.head.sequence: record.head for record in records}
    for line in lines:
        queue = owners[line]
        counts[queue[0].head.sequence] += 1
        queue.rotate(-1)  # the same line in several records is refused as often
    losses = []
    for source in dict.fromkeys(by_sequence[sequence].source for sequence in counts):
        heads = [head for head in by_sequence.values() if head.source == source and head.sequence in counts]
        claims = tuple(Claim(priority.value, head.sequence, counts[head.sequence]) for head in heads)
        first, last = min(head.first_ns for head in heads), max(head.last_ns for head in heads)
        losses.append(Loss(REASON, source, sum(claim.lines for claim in claims), first, last, claims))
    return losses
