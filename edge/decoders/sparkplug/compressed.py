"""Compressed payloads of Eclipse Tahu and Node-RED: a payload whose `uuid` says so, with the real one in `body`, as GZIP or DEFLATE.

Metric `algorithm` names which; the body itself tells too, also DEFLATE without zlib's header, which .NET writes. What comes out has the
limit of any payload, so that a small message cannot become a large one.
"""

import zlib
from typing import Any, Final

from edge.decoders.decoder import shown
from edge.decoders.sparkplug.schema import read_payload
from telemetry.errors import RejectedError

COMPRESSED: Final = "SPBV1.0_COMPRESSED"

_ALGORITHMS = frozenset({"GZIP", "DEFLATE"})
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


def decompressed(outer: Any, max_bytes: int) -> Any:
    """Return the payload in `outer`, with the number and time of `outer` where it has none; RejectedError if there is none."""
    named = next((one.string_value for one in outer.metrics if one.name == "algorithm"), "GZIP")
    if not isinstance(named, str) or named.upper() not in _ALGORITHMS:
        raise RejectedError(f"compressed with {shown(named)}; known: {', '.join(sorted(_ALGORITHMS))}")
    body = outer.body
    decompressor = zlib.decompressobj(_GZIP_OR_ZLIB if _has_header(body) else -zlib.MAX_WBITS)
    try:
        content = decompressor.decompress(body, max_bytes + 1)
    except zlib.error:
        raise RejectedError("a compressed payload whose body cannot be decompressed") from None
    if len(content) > max_bytes:
        raise RejectedError(f"a compressed payload of more than {max_bytes} bytes (max_payload_bytes)")
    if not decompressor.eof:
        raise RejectedError("a compressed payload whose body ends too soon")
    inner = read_payload(content)
    if inner.uuid == COMPRESSED:
        raise RejectedError("a compressed payload in a compressed payload")
    if not inner.HasField("seq") and outer.HasField("seq"):
        inner.seq = outer.seq
    if not inner.timestamp:
        inner.timestamp = outer.timestamp
    return inner


def _has_header(body: bytes) -> bool:
    """Tell whether this begins as gzip (RFC 1952) or zlib (RFC 1950, section 2.2) does."""
    return body[:2] == _GZIP_MAGIC or (len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0)
