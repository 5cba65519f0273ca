"""Readings whose time is not known yet: what a provisional record holds, and how it becomes line protocol once time is.

The body is one gzip member of JSON lines, one a point, in the form of docs/specs/wire.md (section 5) with these keys besides:

    time         ns since boot (CLOCK_BOOTTIME) when the reading arrived, or was taken, where the device says how old it is (below 0: before
                 this boot); no two points of a series have the same
    boot         id of that boot
    device_time  ns since 1970 UTC by the device's own clock, where it has one, with
    window       [past, ahead]: how many ns it may be behind or ahead of the arrival to be believed
    away         [from, to, nth, pace, is_from_boot]: the message had queued at the broker since `from` (ns since 1970 UTC, or since boot),
                 and `to` (ns since boot) is when we were back; see edge/absence.py

Re-timing is a function of these lines and of the boot's place, which never changes: sent twice, they are the same bytes.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.absence import while_away
from edge.arrival import Away, DeviceTime, disbelieved
from edge.clock.boots import Place
from edge.spool.record import LINES, PROVISIONAL, Payload
from edge.spool.segment_reader import Record
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import encode
from telemetry.lineprotocol.jsonform import dump_point, point_of
from telemetry.point import Point


def dump(point: Point, boot_id: str, device: DeviceTime | None = None, away: Away | None = None) -> str:
    """Return the JSON line, without its LF, of a point that arrived at boot time `point.time_ns`."""
    more: dict[str, object] = {"boot": boot_id}
    if device is not None:
        more |= {"device_time": device.time_ns, "window": [device.past_ns, device.ahead_ns]}
    if away is not None:
        more["away"] = [*away[:-1], int(away.is_from_boot)]
    return f"{dump_point(point)[:-1]}, {json.dumps(more)[1:]}"


def boot_of(record: Record) -> str | None:
    """Return the id of the boot that a provisional record is of, None when it does not say."""
    try:
        first = gzip.decompress(record.payload.body).split(b"\n", 1)[0]
        return str(json.loads(first)["boot"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return None


def retimed(record: Record, place: Callable[[str], Place | None]) -> tuple[Record, int] | None:
    """Return the record as line protocol, and how many of its lines could not be read; None while a boot of it has no place."""
    lines: list[bytes] = []
    times: list[int] = []
    unread = 0
    for text in gzip.decompress(record.payload.body).splitlines():
        try:
            tree = json.loads(text)
            where = place(str(tree["boot"]))
            if where is None:
                return None
            point = _placed(tree, where)
            lines.append(encode(point))
        except (ValueError, KeyError, TypeError, RejectedError):
            unread += 1
            continue
        times.append(point.time_ns)
    raw = b"\n".join([*lines, b""])
    body = gzip.compress(raw, 6, mtime=0) if lines else b""
    first_ns, last_ns = min(times, default=0), max(times, default=0)
    head = replace(record.head, kind=LINES, first_ns=first_ns, last_ns=last_ns, count=len(lines), raw_bytes=len(raw), body_bytes=len(body))
    return replace(record, head=head, payload=Payload(record.payload.receipts, body)), unread


def timed_if_known(record: Record, place: Callable[[str], Place | None]) -> Record:
    """Return a record as line protocol; as it is while a boot of it has no place."""
    made = retimed(record, place) if record.head.kind == PROVISIONAL else None
    return made[0] if made else record


def _placed(tree: Mapping[str, object], place: Place) -> Point:
    point = point_of(tree)
    time_ns, bits = place.at(max(0, point.time_ns)) + min(0, point.time_ns), quality.CLOCK_ESTIMATED if place.is_estimated else quality.GOOD
    if "device_time" in tree:
        own_ns, (past_ns, ahead_ns) = _whole(tree["device_time"]), _wholes(tree["window"], 2)
        early_ns, late_ns = (place.start_ns, place.end_ns) if place.length_ns else (time_ns, time_ns)
        if early_ns - past_ns <= own_ns <= late_ns + ahead_ns:
            time_ns, bits = own_ns, quality.GOOD
        else:
            bits |= disbelieved(own_ns, time_ns)
    elif "away" in tree:
        from_ns, to_boot_ns, nth, pace_ns, is_from_boot = _wholes(tree["away"], 5)
        to_ns = place.at(to_boot_ns)
        time_ns = while_away(min(place.at(from_ns) if is_from_boot else from_ns, to_ns), to_ns, nth, pace_ns)
        bits |= quality.TIME_RECONSTRUCTED
    before = point.fields.get("quality", quality.GOOD)
    fields = {**point.fields, "quality": (before if isinstance(before, int) else quality.GOOD) | bits}
    return Point(point.measurement, point.tags, fields, time_ns)


def _wholes(value: object, count: int) -> list[int]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"{value!r} are not {count} numbers")
    return [_whole(one) for one in value]


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")  # noqa: TRY004 (a line that cannot be read, whatever is wrong with it)
    return value
