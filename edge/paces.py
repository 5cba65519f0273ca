"""What the end of the spool tells of each series of a source: when its last point was, and how far apart its points are. Pure."""

import re
import zlib
from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from statistics import median_low

from edge.spool.lines import split_lines

_GZIP = 31
_SERIES = re.compile(rb"(?:[^\\ ]|\\.)+")  # up to the first space that is not escaped
_POINTS = 32


def paces(bodies: Iterable[bytes]) -> dict[str, tuple[int, int]]:
    """Return last time and usual distance (ns; 0 when there is but one point) by series key, of gzip members of our own lines."""
    times: dict[str, deque[int]] = {}
    for body in bodies:
        try:
            lines = split_lines(zlib.decompress(body, wbits=_GZIP))
        except zlib.error:
            continue
        for line in lines:
            series, time = _SERIES.match(line), line.rpartition(b" ")[2]
            if series and time.isdigit():
                times.setdefault(series[0].decode("utf-8", "replace"), deque(maxlen=_POINTS)).append(int(time))
    return {series: (max(each), _pace(each)) for series, each in times.items()}


def _pace(times: deque[int]) -> int:
    ordered = sorted(times)
    return median_low([later - earlier for earlier, later in pairwise(ordered)]) if len(ordered) > 1 else 0
