"""The stores that are set side by side: our segment files, and SQLite as careful software uses it (WAL, synchronous=FULL).

SQLite keeps either a row a message, as ThingsBoard gateway 3.8.5 does (`messages(id, timestamp, message)` with an index on the
time), or a row a batch with our own compressed body: the same bytes as the segment files, in a database.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

from bench.bodies import Commit
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool


class Store(Protocol):
    """Takes commits; each is durable when `commit` returns."""

    def commit(self, commit: Commit) -> None: ...

    def close(self) -> None: ...


class SegmentFiles:
    """Our spool."""

    name = "segment files"

    def __init__(self, folder: Path, quota: str = "4GiB") -> None:
        self._spool = Spool(folder, SpoolSettings.model_validate({"quota_bytes": quota}), lambda _: None)

    def commit(self, commit: Commit) -> None:
        self._spool.append(commit.batches)

    def close(self) -> None:
        self._spool.close()


class SqliteRows:
    """A row a message, in the shape ThingsBoard's gateway keeps it; one transaction a commit."""

    name = "SQLite, a row a message"

    def __init__(self, folder: Path) -> None:
        self._database = _open(folder)
        self._database.execute(
            "CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT NULL, message TEXT NOT NULL)"
        )
        self._database.execute("CREATE INDEX times ON messages (timestamp)")

    def commit(self, commit: Commit) -> None:
        now_ms = commit.batches[0].first_ns // 1_000_000
        rows = [(now_ms, _thingsboard_message(topic, payload, now_ms)) for topic, payload in commit.messages]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO messages (timestamp, message) VALUES (?, ?)", rows)
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


class SqliteBodies:
    """A row a batch with the compressed body, times, count and receipts; one transaction a commit."""

    name = "SQLite, a row a batch"

    def __init__(self, folder: Path) -> None:
        self._database = _open(folder)
        self._database.execute(
            "CREATE TABLE batches (id INTEGER PRIMARY KEY, source TEXT, count INTEGER, first_ns INTEGER, last_ns INTEGER,"
            " receipts BLOB, body BLOB)"
        )

    def commit(self, commit: Commit) -> None:
        rows = [(each.source, each.count, each.first_ns, each.last_ns, each.receipts, each.body) for each in commit.batches]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO batches (source, count, first_ns, last_ns, receipts, body) VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


STORES = (SegmentFiles, SqliteBodies, SqliteRows)


def sqlite_left_behind(folder: Path, copy: Path) -> None:
    """Give an open database a second name in `copy`, with its log and without its locks: what a killed process leaves."""
    copy.mkdir()
    (copy / "store.db").hardlink_to(folder / "store.db")
    shutil.copyfile(folder / "store.db-wal", copy / "store.db-wal")


def sqlite_recovery(folder: Path) -> int:
    """Open a database as a restarted program does, and return how many rows wait."""
    with closing(sqlite3.connect(folder / "store.db")) as database:
        return int(database.execute("SELECT max(id) FROM batches").fetchone()[0])


def _open(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "store.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    return database


def _thingsboard_message(topic: str, payload: bytes, now_ms: int) -> str:
    device = topic.rsplit("/", 1)[1]
    return json.dumps({"deviceName": device, "deviceType": "air", "telemetry": [{"ts": now_ms, "values": json.loads(payload)}]})
