"""Consistent overhead byte stuffing of at most 254 bytes, which adds exactly one (Cheshire and Baker, IEEE/ACM ToN 7(2), 1999).

A code byte n stands for n - 1 bytes that are not zero and then a zero; the zero after the last block is not there, nor is one
after a block of 254 (code 255). No zero is left, so 0x00 can end a frame.
"""

LONGEST_BYTES = 254


class CobsError(ValueError):
    """Bytes that no encoder makes."""


def encode(data: bytes) -> bytes:
    """Return `data` without zeros, one byte longer. `data` has at most 254 bytes."""
    if len(data) > LONGEST_BYTES:
        raise ValueError(f"{len(data)} bytes; COBS frames of this link have at most {LONGEST_BYTES}")
    return b"".join(bytes((len(block) + 1,)) + block for block in data.split(b"\0"))


def decode(coded: bytes) -> bytes:
    """Return what `coded`, which holds no zero, stands for. CobsError if its blocks do not end where it ends, or it is too long."""
    size = len(coded)
    if not 1 <= size <= LONGEST_BYTES + 1:
        raise CobsError(f"{size} bytes")
    blocks = []
    at = 0
    while at < size:
        after = at + coded[at]
        if after > size or after == at:
            raise CobsError(f"a block of {coded[at]} at {at} of {size} bytes")
        blocks.append(coded[at + 1 : after])
        at = after
    return b"\0".join(blocks)
