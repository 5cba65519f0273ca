"""What a board says of itself, made fit for tags, file names, logs and terminals: a board is untrusted input."""

import re

from firmware_bridge.link.messages import Hello
from telemetry.identifiers import is_id

_SHOWN = 80
_UID_TAIL = 4
_LONGEST_ID = 63
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)


def shown(text: str, most: int = _SHOWN) -> str:
    """Return `text` on one line, short, and without what a terminal would obey."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in text[: most + 1])
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def device_of(hello: Hello, source: str, configured: str = "") -> str:
    """Return the tag `device`: what the config says, else the identity that was written to the board, else source and unique id."""
    if configured:
        return configured
    written = _NOT_OF_AN_ID.sub("-", hello.device).strip("-._")[:_LONGEST_ID]
    if is_id(written):
        return written
    tail = hello.uid[-_UID_TAIL:].hex()
    return f"{source[: _LONGEST_ID - len(tail) - 1]}-{tail}" if tail else source
