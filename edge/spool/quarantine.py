"""The folder `quarantine/`: bytes that were read and are no records, for a person to look at.

Files are named `NUMBER-PRIORITY-SEGMENT.seg` (a whole segment without one intact record) or `NUMBER-PRIORITY-SEGMENT-OFFSET.torn`.
Torn ends take at most 32 MiB, the oldest go; whole segments are only ever moved here. Starting matters more than keeping torn ends:
what the disk does not take is not kept.
"""

import re
from contextlib import suppress
from pathlib import Path

from edge.spool.files import Files
from edge.spool.segment import Segment

_TORN_BYTES = 32 << 20
_NAME = re.compile(r"(\d{6})-.*\.(seg|torn)")
_MOVED = re.compile(r"\d{6}-(.+)-(\d{8})-(\d{12,})\.seg")


def keep(files: Files, folder: Path, segment: Segment, offset: int, data: bytes) -> None:
    """Copy damaged bytes of `segment` aside as far as the disk allows."""
    with suppress(OSError):
        path = _path(files, folder, f"{segment.folder.name}-{segment.path.stem}-{offset}.torn")
        _make_room(files, folder, len(data))
        copy = files.open(path, create=True)
        try:
            copy.write_at(0, data)
        finally:
            copy.close()


def move(files: Files, folder: Path, segment: Segment) -> bool:
    """Move a whole segment aside; False when the disk does not allow it."""
    try:
        files.rename(segment.path, _path(files, folder, f"{segment.folder.name}-{segment.path.name}"))
    except OSError:
        return False
    return True


def highest_moved(files: Files, folder: Path, queue: str) -> tuple[int, int]:
    """Return the highest number and the highest first sequence of the segments of a queue that were moved here, 0 when there is none."""
    try:
        moved = [match for name in files.names(folder) if (match := _MOVED.fullmatch(name)) and match[1] == queue]
    except OSError:
        return 0, 0
    return max((int(match[2]) for match in moved), default=0), max((int(match[3]) for match in moved), default=0)


def _path(files: Files, folder: Path, name: str) -> Path:
    files.make_folder(folder)
    numbers = [int(each[:6]) for each in files.names(folder) if _NAME.fullmatch(each)]
    return folder / f"{max(numbers, default=0) + 1:06d}-{name}"


def _make_room(files: Files, folder: Path, size: int) -> None:
    """Remove the oldest torn ends until `size` bytes more are within the limit. Raises OSError."""
    names = [each for each in files.names(folder) if _NAME.fullmatch(each) and each.endswith(".torn")]
    total = sum(files.size(folder / each) for each in names)
    for each in names:
        if total + size <= _TORN_BYTES:
            return
        total -= files.size(folder / each)
        files.unlink(folder / each)
