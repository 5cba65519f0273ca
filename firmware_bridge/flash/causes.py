"""Why flashing ended otherwise than well: one row a cause, each with its own exit code.

The codes are a contract with scripts (docs/runbooks/flash.md): a row is added at the end, never renumbered.
"""

from enum import Enum

from telemetry.errors import QuanhoError


class Cause(Enum):
    """The exit code and the name, as `--json` prints it."""

    PORT_MISSING = 10
    PORT_BUSY = 11
    PORT_DENIED = 12
    NO_ANSWER = 13
    WRONG_CHIP = 14
    WRONG_BOARD = 15
    TOO_LARGE = 16
    DOWNGRADE = 17
    PREVIOUS_TOO_OLD = 18
    LOCKED = 19
    BUNDLE_REFUSED = 20
    TOOL_MISSING = 21
    UNPLUGGED = 22
    TIMED_OUT = 23
    VERIFY_FAILED = 24
    WRITE_FAILED = 25
    NO_HELLO = 26
    NO_READING = 27
    IMPLAUSIBLE = 28
    WRONG_FIRMWARE = 29
    IDENTITY_REFUSED = 30
    RECORD_FAILED = 31
    NOT_CONFIRMED = 32
    SOME_FAILED = 33
    NOT_IN_CORE = 34

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", "-")


NOTHING_WRITTEN = frozenset(
    {
        Cause.PORT_MISSING,
        Cause.PORT_BUSY,
        Cause.PORT_DENIED,
        Cause.NO_ANSWER,
        Cause.WRONG_CHIP,
        Cause.TOO_LARGE,
        Cause.LOCKED,
        Cause.TOOL_MISSING,
    }
)
"""What ends a flashing program before it has changed the board."""


class FlashError(QuanhoError):
    """Flashing stops here. `reason` is for people, `tail` what the program said last, `step` where it happened (set by the job)."""

    def __init__(self, cause: Cause, reason: str, tail: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.tail = tail
        self.step = ""
