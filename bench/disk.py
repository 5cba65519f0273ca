"""Disk: bytes written to the device for each byte stored, at full rate and at 20 messages a second, beside SQLite.

The bytes come from the block device's own counter with a sync before and after, less what the idle machine wrote. Nothing else
may write meanwhile; where that cannot be had, name a folder in a file system of its own with --folder (docs/benchmarks.md).
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.bodies import FIELD_RATE, FULL_RATE, Commit, commits
from bench.diskstats import WrittenBytes
from bench.report import Limit, Report
from bench.stores import STORES, SegmentFiles, SqliteBodies, SqliteRows

NAME = "disk"
SHORT = ("--messages", "200000", "--minutes", "5")
_AMPLIFICATION_LIMIT = 1.6
_STORED_LIMIT_BYTES = 25.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--messages", type=int, default=600_000, help="messages at full rate (default 600,000)")
    parser.add_argument("--minutes", type=float, default=20.0, help="minutes of field load, compressed in time (default 20)")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a real disk, best a file system of its own")


@dataclass(frozen=True, slots=True)
class Written:
    """What one store made of a list of commits."""

    device_bytes: int
    seconds: float


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    columns = ("load", "store", "commits", "messages", "bytes stored a message", "device bytes a message", "device ÷ stored")
    report = Report("Disk: what reaches the device", columns)
    loads = (
        ("full rate", FULL_RATE, options.messages),
        ("20 messages/s, batches of 1 s", FIELD_RATE, int(options.minutes * 60 * FIELD_RATE)),
    )
    for load, rate, count in loads:
        work = list(commits(rate, count))
        results = {}
        for store in STORES:
            results[store] = written = write(store, work, options.folder)
            stored = _stored_bytes(store, work)
            each = (stored / count, written.device_bytes / count, written.device_bytes / stored)
            report.rows.append((load, store.name, len(work), count, *each))
        ours = results[SegmentFiles].device_bytes
        for other in (SqliteBodies, SqliteRows):
            ratio = ours / max(1, results[other].device_bytes)
            report.limits.append(Limit(f"{load}: device bytes, ours ÷ {other.name}", ratio, 1.0, at_least=False))
        if rate == FULL_RATE:
            stored = _stored_bytes(SegmentFiles, work)
            report.limits.append(Limit(f"{load}: device bytes ÷ bytes stored", ours / stored, _AMPLIFICATION_LIMIT, at_least=False))
            what = f"{load}: stored a message, receipts and heads included"
            limit = Limit(what, stored / count, _STORED_LIMIT_BYTES, at_least=False, unit="bytes")
            report.limits.append(limit)
    finer = list(commits(FULL_RATE, 50_000, extra_decimals=1))
    report.notes.append(f"With one more decimal in every number a message takes {_stored_bytes(SegmentFiles, finer) / 50_000:.1f} bytes.")
    return [report]


def write(store: type[SegmentFiles | SqliteBodies | SqliteRows], work: list[Commit], where: Path | None) -> Written:
    """Write `work` into a new store of this kind and return what that cost; the store is closed at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-disk-", dir=where) as name:
        counter = WrittenBytes(Path(name))
        began_s = time.monotonic()
        target = store(Path(name) / "store")
        for commit in work:
            target.commit(commit)
        seconds = time.monotonic() - began_s
        target.close()
        return Written(counter.so_far(), seconds)


def _stored_bytes(store: type, work: list[Commit]) -> int:
    """Return what has to be kept: for rows the messages themselves, else receipts, bodies and (ours) the record heads."""
    if store is SqliteRows:
        return sum(len(topic) + len(payload) for commit in work for topic, payload in commit.messages)
    stored = sum(commit.stored_bytes for commit in work)
    return stored + sum(len(commit.batches) * _HEAD_BYTES for commit in work) if store is SegmentFiles else stored


_HEAD_BYTES = 88 + len("street")
