"""Pictures of one board on the disk.

    state_dir/pictures/<device>/<time>.jpg     finished, its bytes as hashed, synced
    state_dir/pictures/.<source>.part          what has come of the one under way
    state_dir/pictures/.<source>.json          whose part that is (`sha256`, `size`), the last one that was finished (`done`), and the
                                               devices that have pictures of this source (`devices`)

The part is not synced: after a power cut it may hold anything, and then the hash says so. Above `keep_bytes` or `keep_count` the oldest
finished ones of the source go, whatever its boards called themselves.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.sources.link_settings import PictureSettings
from runtime.durable_file import make_folder, replace_file, sync_folder
from telemetry.identifiers import is_id

_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture that is durable; `file` is relative to the state folder, `shed` counts older ones that went for it."""

    sha256: str
    size_bytes: int
    file: str
    shed: int = 0


class PictureFiles:
    """One part and the finished pictures of one source. Every method may raise OSError; one thread."""

    def __init__(self, state_dir: Path, source: str, settings: PictureSettings) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / "pictures"
        self._part = self._folder / f".{source}.part"
        self._about = self._folder / f".{source}.json"
        self._settings = settings

    def begin(self, sha256: str, size_bytes: int) -> int:
        """Return how many bytes of this picture there are already; another one's part is given up."""
        about = self._read()
        if about.get("sha256") != sha256 or about.get("size") != size_bytes:
            make_folder(self._folder)
            self._part.unlink(missing_ok=True)
            self._write(about | {"sha256": sha256, "size": size_bytes})
        with suppress(FileNotFoundError):
            have = self._part.stat().st_size
            if have <= size_bytes:
                return have
            self._part.unlink()
        return 0

    def add(self, data: bytes) -> None:
        """Append to the part."""
        with self._part.open("ab") as part:
            part.write(data)

    def give_up(self) -> None:
        """Begin anew: what has come is not the picture."""
        self._part.unlink(missing_ok=True)

    def finish(self, sha256: str, device: str, at_ns: int) -> Finished | None:
        """Make the part a finished picture, durably; None if its hash is another."""
        if _hash(self._part) != sha256:
            return None
        folder = self._folder / device
        make_folder(folder)
        path = _free(folder, at_ns)
        fd = os.open(self._part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
            size_bytes = os.fstat(fd).st_size
        finally:
            os.close(fd)
        self._part.replace(path)
        sync_folder(folder)
        sync_folder(self._folder)
        finished = Finished(sha256, size_bytes, str(path.relative_to(self._state_dir)))
        devices = [*dict.fromkeys([*self._devices(), device])]
        self._note(finished, devices, is_told=False)
        return Finished(sha256, size_bytes, finished.file, self._shed(devices, path))

    def finished(self, sha256: str) -> tuple[Finished, bool] | None:
        """Return the last finished picture if it is this one and still there, and whether its reading is durable."""
        done = self._read().get("done")
        if not isinstance(done, dict) or done.get("sha256") != sha256 or not isinstance(done.get("file"), str):
            return None
        path = self._state_dir / done["file"]
        size_bytes = path.stat().st_size if path.is_file() else 0
        return (Finished(sha256, size_bytes, done["file"]), bool(done.get("is_told"))) if size_bytes else None

    def told(self, finished: Finished) -> None:
        """The reading of a finished picture is durable."""
        self._note(finished, self._devices(), is_told=True)

    def _note(self, finished: Finished, devices: list[str], *, is_told: bool) -> None:
        kept = [each for each in devices if any((self._folder / each).glob("*.jpg"))]
        self._write({"done": {"sha256": finished.sha256, "file": finished.file, "is_told": is_told}, "devices": kept})

    def _devices(self) -> list[str]:
        known = self._read().get("devices")
        return [each for each in known if isinstance(each, str) and is_id(each)] if isinstance(known, list) else []

    def _shed(self, devices: list[str], newest: Path) -> int:
        found = (path for each in devices for path in (self._folder / each).glob("*.jpg"))
        sizes = {path: path.stat().st_size for path in sorted(found, key=lambda path: path.name)}
        used, shed = sum(sizes.values()), 0
        for path, size in sizes.items():
            if path == newest or (used <= int(self._settings.keep_bytes) and len(sizes) - shed <= self._settings.keep_count):
                continue
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()  # where it was the last one
            used, shed = used - size, shed + 1
        return shed

    def _read(self) -> dict[str, object]:
        try:
            about = json.loads(self._about.read_bytes())
        except (OSError, ValueError):
            return {}
        return about if isinstance(about, dict) else {}

    def _write(self, about: dict[str, object]) -> None:
        replace_file(self._about, json.dumps(about).encode(), 0o640)


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def _free(folder: Path, at_ns: int) -> Path:
    """Return a path that is named after the time and not taken."""
    at = datetime.fromtimestamp(at_ns // 10**9, UTC)
    name = f"{at:%Y%m%dT%H%M%S}{at_ns // 10**6 % 1000:03d}Z"
    path, number = folder / f"{name}.jpg", 1
    while path.exists():
        path, number = folder / f"{name}-{number}.jpg", number + 1
    return path
