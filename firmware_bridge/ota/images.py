"""The image store: what may have to be flashed, by its SHA-256, in a folder that does not grow without end.

    <sha256>       the bytes; a file of another content than its name says is not there
    known.json     which firmwares the store has, newest last, so that a board's HELLO finds its images

Whoever puts something in says what is needed (both firmwares of every update that has not ended well); that is never deleted. The rest
goes oldest first when the room is used up. Everything is fsynced before `put` returns.
"""

import hashlib
import json
import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from firmware_bridge.ota.firmware import Firmware
from runtime.durable_file import make_folder, remove_leftovers, replace_file
from telemetry.errors import RejectedError

_MODE = 0o600
_KNOWN = "known.json"
_MOST_KNOWN = 32
MOST_BYTES = 64 << 20


class ImageStore:
    """See the module. Any thread. Building one does no I/O."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def put(self, data: bytes, needed: Collection[str]) -> str:
        """Keep `data` and return its SHA-256. Raises RejectedError when what is needed leaves no room, OSError."""
        sha = hashlib.sha256(data).hexdigest()
        with self._lock:
            if not self.has(sha):
                make_folder(self.folder, 0o700)
                remove_leftovers(self.folder)
                self._make_room(len(data), {*needed, sha})
                replace_file(self.folder / sha, data, _MODE)
        return sha

    def get(self, sha256: str) -> bytes | None:
        """Return the bytes of this hash; None when they are not there or not whole. Raises OSError for a disk that does not answer."""
        try:
            data = (self.folder / sha256).read_bytes()
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == sha256 else None

    def has(self, sha256: str) -> bool:
        with suppress(OSError):
            return self.get(sha256) is not None
        return False

    def has_all_of(self, firmware: Firmware) -> bool:
        """Whether every piece is here and whole; an empty firmware is not."""
        return bool(firmware.pieces) and all(map(self.has, firmware.shas))

    def know(self, firmware: Firmware) -> None:
        """Remember that the pieces of `firmware` are here. Raises OSError."""
        with self._lock:
            rest = [known for known in self._known() if not known.is_said_by(firmware)]
            text = json.dumps([each.to_json() for each in [*rest, firmware][-_MOST_KNOWN:]], ensure_ascii=False)
            replace_file(self.folder / _KNOWN, text.encode(), _MODE)

    def find(self, said: Firmware) -> Firmware | None:
        """Return the firmware that a HELLO says, if its build id is known and all its pieces are here."""
        for known in reversed(self._known()):
            if said.build_id and known.build_id == said.build_id and known.is_said_by(said) and self.has_all_of(known):
                return known
        return None

    def _known(self) -> list[Firmware]:
        try:
            tables = json.loads((self.folder / _KNOWN).read_bytes())
            return [Firmware.from_json(table) for table in tables]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _make_room(self, size: int, needed: Collection[str]) -> None:
        files = sorted(self._images(), key=lambda path: path.stat().st_mtime_ns)
        used = sum(path.stat().st_size for path in files)
        for path in files:
            if used + size <= self._most_bytes:
                return
            if path.name not in needed:
                used -= path.stat().st_size
                path.unlink()
        if used + size > self._most_bytes:
            most = f"{self._most_bytes >> 20} MiB"
            raise RejectedError(
                f"{self.folder}: the image store is full ({most}) of what unfinished updates need; finish or give up one of them"
            )

    def _images(self) -> Iterable[Path]:
        return (path for path in self.folder.iterdir() if len(path.name) == 64 and path.is_file())
