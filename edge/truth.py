"""Whether a value is to be believed: quality bits for warm-up, flat line, implausible jump and expiry.

The limits are those of telemetry/catalogue/limits.py. Out of range is decided without a memory (edge/field_plan.py); here is what takes
one. Pure: times are given, in ns on one time line. Values are never changed or held back, only marked.

- *Warm-up* begins when a sensor is back after a silence of COLD_S that is not its way (it had been steady, or was never silent for a
  third as long: who reports every ten minutes never warms up), when its serial port was unplugged and is back, when one appears that was
  not there in the first hour, and with what it says of itself (field `uptime_s`). A start of the agent alone says nothing of the sensors.
- *Flat line*: one value exactly, for `flat_s` and MIN_FLAT readings; over at the first other value.
- *Implausible jump*: farther from the last believed value than the time between allows. When MIN_STEADY readings in a row agree
  among themselves, the new level is believed: a spike is marked, also a long one, a step at its beginning only.
- *Stale*: a last value older than `expires_s`.

A reading older than the last one (the past, told late) is not judged. One of the same time is, but for values that are repeated: those get
the bits they had.

Hot path: `judge` takes a number that moved by less than `jump` without a call; `_judged` gives the same for all others.
"""

from collections.abc import Iterable, Mapping

from telemetry import quality
from telemetry.catalogue.limits import Limits
from telemetry.point import FieldValue

COLD_S = 300.0
NEW_S = 3600.0  # a sensor that first appears so long after the others is new
STEADY = 20  # readings without such a silence: its way is to come often
MIN_FLAT = 10
MIN_STEADY = 3

_S = 1_000_000_000
_COLD_NS = round(COLD_S * _S)
_NONE: Mapping[str, int] = {}


class _Field:
    """One field of one series: the last believed value, since when it stands, and a level that is not believed yet."""

    __slots__ = (
        "at_ns",
        "bit",
        "jump",
        "limits",
        "name",
        "odd_at_ns",
        "odd_count",
        "odd_value",
        "same_count",
        "since_ns",
        "value",
        "warm_ns",
    )

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.jump = limits.jump
        self.warm_ns = limits.warm_up_s * _S
        self.value: float | None = None
        self.at_ns = self.since_ns = self.odd_at_ns = 0
        self.odd_value = 0.0
        self.same_count = self.odd_count = 0
        self.bit = quality.GOOD

    def believe(self, value: float, at_ns: int) -> None:
        self.value = value
        self.at_ns = self.since_ns = at_ns
        self.same_count = 1
        self.odd_count = 0

    def is_repeated(self, value: float, at_ns: int) -> bool:
        """Whether this value came at this time before."""
        is_odd = self.odd_count > 0 and value == self.odd_value and at_ns == self.odd_at_ns
        return is_odd or (value == self.value and at_ns == self.at_ns)


