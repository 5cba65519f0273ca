"""The daily files of the agent's `file` uplink, read while it may be writing them."""

import zlib
from pathlib import Path


def delivered(folder: Path) -> bytes:
    """Return the line protocol of all files of a folder; a gzip member that is still being written is left out."""
    return b"".join(text for path in sorted(folder.glob("*.lp.gz")) for text in _whole_members(path.read_bytes()))


def _whole_members(data: bytes) -> list[bytes]:
    texts = []
    while data:
        member = zlib.decompressobj(31)
        text = member.decompress(data)
        if not member.eof:
            break
        texts.append(text)
        data = member.unused_data
    return texts
