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
    """Appends durably; any thread. `dropped_files` counts files that went over the quota.

    A file is not written on after a restart or a failure, so that a torn line never swallows the next one.
    """

    def __init__(self, files: Files, folder: Path, quota_bytes: int, make_room: Callable[[], bool] = lambda: False) -> None:
        """`make_room` is asked for room when the disk is full; it returns whether it is worth trying again."""
        self._files = files
        self._folder = folder
        self._quota_bytes = quota_bytes
        self._make_room = make_room
        self._lock = threading.Lock()
        self._file: File | None = None
        self.dropped_files = 0
        files.make_folder(folder)
        self._number = max((int(name[:8]) for name in files.names(folder) if _NAME.fullmatch(name)), default=0)

    def add(self, items: Iterable[SetAside]) -> None:
        """Return once `items` are on the device. Raises OSError; then none of them counts."""
        data = b"".join(item.to_json() for item in items)
        while data:
            try:
                with self._lock:
                    self._append(data)
                data = b""
            except OSError as error:
                if error.errno not in NO_ROOM or not self._make_room():
                    raise

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
        self._file = self._files.open(self._folder / f"{self._number:08d}.jsonl", create=True)
        return self._file, True

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _shed(self) -> None:
        names = sorted(name for name in self._files.names(self._folder) if _NAME.fullmatch(name))
        total = sum(self._files.size(self._folder / name) for name in names)
        for name in names:
            if total + _FILE_BYTES <= self._quota_bytes:
                return
            total -= self._files.size(self._folder / name)
            self._files.unlink(self._folder / name)
            self.dropped_files += 1


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


def lines_of(refused: Sequence[tuple[bytes, str]], source: str, at_ns: int) -> list[SetAside]:
    """Return entries for lines that the store refused."""
    return [SetAside(at_ns, source, reason, line=line.rstrip(b"\n")) for line, reason in refused]
