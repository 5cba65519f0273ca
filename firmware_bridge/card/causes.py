"""Why a card command did not succeed. The exit code follows from the cause, so that a script can tell a bad card from a bad image."""

from enum import Enum

from telemetry.errors import QuanhoError
from telemetry.said import Said


class Cause(Enum):
    """What is to blame; `exit_code` is what the command ends with."""

    TARGET_REFUSED = 3  # nothing was written: choose another target
    IMAGE = 4  # the image is damaged, cut short, or not the one that the hash names
    CARD = 5  # the card does not take or does not keep what is written
    SYSTEM = 6  # nothing we know how to set up, or a tool is missing

    @property
    def exit_code(self) -> int:
        return self.value


class CardError(QuanhoError):
    """A card command failed because of `cause`. `written_bytes` is None while the card is untouched, else how far the image got."""

    def __init__(self, cause: Cause, reason: Said, written_bytes: int | None = None) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.written_bytes = written_bytes
