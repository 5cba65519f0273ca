"""The folder `quarantine/`: bytes that were no records, for a person to look at. Never more than 32 MiB; the oldest go.

Files are named `NUMBER-PRIORITY-SEGMENT.seg` (a whole segment without one intact record) or `NUMBER-PRIORITY-SEGMENT-OFFSET.torn`.
Starting matters more than keeping them: what the disk does not take is not kept.
"""

import re
from contextlib import suppress
from pathlib import Path

from edge.spool.files import Files
from edge.spool.segment import Segment

_LIMIT_BYTES = 32 << 20
_NAME = re.compile(r"(\d{6})-.*\.(seg|torn)")


def keep(files: Files, folder: Path, segment: Segment, offset: int, data: bytes) -> None:
    """Copy damaged bytes of `segment` aside as far as the disk allows."""
    with suppress(OSError):
        path = _room(files, folder, f"{segment.folder.name}-{segment.path.stem}-{offset}.torn", len(data))
        copy = files.open(path, create=True)
        try:
            copy.write_at(0, data)
        finally:
            copy.close()


def move(files: Files, folder: Path, segment: Segment) -> bool:
    """Move a whole segment aside; False when the disk does not allow it."""
    try:
        path = _room(files, folder, f"{segment.folder.name}-{segment.path.name}", segment.size)
        files.rename(segment.path, path)
    except OSError:
        return False
    return True


def _room(files: Files, folder: Path, name: str, size: int) -> Path:
    """Return a path for `name`, after making room for `size` bytes. Raises OSError."""
    files.make_folder(folder)
    names = [each for each in files.names(folder) if _NAME.fullmatch(each)]
    number = int(names[-1][:6]) + 1 if names else 1
    total = sum(files.size(folder / each) for each in names)
    for each in names:
        if total + size <= _LIMIT_BYTES:
            break
        total -= files.size(folder / each)
        files.unlink(folder / each)
    return folder / f"{number:06d}-{name}"