class SeriesTruth:
    """The memory of one series."""

    __slots__ = ("_fields", "_last_ns", "_longest_ns", "_silence_ns", "_since_silence", "_started_ns")

    def __init__(self, at_ns: int, *, is_new: bool) -> None:
        """`at_ns`: its first reading; `is_new`: the sensor was not there before, as far as we know."""
        self._fields: list[_Field] = []
        self._last_ns = at_ns - 1
        self._started_ns = at_ns if is_new else None
        self._longest_ns = 0.0
        self._silence_ns = 0  # the last one beyond COLD_S
        self._since_silence = 0  # readings

    def judge(self, limits: Mapping[str, Limits], fields: Mapping[str, FieldValue], at_ns: int) -> Mapping[str, int]:
        """Return the bits of those of `fields` that are not to be believed; call once a reading. `limits` may only grow."""
        quiet_ns = at_ns - self._last_ns
        if quiet_ns < 0:
            return _NONE
        self._last_ns = at_ns
        if len(self._fields) < len(limits):
            self._fields += [_Field(name, limits[name]) for name in list(limits)[len(self._fields) :]]
            self._longest_ns = max(state.warm_ns for state in self._fields)
        is_warm = self._is_warm(quiet_ns, fields.get("uptime_s"), at_ns) and quiet_ns > 0
        made: dict[str, int] | None = None
        for state in self._fields:
            value = fields.get(state.name)
            if value.__class__ is float and is_warm and state.value is not None:
                moved = value - state.value
                if moved and -state.jump <= moved <= state.jump:
                    state.value = value
                    state.at_ns = state.since_ns = at_ns
                    state.same_count = 1
                    state.odd_count = state.bit = 0
                    continue
            elif value is None or isinstance(value, str | bool):
                continue
            bit = self._judged(state, value, at_ns)
            if bit:
                made = made or {}
                made[state.name] = bit
        return made or _NONE

    def _is_warm(self, quiet_ns: int, uptime_s: FieldValue | None, at_ns: int) -> bool:
        self._since_silence += 1
        if quiet_ns > _COLD_NS:
            if self._since_silence > STEADY or 0 < 3 * self._silence_ns < quiet_ns:
                self._started_ns = at_ns
            self._silence_ns, self._since_silence = quiet_ns, 0
        if isinstance(uptime_s, float) and 0 <= uptime_s < COLD_S:
            self._started_ns = at_ns - round(uptime_s * _S)
        if self._started_ns is not None and at_ns - self._started_ns >= self._longest_ns:
            self._started_ns = None
        return self._started_ns is None

    def restarted(self, at_ns: int) -> None:
        """The sensor got power at that time, as far as can be told."""
        self._started_ns = max(at_ns, self._last_ns)

    def shift(self, by_ns: int) -> None:
        """The time line moves: what was at t is at t + by_ns."""
        self._last_ns += by_ns
        if self._started_ns is not None:
            self._started_ns += by_ns
        for state in self._fields:
            state.at_ns += by_ns
            state.since_ns += by_ns
            state.odd_at_ns += by_ns

    def _judged(self, state: _Field, value: float, at_ns: int) -> int:
        if state.is_repeated(value, at_ns):
            return state.bit
        state.bit = _judged(state, value, at_ns)
        if self._started_ns is not None and at_ns - self._started_ns < state.warm_ns:
            state.bit |= quality.WARM_UP
        elif (
            self._started_ns is not None
            and at_ns - self._started_ns > _COLD_NS
            and all(at_ns - self._started_ns >= other.warm_ns for other in self._fields)
        ):
            self._started_ns = None
        return state.bit


def is_expired(expires_s: Iterable[float], age_ns: int) -> bool:
    """Whether a point of fields that expire after `expires_s`, measured `age_ns` ago, says nothing of now any more."""
    return age_ns > max(expires_s, default=float("inf")) * _S


def _judged(state: _Field, value: float, at_ns: int) -> int:
    limits = state.limits
    if state.value is None:
        state.believe(value, at_ns)
        return quality.GOOD
    if value == state.value:
        state.at_ns = at_ns
        state.odd_count = 0
        state.same_count += 1
        is_flat = state.same_count >= MIN_FLAT and at_ns - state.since_ns >= limits.flat_s * _S and value not in limits.rests
        return quality.FLAT_LINE if is_flat else quality.GOOD
    if _is_near(limits, value - state.value, at_ns - state.at_ns):
        state.believe(value, at_ns)
        return quality.GOOD
    is_steady = state.odd_count and _is_near(limits, value - state.odd_value, at_ns - state.odd_at_ns)
    state.odd_count = state.odd_count + 1 if is_steady else 1
    state.odd_value, state.odd_at_ns = value, at_ns
    if state.odd_count < MIN_STEADY:
        return quality.IMPLAUSIBLE_JUMP
    state.believe(value, at_ns)
    return quality.GOOD


def _is_near(limits: Limits, difference: float, elapsed_ns: int) -> bool:
    return abs(difference) <= limits.jump + limits.jump_per_s * (elapsed_ns / _S) or elapsed_ns > limits.expires_s * _S
