"""What every decoder keeps to, and what it hands on.

A decoder does no I/O and is total: any bytes give readings and refusals, or a RejectedError when nothing in the message can be
used; no other exception leaves it. A bad item never costs its neighbours: it becomes one Refusal beside them. Work and
memory are bounded by the decoder's own limits, so that one message cannot stall a source. It may remember what earlier messages
said (a birth, a counter), within a limit; one thread calls it, with messages in order.

A decoder that knows what its device measures names fields as the catalogue does, in the catalogue's units.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from edge.framers.framer import FramerSettings
from telemetry.point import Reading

REFUSALS_NAMED = 100  # of one message; what follows is only counted
SHOWN_CHARACTERS = 60


class Refusal(NamedTuple):
    """One item that was left out: what is wrong and where, in English."""

    reason: str


class Missed(NamedTuple):
    """Readings that were sent and never came here, as the device's own numbers tell, or a device that is said to be gone.

    `reason` is "not received" or "device offline" (edge/spool/reasons.py), `reading_count` None where it is unknown. Times are ns since
    1970 UTC; None: the arrival of this message.
    """

    reason: Literal["not received", "device offline"]
    reading_count: int | None
    detail: str
    first_ns: int | None = None
    last_ns: int | None = None


class Reply(NamedTuple):
    """What the device has to be told, for example to say again who it is. An MQTT source publishes it, with QoS 1 and not retained."""

    topic: str
    payload: bytes


class Decoded(NamedTuple):
    """What one message gave. `is_understood`: no reading is meant to be in it (a birth, a discovery), which is no fault."""

    readings: Sequence[Reading]
    refusals: Sequence[Refusal] = ()
    is_understood: bool = False
    missed: Sequence[Missed] = ()
    replies: Sequence[Reply] = ()


UNDERSTOOD = Decoded((), is_understood=True)


class Decoder(Protocol):
    """Bytes → readings.

    `framing` says how raw bytes are cut: one payload ("message"), one payload a line ("lines"), or the framer of the serial device.
    """

    @property
    def framing(self) -> Literal["message", "lines"] | FramerSettings: ...

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
