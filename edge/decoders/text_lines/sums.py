r"""Checksums at the end of a line of text, as instruments that are no NMEA receivers use them.

$LVX,1234,1235,…*5A       the exclusive or of all between the first character and the last *
\x02Q,229,…,\x03 16       of all between STX and ETX (Gill WindSonic user manual, "Checksum")
"""

import re

from edge.framers.checksums import xor8

_STAR = re.compile(rb"[$!#]?(.*)\*([0-9A-Fa-f]{2})", re.DOTALL)
_ETX = re.compile(rb"(?:.*\x02)?(.*)\x03([0-9A-Fa-f]{2})", re.DOTALL)


def summed(line: bytes) -> bytes | None:
    """Return the line without its checksum; None if there is none, or it is wrong."""
    line = line.strip()
    for shape in (_STAR, _ETX):
        found = shape.fullmatch(line)
        if found and xor8(found[1]) == int(found[2], 16):
            return line[: found.end(1)]
    return None
