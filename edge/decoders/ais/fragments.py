"""AIS messages that need several sentences (IEC 61162-1, VDM: total, number, message id, channel, payload, fill bits).

Sentences of other messages may stand between them, and their order does not matter. At most `MOST` messages wait; the one that began
first gives way, and is told as lost, as is one whose id is used again before it was whole.
"""

from edge.decoders.decoder import Refusals
from edge.decoders.nmea.sentence import Sentence

MOST = 64
_MOST_PARTS = 9
_Key = tuple[str, str, str, str, str]


class Part:
    """One VDM or VDO sentence; ValueError if it is none."""

    __slots__ = ("is_alone", "key", "number", "raw", "tags", "total")

    def __init__(self, topic: str, sentence: Sentence) -> None:
        fields = sentence.fields
        if len(fields) < 6:
            raise ValueError(f"{len(fields)} fields, 6 are needed")
        if not (fields[0].isdecimal() and fields[1].isdecimal() and len(fields[0]) == len(fields[1]) == 1):
            raise ValueError("sentence numbers are one digit each")
        self.total, self.number = int(fields[0]), int(fields[1])
        if not 1 <= self.number <= self.total <= _MOST_PARTS:
            raise ValueError(f"sentence {self.number} of {self.total}")
        if not fields[4] or fields[5] not in {"0", "1", "2", "3", "4", "5"}:
            raise ValueError("no payload, or no fill bits")
        self.is_alone = self.total == 1
        self.key: _Key = (topic, sentence.address, fields[0], fields[2], fields[3])
        self.raw = f"!{sentence.address},{','.join(fields[:6])}".encode("ascii")
        self.tags = sentence.tags


class Fragments:
    """Collects parts: `add` gives all parts of a message, in order, once it is whole."""

    def __init__(self) -> None:
        self._waiting: dict[_Key, dict[int, Part]] = {}

    def add(self, part: Part, refusals: Refusals) -> list[Part] | None:
        """Take one part; what can never become whole is refused."""
        if part.is_alone:
            return [part]
        parts = self._waiting.get(part.key)
        if parts is not None and part.number in parts:
            self._lose(part.key, refusals)
            parts = None
        if parts is None:
            if len(self._waiting) >= MOST:
                self._lose(next(iter(self._waiting)), refusals)
            parts = self._waiting[part.key] = {}
        parts[part.number] = part
        if len(parts) < part.total:
            return None
        del self._waiting[part.key]
        return [parts[number] for number in sorted(parts)]

    def _lose(self, key: _Key, refusals: Refusals) -> None:
        parts = self._waiting.pop(key)
        missing = ", ".join(str(number) for number in range(1, int(key[2]) + 1) if number not in parts)
        refusals.add(f"{key[1]}: sentence {missing} of {key[2]} never came")
