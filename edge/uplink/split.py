"""After a refused request: which of its lines to send again, until every good one is stored and every bad one has its reason.

Pure: the caller sends what `next` returns and hands the Answer to `answered`. Sending a line twice is harmless, so it is
right with servers that store the good part of a refused request (InfluxDB 1.x) and with those that store nothing (2.x, 3).

- Words that name the bad lines (runtime/influx_causes.py): these are refused, the rest is sent once more.
- Other words: both halves are sent, and so on, breadth first, until the bad line is alone: 2 log2(n) requests a bad line.
- No storm: after `_ALL_REFUSED` refusals and nothing stored, single lines from all over the batch are sent. When 20 of them
  were refused with the same words (numbers and quotes aside), the remainder is refused with those words. After `most_requests`
  the remainder is refused too. Refused lines are set aside, not lost: they can be sent again by hand.
"""

import re
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from edge.uplink.suspects import Suspects, find_suspects
from runtime.influx_answers import Action, Answer

_ALL_REFUSED = 6
_SAMPLES = 20
_FEW = 10  # lines worth their own requests whatever the others did
_QUOTED = re.compile(r"'.*'|\".*?\"|\d+", re.DOTALL)


class Refusal(NamedTuple):
    """A line that the server does not take, and why, in its words."""

    line: bytes
    reason: str


class Splitter:
    """The search for the bad lines of one refused request.

        splitter = Splitter(lines, answer)
        while (part := splitter.next()) is not None:
            splitter.answered(send(part))
            if splitter.must_wait: ...    # later: go on with next(), or drop this object and send the whole request again

    `refused` and `accepted_count` are final when `is_done`; until then keep nothing of them on disk.
    """

    def __init__(self, lines: Sequence[bytes], first: Answer, most_requests: int = 600) -> None:
        """`lines` were refused with `first`; each is one line of line protocol, without its LF."""
        self._groups: deque[list[bytes]] = deque([list(lines)])
        self._requests_left = most_requests
        self._refusal_count = 0
        self._single_words: list[str] = []
        self._has_sampled = False
        self._random = Random(len(lines))  # noqa: S311 -- the same batch is searched in the same way
        self.accepted_count = 0
        self.refused: list[Refusal] = []
        self.request_count = 0
        self.gave_up = False
        self.must_wait: Answer | None = None
        self._take_refusal(self._groups.popleft(), first)

    @property
    def is_done(self) -> bool:
        return not self._groups

    def next(self) -> Sequence[bytes] | None:
        """Return the lines to send next, None when the search is over. After a `must_wait` it is the same lines again."""
        return self._groups[0] if self._groups else None

    def answered(self, answer: Answer) -> None:
        """Take the answer to the lines `next` returned; HOLD and RETRY leave all as it was and set `must_wait`."""
        if answer.action in (Action.HOLD, Action.RETRY):
            self.must_wait = answer
            return
        self.must_wait = None
        self.request_count += 1
        self._requests_left -= 1
        group = self._groups.popleft()
        if answer.action is Action.ACCEPT:
            self.accepted_count += len(group)
        else:
            self._take_refusal(group, answer)
        if self._groups and self._requests_left <= 0:
            self._give_up(f"{_reason(answer)} (not told apart within {self.request_count} requests)")

    def _take_refusal(self, group: list[bytes], answer: Answer) -> None:
        self._refusal_count += 1
        suspects = find_suspects(group, answer)
        if len(group) == 1:
            self._refuse_single(group[0], suspects, answer)
        elif suspects.is_certain:
            self.refused += [Refusal(line, reason) for line, reason in suspects.named]
            if suspects.others:
                self._groups.appendleft(suspects.others)
        elif suspects.named and suspects.others:
            self._groups += [suspects.others, [line for line, _ in suspects.named]]
        else:
            middle = len(group) // 2
            self._groups += [group[:middle], group[middle:]]
        self._watch_for_a_storm(answer)

    def _refuse_single(self, line: bytes, suspects: Suspects, answer: Answer) -> None:
        reason = suspects.named[0][1] if suspects.named else _reason(answer)
        self.refused.append(Refusal(line, reason))
        self._single_words.append(_QUOTED.sub("", reason))

    def _watch_for_a_storm(self, answer: Answer) -> None:
        if self.accepted_count or answer.status == 413 or self._refusal_count <= _ALL_REFUSED:
            return
        if not self._has_sampled:
            self._has_sampled = True
            self._sample()
        elif len(self._single_words) >= _SAMPLES and len(set(self._single_words)) == 1 and self._left_count() > _FEW:
            self._give_up(_reason(answer))

    def _left_count(self) -> int:
        return sum(map(len, self._groups))

    def _sample(self) -> None:
        """Put single lines from all over what is left in front."""
        rest = [line for group in self._groups for line in group]
        bounds = [index * len(rest) // _SAMPLES for index in range(_SAMPLES + 1)]
        picks = {self._random.randrange(low, high) for low, high in pairwise(bounds) if low < high}  # even steps would meet one device only
        position = 0
        groups: list[list[bytes]] = []
        for group in self._groups:
            groups.append([line for index, line in enumerate(group, position) if index not in picks])
            position += len(group)
        self._groups = deque([rest[index]] for index in sorted(picks))
        self._groups += [group for group in groups if group]

    def _give_up(self, reason: str) -> None:
        self.gave_up = bool(self._groups)
        self.refused += [Refusal(line, reason) for group in self._groups for line in group]
        self._groups.clear()


def _reason(answer: Answer) -> str:
    return answer.words or f"{answer.reason} (HTTP {answer.status})"
