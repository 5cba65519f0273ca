"""Which sentences without a time open the next moment, as their numbers tell.

GSA, GSV and VTG carry no time. Most receivers send them behind the RMC or GGA of their moment, some ahead of it, and in the stream both
look alike: RMC GSA RMC GSA. But course, speed and HDOP are told twice: what agrees with the moment behind it and not with the one before it
leads. An address (GPVTG) is known by two votes more for it than against it. In a run of sentences without a time, all behind the last one
that is known to trail lead, if one of them is known to: GSV, which agrees with nothing, goes with its neighbours.
"""

from collections.abc import Mapping

from telemetry.point import FieldValue

_SLACK = {"course": 0.051, "speed": 0.03, "hdop": 0.051}  # the digits that two sentences of one moment may differ by
_KNOWN = 2
_SUREST = 4
_MOST_ADDRESSES = 20
_LONGEST = 40  # sentences of a run

Shared = dict[str, float]


class Order:
    """What is learned of one receiver: `openers` are the addresses that begin the next moment."""

    __slots__ = ("_after", "_before", "_run", "_run_before", "_scores", "openers")

    def __init__(self) -> None:
        self.openers: frozenset[str] = frozenset()
        self._scores: dict[str, int] = {}  # above 0: leads
        self._before: Shared = {}  # what the sentences with a time told, in the moment before the run that waits for its verdict
        self._after: Shared = {}  # and in the moment that goes on
        self._run_before: list[tuple[str, Shared]] = []  # between the two
        self._run: list[tuple[str, Shared]] = []  # since then

    def timed(self, fields: Mapping[str, FieldValue]) -> None:
        """A sentence with the time of the moment that goes on."""
        _share(fields, self._after)

    def untimed(self, address: str, fields: Mapping[str, FieldValue]) -> None:
        """A sentence without a time."""
        if len(self._run) < _LONGEST:
            shared: Shared = {}
            _share(fields, shared)
            self._run.append((address, shared))

    def turn(self) -> None:
        """The next moment was named: what was told between the two before is weighed."""
        if self._run_before:
            for address, shared in self._run_before:
                self._weigh(address, shared)
            self._learn([address for address, _ in self._run_before])
        self._before, self._after = self._after, {}
        self._run_before, self._run = self._run, []

    def forget(self) -> None:
        """The moments before are no neighbours of those that come."""
        self._before, self._after = {}, {}
        self._run_before, self._run = [], []

    def _weigh(self, address: str, shared: Shared) -> None:
        """Add the vote of one sentence, for or against: that of its first quantity which agrees with one side alone."""
        for name, value in shared.items():
            if name not in self._before or name not in self._after:
                continue
            slack = _SLACK[name]
            trails, leads = abs(value - self._before[name]) <= slack, abs(value - self._after[name]) <= slack
            if trails != leads and (address in self._scores or len(self._scores) < _MOST_ADDRESSES):
                score = self._scores.get(address, 0) + (1 if leads else -1)
                self._scores[address] = max(-_SUREST, min(_SUREST, score))
                return

    def _learn(self, addresses: list[str]) -> None:
        scores = [self._scores.get(address, 0) for address in addresses]
        behind = next((at + 1 for at in range(len(scores) - 1, -1, -1) if scores[at] <= -_KNOWN), 0)
        openers = self.openers - set(addresses[:behind])
        if any(score >= _KNOWN for score in scores[behind:]):
            openers |= {addresses[behind]}
        self.openers = openers


def _share(fields: Mapping[str, FieldValue], shared: Shared) -> None:
    for name in _SLACK:
        value = fields.get(name)
        if isinstance(value, float):
            shared.setdefault(name, value)
