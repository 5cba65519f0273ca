"""When a sentence was true. GNSS time is UTC (NMEA 0183: hhmmss.ss, ddmmyy), and believed only with a fix.

RMC and ZDA carry the date; GGA, GLL, GNS, GST and PUBX,00 only the time of day: they take the date that was told last, as long as the
time of day goes on from there without a gap of more than 10 minutes, across midnight. Without a date the arrival counts. Years of two
digits: 80 to 99 are of the last century (a receiver that was never set, or whose week number ran over), which the source's window refuses.

A sentence without a time belongs to the moment that was named last, or, where the receiver sends it ahead (order.py), to the one that is
named next: then it is held until that comes. Second 60 of a leap second and 24:00:00 are the first moment of the next day.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from edge.decoders.nmea.order import Order
from edge.decoders.nmea.said import Said
from telemetry.point import FieldValue

_DAY_S = 86_400
_GAP_S = 600
_BACK_S = 60  # a sentence of the moment before may come late
_S_NS = 1_000_000_000
_NEXT_NS = 30 * _S_NS  # what was held belongs to the moment named next, if that is no later
_EPOCH = date(1970, 1, 1).toordinal()
_PIVOT = 80
_MOST_FOLLOWERS = 40  # sentences without a time that may belong to one moment


class Placed(NamedTuple):
    """A sentence at its time, ns since 1970 UTC, None for its arrival, with those of its fields that are new at that time."""

    said: Said
    time_ns: int | None
    fields: Mapping[str, FieldValue]


class Moments:
    """The clock of one receiver, as its sentences tell it."""

    __slots__ = (
        "_ahead",
        "_clock_s",
        "_day",
        "_day_text",
        "_followers",
        "_has_fix",
        "_held",
        "_is_confirmed",
        "_now_ns",
        "_order",
        "_step_ns",
        "_told",
    )

    def __init__(self, ahead: frozenset[str] = frozenset()) -> None:
        """`ahead` are addresses (GPHDT) or kinds (HDT) that are known to stand ahead of their moment."""
        self._ahead = ahead
        self._day: int | None = None  # since 1970
        self._day_text = ""
        self._clock_s = 0.0
        self._has_fix = False
        self._is_confirmed = False  # a sentence of this moment that has a time says that there is a fix
        self._now_ns: int | None = None
        self._step_ns = 0  # from the moment before
        self._told: dict[str, FieldValue] = {}
        self._followers = 0
        self._held: list[Said] = []
        self._order = Order()

    def place(self, said: Said, address: str) -> Sequence[Placed]:
        """Return the sentence at its time, and those held for it; nothing while it is held itself. ValueError if its time is none."""
        if said.clock:
            return self._timed(said)
        if said.is_void and self._is_confirmed and "fix_mode" in said.fields:
            return ()  # a constellation without a satellite in the fix (GLGSA,A,1), or already the next moment, which will say so itself
        if said.is_void:
            return self._void(said)
        self._followers += 1
        if not self._has_fix or self._now_ns is None or self._followers > _MOST_FOLLOWERS:
            return (*self._released(None), Placed(said, None, said.fields))
        self._order.untimed(address, said.fields)
        if self._held or address in self._order.openers or address[-3:] in self._ahead or address in self._ahead:
            self._held.append(said)
            return ()
        return (Placed(said, self._now_ns, self._new(said)),)

    def _timed(self, said: Said) -> Sequence[Placed]:
        if said.is_void is not None:
            self._has_fix = not said.is_void
        if not self._has_fix:
            return self._void(said)
        time_ns = self._time(clock_of(said.clock), said.day)
        if time_ns is None:
            released: Sequence[Placed] = self._released(None)
        elif self._now_ns is not None and not 0 <= time_ns - self._now_ns <= _NEXT_NS:
            self._told.clear()
            released = self._released(self._now_ns + self._step_ns)  # the moment that was never named
            self._order.forget()
        else:
            released = ()
        self._move(time_ns)
        self._is_confirmed = self._is_confirmed or said.is_void is False
        self._order.timed(said.fields)
        placed = (Placed(said, time_ns, self._new(said) if time_ns is not None else said.fields),)
        return (*released, *placed, *self._released(time_ns)) if released or self._held else placed

    def _void(self, said: Said) -> Sequence[Placed]:
        self._has_fix = self._is_confirmed = False
        self._now_ns = None
        self._order.forget()
        return (*self._released(None), Placed(said, None, said.fields))

    def _released(self, time_ns: int | None) -> Sequence[Placed]:
        if not self._held:
            return ()
        held, self._held = self._held, []
        return [Placed(said, time_ns, said.fields if time_ns is None else self._new(said)) for said in held]

    def _move(self, time_ns: int | None) -> None:
        self._followers = 0
        if time_ns == self._now_ns:
            return
        if time_ns is not None and self._now_ns is not None and 0 < time_ns - self._now_ns <= _NEXT_NS:
            self._step_ns = time_ns - self._now_ns
        self._now_ns = time_ns
        self._is_confirmed = False
        self._told.clear()
        self._order.turn()

    def _new(self, said: Said) -> Mapping[str, FieldValue]:
        fields, told = said.fields, self._told
        if said.tags:
            series = ",".join(said.tags.values())
            return {name: value for name, value in fields.items() if told.setdefault(f"{series} {name}", value) == value}
        return {name: value for name, value in fields.items() if told.setdefault(name, value) == value}

    def _time(self, clock_s: float, day: str) -> int | None:
        if day and self._day is not None and day == self._day_text and clock_s >= self._clock_s:
            pass  # as the second before
        elif day:
            self._day, self._day_text = days_of(day), day
        elif self._day is not None:
            since_s = (clock_s - self._clock_s) % _DAY_S
            if since_s <= _GAP_S and clock_s < self._clock_s:
                self._day, self._day_text = self._day + 1, ""
            elif since_s >= _DAY_S - _BACK_S and clock_s > self._clock_s:
                self._day, self._day_text = self._day - 1, ""
            elif _GAP_S < since_s < _DAY_S - _BACK_S:
                self._day = None
        self._clock_s = clock_s
        return None if self._day is None else self._day * _DAY_S * _S_NS + round(clock_s * 1_000_000) * 1_000


def clock_of(text: str) -> float:
    """Return seconds since midnight of hhmmss.ss; ValueError if it is no time of day."""
    if not 6 <= len(text) <= 16 or not text.replace(".", "", 1).isdecimal() or "." in text[:6]:
        raise ValueError(f"{text[:20]!r} is no time of day")
    hours, minutes, seconds = int(text[:2]), int(text[2:4]), float(text[4:])
    is_end = hours == 24 and minutes == 0 and seconds == 0
    if (hours > 23 and not is_end) or minutes > 59 or seconds >= 61:  # 60: a leap second
        raise ValueError(f"{text[:20]!r} is no time of day")
    return hours * 3600 + minutes * 60 + seconds


def days_of(text: str) -> int:
    """Return days since 1970 of ddmmyy or ddmmyyyy; ValueError if it is no date."""
    if len(text) not in {6, 8} or not text.isdecimal():
        raise ValueError(f"{text[:20]!r} is no date")
    year = int(text[4:])
    if len(text) == 6:
        year += 1900 if year >= _PIVOT else 2000
    return date(year, int(text[2:4]), int(text[:2])).toordinal() - _EPOCH
