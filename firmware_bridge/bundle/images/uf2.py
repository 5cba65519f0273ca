"""UF2 (github.com/microsoft/uf2): blocks of 512 bytes, each with its own address and family id.

magic "UF2\\n", 0x9E5D5157, flags u32, address u32, payload u32, number u32, count u32, size or family id u32, 476 bytes, 0x0AB16F30
"""

import struct

from firmware_bridge.bundle.images import ImageFacts, ImageProblem, joined
from telemetry.said import said

_HEAD = struct.Struct("<8L")
_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_BLOCK = 512
_NOT_MAIN_FLASH, _HAS_FAMILY = 0x0001, 0x2000
_MOST_PAYLOAD = 476


def facts(content: bytes) -> ImageFacts:
    """Return which addresses the file writes and for which families. Raises ImageProblem."""
    if not content or len(content) % _BLOCK:
        raise ImageProblem(
            said(
                f"{len(content)} byte không phải UF2, vốn gồm các khối {_BLOCK}; tệp bị cụt hoặc thuộc loại khác",
                f"{len(content)} bytes are no UF2, which is blocks of {_BLOCK}; the file is cut off or another kind",
            )
        )
    spans: list[tuple[int, int]] = []
    families: set[int] = set()
    for at in range(0, len(content), _BLOCK):
        first, second, flags, address, payload, number, count, family = _HEAD.unpack_from(content, at)
        last = int.from_bytes(content[at + _BLOCK - 4 : at + _BLOCK], "little")
        if (first, second, last) != _MAGIC:
            raise ImageProblem(said(f"khối {at // _BLOCK} không phải UF2", f"block {at // _BLOCK} is no UF2"))
        if payload > _MOST_PAYLOAD or number >= count:
            raise ImageProblem(
                said(
                    f"khối {at // _BLOCK} khai payload {payload}, số {number} trên {count}",
                    f"block {at // _BLOCK} says payload {payload}, number {number} of {count}",
                )
            )
        if flags & _NOT_MAIN_FLASH:
            continue
        if flags & _HAS_FAMILY:
            families.add(family)
        spans.append((address, address + payload))
    if not spans:
        raise ImageProblem(said("tệp không ghi gì", "the file writes nothing"))
    return ImageFacts(joined(spans), uf2_families=frozenset(families))
