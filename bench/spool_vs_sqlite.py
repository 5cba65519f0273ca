"""Segment files against SQLite as the spool: append rate with a sync a batch, device bytes, and time to open after a stop.

Decision of docs/decisions: ours stays unless SQLite needs no more device bytes at field rate.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.bodies import FIELD_RATE, FULL_RATE, Commit, commits
from bench.disk import write
from bench.report import Limit, Report
from bench.stores import SegmentFiles, SqliteBodies, sqlite_left_behind, sqlite_recovery

NAME = "spool-vs-sqlite"
SHORT = ("--megabytes", "200", "--commits", "300")
_STORES = (SegmentFiles, SqliteBodies)
_BIG_BODY_BYTES = 64 * 1024


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--commits", type=int, default=1000, help="synced commits a measurement (default 1,000)")
    parser.add_argument("--megabytes", type=int, default=1024, help="MiB on the disk when opening is timed (default 1024)")
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a real disk, best a file system of its own")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    columns = ("measure", *(store.name for store in _STORES), "ours ÷ SQLite")
    report = Report("Segment files against SQLite (WAL, synchronous=FULL)", columns)
    loads = {"64 KiB a commit": _big(options.commits), "1 s of 20 messages/s a commit": _small(options.commits)}
    for load, work in loads.items():
        ours, theirs = (write(store, work, options.folder) for store in _STORES)
        report.rows.append(_row(f"{load}: commits/s", len(work) / ours.seconds, len(work) / theirs.seconds))
        report.rows.append(_row(f"{load}: device bytes a commit", ours.device_bytes / len(work), theirs.device_bytes / len(work)))
    ratio = ours.device_bytes / max(1, theirs.device_bytes)
    report.limits.append(Limit("device bytes at field rate, ours ÷ SQLite", ratio, 1.0, at_least=False))
    ours_s, theirs_s = (_opening(store, options) for store in _STORES)
    report.rows.append(_row(f"opening {options.megabytes} MiB after a kill, ms", 1000 * ours_s, 1000 * theirs_s))
    return [report]


def _row(measure: str, ours: float, theirs: float) -> tuple[object, ...]:
    return measure, ours, theirs, ours / theirs


def _small(count: int) -> list[Commit]:
    return list(commits(FIELD_RATE, int(count * FIELD_RATE)))


def _big(count: int) -> list[Commit]:
    """Return commits of one record with a body of 64 KiB: several bodies in a row are a body too."""
    made = list(commits(FULL_RATE, 60_000))
    body = b"".join(batch.body for commit in made for batch in commit.batches)
    first = made[0].batches[0]
    span = len(body) - _BIG_BODY_BYTES
    bodies = [body[at % span : at % span + _BIG_BODY_BYTES] for at in range(0, count * 4099, 4099)]
    return [Commit([replace(first, body=each, receipts=b"")], []) for each in bodies]


def _opening(store: type[SegmentFiles | SqliteBodies], options: argparse.Namespace) -> float:
    """Return the seconds to open a store that was left without being closed."""
    work = _big(1000)
    with tempfile.TemporaryDirectory(prefix="bench-opening-", dir=options.folder) as name:
        folder = Path(name) / "store"
        target = store(folder)
        for number in range(options.megabytes * 16):
            target.commit(work[number % len(work)])
        if store is SqliteBodies:
            copy = Path(name) / "copy"
            sqlite_left_behind(folder, copy)
            began_s = time.monotonic()
            sqlite_recovery(copy)
            return time.monotonic() - began_s
        began_s = time.monotonic()
        again = SegmentFiles(folder)
        seconds = time.monotonic() - began_s
        again.close()
        target.close()
        return seconds
