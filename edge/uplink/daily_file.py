"""What of a daily file may be written on: a row of gzip members (RFC 1952), read back to see where a power cut or a bad medium broke it.

A member counts when its CRC-32 and size agree. Behind the last whole one may stand half a member, which nobody was told is
stored: it is cut off. When whole members follow the broken bytes, these are no torn end but damage to what was delivered: such
a file is left as it is, for a person to mend, and the day goes on in another.
"""

import os
import zlib

_READ_BYTES = 1 << 20
_MEMBER = b"\x1f\x8b\x08"
_GZIP = 31


def whole_members_end(fd: int) -> int | None:
    """Return where the whole members of an open file end; None when there are more behind damage."""
    end = _row_end(fd, 0)
    size = os.fstat(fd).st_size
    at = _member_from(fd, end, size)
    while at is not None:
        if _row_end(fd, at, most_members=1) > at:
            return None
        at = _member_from(fd, at + 1, size)
    return end


def _row_end(fd: int, begin: int, most_members: int | None = None) -> int:
    """Return where the last whole member of the row that begins at `begin` ends; `begin` when there is none."""
    offset = end = begin
    member_count = 0
    member = zlib.decompressobj(_GZIP)
    while data := os.pread(fd, _READ_BYTES, offset):
        offset += len(data)
        while data:
            try:
                member.decompress(data, _READ_BYTES)
            except zlib.error:
                return end
            if member.eof:
                data = member.unused_data
                end = offset - len(data)
                member_count += 1
                if member_count == most_members:
                    return end
                member = zlib.decompressobj(_GZIP)
            else:
                data = member.unconsumed_tail
    return end


def _member_from(fd: int, begin: int, size: int) -> int | None:
    """Return where the next bytes stand that look like the head of a member, None when there are none."""
    offset = begin
    while offset < size and (data := os.pread(fd, _READ_BYTES, offset)):
        at = data.find(_MEMBER)
        if at >= 0:
            return offset + at
        offset += max(1, len(data) - len(_MEMBER) + 1)
    return None
