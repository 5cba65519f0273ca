"""The boots of a gateway, and where one that never learnt the time belongs. Pure.

A boot that gained trust has an offset, never revised: a reading taken `b` ns after that boot happened at offset + b. A boot that ended
without trust is known only between bounds: not before the last trusted time before it, and not after the start of the next boot that
gained trust. Within them it is put where the host's own clock had it, as far as that fits, several such boots one behind the other. Where
even their length does not fit, time is pressed. Once a boot has a place it keeps it, since lines may have been sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.clock.trust import EARLIEST_NS, TICK_NS

_NEVER_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """When a boot happened: boot time `b` is `start_ns` + b, pressed so that `length_ns` of boot time ends by `end_ns`.

    `length_ns` is 0 where the start is known and nothing needs to be pressed. Points of an estimated place are marked.
    """

    start_ns: int
    end_ns: int
    length_ns: int
    is_estimated: bool = False

    def at(self, boot_ns: int) -> int:
        """Return the time of a boot time; never beyond `end_ns`, and in the order of `boot_ns`."""
        room_ns = self.end_ns - self.start_ns
        if self.length_ns > room_ns:
            return self.start_ns + min(boot_ns, self.length_ns) * room_ns // max(1, self.length_ns)
        return min(self.start_ns + boot_ns, self.end_ns)


@dataclass(frozen=True, slots=True)
class Boot:
    """What is known of one boot.

    `floor_ns`: nothing of it happened before. `host_start_ns`: its start by the host's clock, a hint. `length_ns`: boot time of the last
    sign of life. `place` is None until it is known, and is never revised.
    """

    id: str
    floor_ns: int
    host_start_ns: int
    length_ns: int = 0
    place: Place | None = None


def gained(boots: Sequence[Boot], offset_ns: int, now_boot_ns: int, *, is_estimated: bool = False) -> list[Boot]:
    """Return the boots with a place for each: the last one's start is `offset_ns`, which is trusted at boot time `now_boot_ns`.

    `is_estimated`: it was so late that what came before may be off by more than the config allows.
    """
    last = boots[-1]
    now_ns = offset_ns + now_boot_ns
    first_ns = min(max(offset_ns, last.floor_ns), now_ns)  # a floor within the error of the clocks
    placed = replace(last, place=last.place or _placed_last(last, offset_ns, now_boot_ns, is_estimated))
    return [*_between(boots[:-1], first_ns), placed]


def with_floor(boots: Sequence[Boot], start_ns: int) -> list[Boot]:
    """Return the boots with a lower floor for those without a place: the last of them began at `start_ns`, the others before it."""
    waiting_ns = sum(boot.length_ns for boot in boots[:-1] if boot.place is None)
    floor_ns = max(EARLIEST_NS, start_ns - waiting_ns)
    return [boot if boot.place else replace(boot, floor_ns=min(boot.floor_ns, floor_ns)) for boot in boots]


def _placed_last(boot: Boot, offset_ns: int, now_boot_ns: int, is_estimated: bool) -> Place:
    if offset_ns >= boot.floor_ns:
        return Place(offset_ns, _NEVER_NS, 0, is_estimated)
    end_ns = (offset_ns + now_boot_ns) // TICK_NS * TICK_NS  # what is stamped from now on is cut to that, and comes after
    return Place(boot.floor_ns, max(boot.floor_ns, end_ns), now_boot_ns, is_estimated)


def _between(boots: Sequence[Boot], upper_ns: int) -> list[Boot]:
    """Give those without a place one that ends before `upper_ns`."""
    waiting = [boot for boot in boots if boot.place is None]
    left_ns = sum(boot.length_ns for boot in waiting)
    low_ns = 0
    result = []
    for boot in waiting:
        low_ns = min(max(low_ns, boot.floor_ns), upper_ns)
        room_ns = upper_ns - low_ns
        if left_ns <= room_ns:
            latest_ns = upper_ns - left_ns
            start_ns = min(max(boot.host_start_ns, low_ns), latest_ns)
            end_ns = start_ns + boot.length_ns
        else:
            start_ns = low_ns
            end_ns = low_ns + room_ns * boot.length_ns // max(1, left_ns)
        left_ns -= boot.length_ns
        result.append(replace(boot, place=Place(start_ns, end_ns, boot.length_ns, is_estimated=True)))
        low_ns = end_ns
    places = {boot.id: boot for boot in result}
    return [places.get(boot.id, boot) for boot in boots]
