"""What every decoder keeps to, and what it hands on.

A decoder is pure and total: any bytes give readings and refusals, or a RejectedError when nothing in the message can be
used; no other exception leaves it. A bad item never costs its neighbours: it becomes one Refusal beside them. Work and
memory are bounded by the decoder's own limits, so that one message cannot stall a source.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from telemetry.point import Reading

REFUSALS_NAMED = 100  # of one message; what follows is only counted
SHOWN_CHARACTERS = 60


class Refusal(NamedTuple):
    """One item that was left out: what is wrong and where, in English."""

    reason: str


class Decoded(NamedTuple):
    """What one message gave."""

    readings: Sequence[Reading]
    refusals: Sequence[Refusal] = ()


class Decoder(Protocol):
    """Bytes → readings. `framing` says how a raw file is cut: one payload ("message") or one payload a line ("lines")."""

    @property
    def framing(self) -> Literal["message", "lines"]: ...

    def decode(self, topic: str, payload: bytes) -> Decoded:
        """Return what `payload`, received on `topic`, holds; RejectedError when the whole message is refused."""
        ...


class Refusals:
    """Collects the refusals of one message: the first REFUSALS_NAMED by name, the rest as a count."""

    _named: tuple[Refusal, ...] = ()  # on the class: nearly every message has none, and this costs it nothing
    _unnamed_count = 0

    def add(self, reason: str) -> None:
        if len(self._named) < REFUSALS_NAMED:
            self._named = (*self._named, Refusal(reason))
        else:
            self._unnamed_count += 1

    def listed(self) -> Sequence[Refusal]:
        if self._unnamed_count:
            return (*self._named, Refusal(f"and {self._unnamed_count} more of this message"))
        return self._named


def shown(value: object) -> str:
    """Return `value` as a refusal may quote it: on one line and short, whatever the device sent."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    text = repr(value[: SHOWN_CHARACTERS + 1] if isinstance(value, str | bytes) else value)
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
