"""What is lost: the spool's word to the ledger."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """Readings that the spool will not deliver. `count` is None when it cannot be known; times are ns since 1970 UTC.

    `detail` is for people, in English.
    """

    reason: str
    source: str
    count: int | None
    first_ns: int | None
    last_ns: int | None
    detail: str = ""
