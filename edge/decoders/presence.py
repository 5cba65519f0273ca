"""Who is online, as a broker's last will or an availability topic tells: a device that goes away is told once, at the change.

The first word about a device counts as a change: a gateway that starts while a device is away says so, once a start.
"""

from edge.decoders.decoder import SHOWN_CHARACTERS, Missed

_DEVICES = 5_000  # remembered; the oldest is forgotten first
_LONGEST = 200  # characters of a name that count


class Presence:
    """Bounded; one thread."""

    def __init__(self) -> None:
        self._is_online: dict[str, bool] = {}

    def told(self, device: str, *, is_online: bool) -> tuple[Missed, ...]:
        """Remember the word of `device`; return what the ledger has to know."""
        device = device[:_LONGEST]
        before = self._is_online.pop(device, None)
        if before is None and len(self._is_online) >= _DEVICES:
            del self._is_online[next(iter(self._is_online))]
        self._is_online[device] = is_online
        if is_online or before is False:
            return ()
        name = "".join(letter if letter.isprintable() else "?" for letter in device[:SHOWN_CHARACTERS])
        return (Missed("device offline", None, f"{name} is offline"),)


def is_online(text: str) -> bool | None:
    """Return what an availability message says; None for any other text."""
    return _WORDS.get(text.strip().lower())


_WORDS = {"online": True, "true": True, "connected": True, "offline": False, "false": False, "disconnected": False}
