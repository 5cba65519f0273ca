"""The set-aside store: what can never be delivered, kept with the reason, so that a person can look, mend and send it again.

Files `NNNNNNNN.jsonl`, one JSON object a line: `at` (ns), `source`, `reason`, and either `line` (line protocol) or `topic` and
`payload` (text, or `payload_base64` when it is not UTF-8). A file ends at 4 MiB; above the quota the oldest file goes.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.spool.files import File, Files
from edge.spool.loss import Loss
from edge.spool.segment import NO_ROOM

_FILE_BYTES = 4 << 20
_NAME = re.compile(r"(\d{8})\.jsonl")
_MAX_PAYLOAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class SetAside:
    """One refused thing: a line of line protocol, or a message that yielded no reading."""

    at_ns: int
    source: str
    reason: str
    line: bytes | None = None
    topic: str = ""
    payload: bytes = b""

    def to_json(self) -> bytes:
        """Return the JSON line; a payload above 64 KiB is cut, with its full size beside it."""
        entry: dict[str, object] = {"at": self.at_ns, "source": self.source, "reason": self.reason}
        if self.line is not None:
            entry |= _text("line", self.line)
        else:
            entry |= {"topic": self.topic} | _text("payload", self.payload[:_MAX_PAYLOAD_BYTES])
            if len(self.payload) > _MAX_PAYLOAD_BYTES:
                entry["payload_bytes"] = len(self.payload)
        return json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


class SetAsideStore:
    """Appends durably; any thread. `lost_count` counts entries for which there was no room.

    `on_loss` hears of those, and of the entries of files that went.
    A file is not written on after a restart or a failure, so that a torn line never swallows the next one.
    """

    def __init__(
        self,
        files: Files,
        folder: Path,
        quota_bytes: int,
        on_loss: Callable[[Loss], None] = lambda _: None,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """`make_room` is asked for room when the disk is full; it returns whether it is worth trying again."""
        self._files = files
        self._folder = folder
        self._quota_bytes = quota_bytes
        self._on_loss = on_loss
        self._make_room = make_room
        self._lock = threading.Lock()
        self._file: File | None = None
        self.lost_count = 0
        files.make_folder(folder)
        self._number = max((int(name[:8]) for name in self._names()), default=0)

    def add(self, items: Iterable[SetAside], *, give_up: bool = True) -> None:
        """Return once `items` are on the device, or lost and reported because a full disk gives up nothing for them.

        The oldest file goes first, then the spool is asked. Raises OSError for any other reason, and for want of room unless
        `give_up`; then none of them counts.
        """
        entries = list(items)
        data = b"".join(entry.to_json() for entry in entries)
        while data:
            try:
                with self._lock:
                    self._append(data)
                data = b""
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                if not self._give_oldest() and not self._make_room():
                    if not give_up:
                        raise
                    self._lose(entries)
                    data = b""

    def _append(self, data: bytes) -> None:
        file, fresh = self._room()
        end = file.size()
        try:
            file.write_at(end, data)
            file.sync()
            if fresh:
                self._files.sync_folder(self._folder)
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            self._close()
            if end == 0:
                with suppress(OSError):
                    self._files.unlink(self._path)
            raise

    def close(self) -> None:
        with self._lock:
            self._close()

    def _room(self) -> tuple[File, bool]:
        if self._file is not None and self._file.size() < _FILE_BYTES:
            return self._file, False
        self._close()
        self._number += 1
        self._shed()
        self._file = self._files.open(self._path, create=True)
        return self._file, True

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._number:08d}.jsonl"

    def _names(self) -> list[str]:
        return sorted(name for name in self._files.names(self._folder) if _NAME.fullmatch(name))

    def _shed(self) -> None:
        """Remove the oldest files until a new one fits into the quota."""
        names = self._names()
        total = sum(self._files.size(self._folder / name) for name in names)
        for name in names:
            if total + _FILE_BYTES <= self._quota_bytes:
                return
            total -= self._remove(name)

    def _give_oldest(self) -> bool:
        """Remove the oldest file for the sake of a full disk; False when that gives no room."""
        with self._lock, suppress(OSError):
            names = self._names()
            if names:
                self._close()
                return self._remove(names[0]) > 0
        return False

    def _remove(self, name: str) -> int:
        """Remove a file, report its entries, and return its size in bytes. Raises OSError."""
        path = self._folder / name
        size, count = self._files.size(path), self._count(path)
        self._files.unlink(path)
        if count != 0:
            self._on_loss(Loss("set-aside shed", "", count, None, None))
        return size

    def _count(self, path: Path) -> int | None:
        """Return how many entries a file holds, None when it cannot be read."""
        try:
            file = self._files.open(path)
        except OSError:
            return None
        try:
            return sum(file.read_at(at, _FILE_BYTES).count(b"\n") for at in range(0, file.size(), _FILE_BYTES))
        except OSError:
            return None
        finally:
            file.close()

    def _lose(self, entries: Sequence[SetAside]) -> None:
        by_source: dict[str, list[int]] = {}
        for entry in entries:
            by_source.setdefault(entry.source, []).append(entry.at_ns)
        with self._lock:
            self.lost_count += len(entries)
        for source, times in by_source.items():
            self._on_loss(Loss("set-aside full", source, len(times), min(times), max(times)))


def read_set_aside(folder: Path) -> Iterator[dict[str, object]]:
    """Yield the entries of a store, oldest first; lines that are torn are passed over."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as stream:
            for line in stream:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue


def _text(name: str, data: bytes) -> dict[str, object]:
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode("ascii")}
