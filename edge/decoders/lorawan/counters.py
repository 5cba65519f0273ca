"""Frame counters: which uplinks of a device never came here.

A device counts its uplinks from 0 after each join (LoRaWAN 1.0.4, section 4.3.1.5). The network server tells the counter in 32 bits, some
tell the 16 bits that are sent. A counter that goes on with a gap means uplinks not received, told once. What goes back is a new session
when the join was seen, or when its time is after that of the last uplink; otherwise it is late or came twice, and is no news. An uplink
that comes late after all stays counted as missed.
"""

from collections import OrderedDict
from typing import NamedTuple

from edge.decoders.decoder import Missed

MOST_DEVICES = 5_000
_MOST_GAP = 16_384  # MAX_FCNT_GAP of LoRaWAN 1.0: beyond it the counters of the two sides have lost each other
_TURN = 2**16
_LATE = 32  # uplinks that may overtake one another where no times tell


class _State(NamedTuple):
    f_cnt: int | None  # None: joined, nothing heard yet
    time_ns: int | None


class FrameCounters:
    """The last counter of each device; the one that was silent longest is forgotten first."""

    def __init__(self, most_devices: int = MOST_DEVICES) -> None:
        self._most = most_devices
        self._known: OrderedDict[str, _State] = OrderedDict()

    def joined(self, device: str, time_ns: int | None) -> None:
        """A join: the next uplink begins at 0."""
        self._remember(device, _State(None, time_ns))

    def note(self, device: str, f_cnt: int, time_ns: int | None) -> Missed | None:
        """Take the counter of an uplink; return what was missed before it."""
        state = self._known.get(device)
        if state is None:
            self._remember(device, _State(f_cnt, time_ns))
            return None
        last = state.f_cnt
        if last is None:
            missing = _of_new_session(f_cnt)
        elif f_cnt > last:
            missing = f_cnt - last - 1
        elif (turned := _turned(last, f_cnt)) is not None:
            missing = turned - 1
        elif f_cnt == last or _is_late(state, f_cnt, time_ns):
            self._known.move_to_end(device)
            return None
        else:
            missing, last = _of_new_session(f_cnt), None
        self._remember(device, _State(f_cnt, time_ns))
        if missing <= 0:
            return None
        if missing > _MOST_GAP:
            return Missed(
                "not received",
                None,
                f"uplinks of {device}: counter went from {last} to {f_cnt}, further than it can",
                state.time_ns,
                time_ns,
            )
        first = "a new session" if last is None else f"f_cnt {(last + 1) % _TURN if f_cnt < last else last + 1}"
        return Missed("not received", missing, f"uplinks of {device}: from {first} to before f_cnt {f_cnt}", state.time_ns, time_ns)

    def _remember(self, device: str, state: _State) -> None:
        self._known[device] = state
        self._known.move_to_end(device)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _of_new_session(f_cnt: int) -> int:
    """Some devices begin at 1: so many were missed at least."""
    return f_cnt - 1


def _turned(last: int, f_cnt: int) -> int | None:
    """Return how far a 16-bit counter went if it passed 65,535, None if it did not."""
    if last >= _TURN:
        return None
    step = f_cnt + _TURN - last
    return step if step <= _MOST_GAP else None


def _is_late(state: _State, f_cnt: int, time_ns: int | None) -> bool:
    if state.time_ns is not None and time_ns is not None:
        return time_ns <= state.time_ns
    return state.f_cnt is not None and f_cnt > 1 and state.f_cnt - f_cnt <= _LATE
