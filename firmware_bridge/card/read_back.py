"""Reading a card back and comparing it with what was written.

The page cache would only repeat what we wrote, so the card is read around it: with O_DIRECT, or, where the file system has none, after
the pages are synced and dropped (posix_fadvise(2), POSIX_FADV_DONTNEED). A card that claims more capacity than it has takes every write
and gives back something else beyond its real size: the place of the first difference tells.
"""

import errno
import hashlib
import mmap
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.copying import BLOCK_BYTES
from telemetry.said import Said, said

_ALIGN_BYTES = 4096  # largest logical sector in use


def read_back(path: Path, image_bytes: int, prefix_digests: Sequence[bytes], on_progress: Callable[[int], None]) -> None:
    """Compare the first `image_bytes` of `path` with the hashes of Copied. Raises CardError(Cause.CARD) that names the first difference."""
    digest = hashlib.sha256()
    with mmap.mmap(-1, BLOCK_BYTES) as block:  # page-aligned, as O_DIRECT asks
        fd = _open_uncached(path)
        try:
            for number, wanted in enumerate(prefix_digests):
                at = number * BLOCK_BYTES
                size = min(BLOCK_BYTES, image_bytes - at)
                _fill(fd, block, at, size)
                with memoryview(block) as view:
                    digest.update(view[:size])
                if digest.copy().digest() != wanted:
                    raise CardError(Cause.CARD, _difference(at, at + size), image_bytes)
                on_progress(at + size)
        except OSError as error:
            raise CardError(
                Cause.CARD,
                said(f"không đọc lại được thẻ: {error.strerror or error}", f"the card cannot be read back: {error.strerror or error}"),
                image_bytes,
            ) from error
        finally:
            os.close(fd)


def _open_uncached(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    return fd


def _fill(fd: int, block: mmap.mmap, at: int, size: int) -> None:
    """Read `size` bytes into the block, asking for whole sectors as O_DIRECT wants; a file may end inside the last one."""
    done = 0
    with memoryview(block) as view:
        while done < size:
            wanted = -(-(size - done) // _ALIGN_BYTES) * _ALIGN_BYTES
            count = os.preadv(fd, [view[done : done + wanted]], at + done)
            if count == 0:
                raise OSError(errno.EIO, f"it ends at byte {at + done:,}")
            done += count


def _difference(start: int, end: int) -> Said:
    return said(
        f"thẻ không giữ được những gì đã ghi: khác nhau giữa byte {start:,} và {end:,}."
        " Thẻ như vậy là đã mòn, hỏng, hoặc nhỏ hơn nhãn ghi (thẻ giả). Hãy dùng thẻ khác",
        f"the card does not keep what was written: it differs between bytes {start:,} and {end:,}."
        " A card that does so is worn out, damaged, or smaller than it claims (a forgery). Use another",
    )
