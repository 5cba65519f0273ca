"""What every talk keeps to. A talk is pure: *now* is an argument, in seconds that never step, and it does no I/O."""

from collections.abc import Mapping, Sequence

from runtime.settings import Settings
from telemetry import quality
from telemetry.point import Reading


class TalkSettings(Settings):
    """What every talk's table has; each adds a literal `kind`."""

    @property
    def pace_s(self) -> float | None:
        """How often something comes at least when the sensor is well; None: as the sensor likes."""
        return None

    @property
    def look_s(self) -> float:
        """How often the talk wants to be asked what is due."""
        return 0.1


class Talk:
    """The host's half of a conversation with one sensor. What a kind has no use for, it leaves as it is here."""

    @property
    def trouble(self) -> str:
        """What is wrong with the conversation, for people; "" when nothing is."""
        return ""

    def opened(self, now_s: float) -> None:
        """The port was opened, for the first time or after a re-plug, or begins anew at that time: the sensor may have forgotten all."""

    def step(self, now_s: float) -> bytes:  # noqa: ARG002
        """Return what to send now, nothing if nothing is due. It counts as sent."""
        return b""

    def heard(self, frames: Sequence[bytes], now_s: float) -> None:
        """Take note of what the sensor said. Never before the `opened` of that opening."""

    def farewell(self) -> bytes:
        """Return what leaves the sensor as it is without a talk: awake, and reporting by itself if that is its way."""
        return b""

    def bits(self, now_s: float) -> int:  # noqa: ARG002
        """Return the quality bits of a reading that comes now."""
        return quality.GOOD

    def readings(self, now_s: float) -> Sequence[Reading]:  # noqa: ARG002
        """Return what the talk itself knows and is due to be stored."""
        return ()

    def memory(self, now_s: float) -> Mapping[str, float]:  # noqa: ARG002
        """Return what has to outlive the process, if anything."""
        return {}

    def remember(self, memory: Mapping[str, float]) -> None:
        """Take back what `memory` gave to an earlier process. Before the first `opened`."""
