"""The book of a spool, file `book`: what the records of deleted segments said, so that the account goes on when they are gone.

One page a line: CRC-32 of the text as 8 hex digits, a space, the page as JSON, LF (edge/spool/page.py). A line that does not check is
passed over and counted: a torn end, or damage, costs that page. A page is written and synced before its segment is deleted; when the
segment is still there (a crash between the two), its page is ignored, and of two pages of one segment the later counts. Above 1 MiB
all pages but the newest 64 of each priority are merged, by days, into a new file that takes the place of the old one. On a full disk
pages wait in memory for the next chance.
"""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from edge.spool.files import Files, replace_file
from edge.spool.page import Page, flattened, merge, page_from
from runtime.logs import Log

_LOG = Log("edge.spool")
NAME = "book"
_MOST_BYTES = 1 << 20
_KEPT_PAGES = 64


def read_book(files: Files, folder: Path) -> tuple[list[Page], int]:
    """Return the pages, oldest first, each segment in one page at most, and how many lines cannot be read."""
    try:
        file = files.open(folder / NAME)
    except FileNotFoundError:
        return [], 0
    except OSError:
        return [], 1
    try:
        data = file.read_at(0, file.size())
    except OSError:
        return [], 1
    finally:
        file.close()
    return _pages(data)


def _pages(data: bytes) -> tuple[list[Page], int]:
    found: list[Page] = []
    bad = 0
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            is_intact = int(line[:8], 16) == zlib.crc32(line[9:])
            found += [page_from(line[9:].decode())] if is_intact else []
            bad += not is_intact
        except (ValueError, TypeError, KeyError):
            bad += 1
    latest = {(page.priority, tuple(page.numbers)): page for page in found}
    return list(latest.values()), bad


def page_line(page: Page) -> bytes:
    text = page.to_json().encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


class Book:
    """Appends pages; under the spool's lock."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files = files
        self._folder = folder
        self._waiting: list[Page] = []
        self._is_spoilt = False  # a write or sync failed: what is there is not built upon
        self._most_bytes = _MOST_BYTES

    @property
    def waiting(self) -> Sequence[Page]:
        """Pages that are not on the disk yet."""
        return tuple(self._waiting)

    def add(self, page: Page) -> None:
        """Write a page down durably, or keep it for the next chance."""
        self._waiting = [each for each in self._waiting if (each.priority, each.numbers) != (page.priority, page.numbers)]
        self._waiting.append(page)
        self.write()

    def write(self) -> None:
        """Try to write down what waits."""
        if not self._waiting:
            return
        try:
            if self._is_spoilt or self._append(b"".join(map(page_line, self._waiting))) > self._most_bytes:
                self._rewrite()
            self._waiting = []
        except OSError as error:
            self._is_spoilt = True
            _LOG.warning("book.unsaved", pages=len(self._waiting), reason=error)

    def _append(self, data: bytes) -> int:
        path = self._folder / NAME
        is_fresh = NAME not in self._files.names(self._folder)
        file = self._files.open(path, create=True)
        try:
            end = file.size()
            if end and file.read_at(end - 1, 1) != b"\n":
                data = b"\n" + data  # behind a torn line
            try:
                file.write_at(end, data)
                file.sync()
            except OSError:
                with suppress(OSError):
                    file.truncate(end)
                raise
        finally:
            file.close()
        if is_fresh:
            self._files.sync_folder(self._folder)
        return end + len(data)

    def _rewrite(self) -> None:
        """Replace the file by one with old pages merged. Raises OSError; then the old one stays."""
        pages, bad = read_book(self._files, self._folder)
        if bad:
            _LOG.warning("book.damaged", lines=bad)
        latest = {(page.priority, tuple(page.numbers)): page for page in (*pages, *self._waiting)}
        data = b"".join(map(page_line, compacted(latest.values())))
        replace_file(self._files, self._folder / NAME, data)
        self._is_spoilt, self._most_bytes = False, max(_MOST_BYTES, 2 * len(data))


def compacted(pages: Iterable[Page], kept_pages: int = _KEPT_PAGES) -> list[Page]:
    """Return all pages with all but the newest of each priority merged into one."""
    by_priority: dict[str, list[Page]] = {}
    for page in pages:
        by_priority.setdefault(page.priority, []).append(page)
    result: list[Page] = []
    for each in by_priority.values():
        old, new = each[:-kept_pages], each[-kept_pages:]
        result += [merge(old, flattened), *new] if len(old) > 1 else each
    return result
