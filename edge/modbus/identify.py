"""What a device says it is, where it says so: device identification and server id. Pure.

    43/14  14 │ code │ conformity │ more (0, 255) │ next object │ objects │ each: id, length, text     Modbus V1.1b3, 6.21
    17     bytes │ id, of any form │ run (0, 255) │ whatever the maker likes                           the same, 6.13

Devices put anything there: text is taken as ASCII, what cannot be printed becomes one space, and no text is longer than MOST_TEXT.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from edge.modbus.frame import Call

REPORT_ID = Call(17)
MOST_TEXT = 60
MOST_CALLS = 4  # of 43/14 to one device
_MEI = 14
_BASIC, _REGULAR = 1, 2
_OBJECTS = {0: "maker", 1: "product", 2: "version", 4: "product_name", 5: "model"}
_UNPRINTABLE = re.compile(rb"[^\x20-\x7e]+")
_LEAST_RUN = 3


class Part(NamedTuple):
    """What one answer told, and the object with which the next one goes on, None after the last."""

    texts: dict[str, str]
    next_object: int | None
    is_regular: bool  # it has more than the three objects that every device must have


def ask_for(first_object: int = 0, *, is_regular: bool = False) -> Call:
    """Return the request for the objects from `first_object` on."""
    return Call(43, bytes((_MEI, _REGULAR if is_regular else _BASIC, first_object)))


def identification(data: bytes) -> Part:
    """Return what an answer's data, without unit and function, says; what is cut off or makes no sense is left out."""
    if len(data) < 6 or data[0] != _MEI:
        return Part({}, None, is_regular=False)
    texts = {_OBJECTS[number]: text for number, raw in _objects(data) if number in _OBJECTS and (text := text_of(raw))}
    following = data[4] if data[3] == 0xFF and 0 < data[4] < 0x80 else None
    return Part(texts, following, is_regular=data[2] & 0x7F >= _REGULAR)


def server_id(data: bytes) -> str:
    """Return the answer to REPORT_ID: the text in it, or its bytes where there is none."""
    if not data or len(data) < 2:
        return ""
    raw = data[1 : 1 + data[0]]
    words = [run for run in _UNPRINTABLE.split(raw) if len(run.strip()) >= _LEAST_RUN]
    return text_of(b" ".join(words)) if words else raw[: MOST_TEXT // 3].hex(" ")


def text_of(raw: bytes) -> str:
    """Return what can be printed of a text."""
    return b" ".join(_UNPRINTABLE.sub(b" ", raw).split()).decode("ascii")[:MOST_TEXT].rstrip()


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(data[5]):
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            return
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
