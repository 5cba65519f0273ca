"""A zip whose end is missing: its members as they stand in the file, one behind the other (PKWARE APPNOTE.TXT 6.3, section 4.3.7).

A zip lists its members at its end. Without that list each still has a header of its own in front, so what was written before the cut can be
read; checksums are not looked at. Nothing is held but a chunk. A member whose size stands behind it (sigrok writes none) is the last.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

_HEAD = struct.Struct("<4s5H3I2H")
_MAGIC = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_CHUNK_BYTES = 64 * 1024
_MOST_MEMBERS = 100_000


class _Entry(NamedTuple):
    method: int
    start: int
    size: int


class CutZip:
    """As much of zipfile.ZipFile as a capture needs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._entries: dict[str, _Entry] = {}
        at = 0
        while len(self._entries) < _MOST_MEMBERS and (found := self._found(at)):
            name, entry = found
            self._entries[name] = entry
            at = entry.start + entry.size

    def namelist(self) -> list[str]:
        """Return the names of the members of which the beginning is there."""
        return list(self._entries)

    @contextmanager
    def open(self, name: str) -> "Iterator[_Member]":
        """Give one member to read from."""
        yield _Member(self._stream, self._entries[name])

    def _found(self, at: int) -> tuple[str, _Entry] | None:
        self._stream.seek(at)
        head = self._stream.read(_HEAD.size)
        if len(head) < _HEAD.size or not head.startswith(_MAGIC):
            return None
        _, _, _, method, _, _, _, size, _, name_bytes, extra_bytes = _HEAD.unpack(head)
        name = self._stream.read(name_bytes).decode("utf-8", "replace")
        return name, _Entry(method, at + _HEAD.size + name_bytes + extra_bytes, size)


class _Member:
    """One member, read from its beginning."""

    def __init__(self, stream: IO[bytes], entry: _Entry) -> None:
        if entry.method not in {_STORED, _DEFLATED}:
            raise NotImplementedError(f"compression {entry.method}")
        self._stream = stream
        self._at = entry.start
        self._end = entry.start + entry.size
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None

    def read(self, most: int) -> bytes:
        """Return at most `most` bytes, none at the end; EOFError where the file ends before the member does."""
        if self._inflate is None:
            return self._taken(most)
        data = b""
        while not data and not self._inflate.eof:
            data = self._inflate.decompress(self._inflate.unconsumed_tail or self._taken(_CHUNK_BYTES), most)
        return data

    def _taken(self, most: int) -> bytes:
        self._stream.seek(self._at)
        chunk = self._stream.read(min(most, self._end - self._at))
        self._at += len(chunk)
        if not chunk and (self._at < self._end or self._inflate):
            raise EOFError("the file ends there")
        return chunk
