"""Every reason that the ledger knows, and what it means for the balance: produced = stored + waiting + set aside + dropped."""

from enum import Enum


class Kind(Enum):
    """How the account treats an entry."""

    INTAKE = "never became a line; the record that answers for it is named"
    REFUSED = "lines of a record that was done; the record is named"
    DAMAGED = "records that cannot be read any more; the first of them is named"
    EVICTED = "readings given up for room; the segment is named"
    GONE = "bytes that were no record when the spool was opened; nothing else tells of them"
    OUTSIDE = "before our promise begins, or about something that was counted already"


KINDS = {
    "decoder rejected": Kind.INTAKE,
    "memory full": Kind.INTAKE,
    "frame too long": Kind.INTAKE,
    "board store full": Kind.INTAKE,
    "refused by the store": Kind.REFUSED,
    "spool damaged": Kind.DAMAGED,
    "quota": Kind.EVICTED,
    "spool cut": Kind.GONE,
    "spool quarantined": Kind.GONE,
    "spool left as it is": Kind.GONE,
    "set-aside shed": Kind.OUTSIDE,
    "set-aside full": Kind.OUTSIDE,
    "broker": Kind.OUTSIDE,
    "source silent": Kind.OUTSIDE,
    "gateway off": Kind.OUTSIDE,
    "clock corrected": Kind.OUTSIDE,
    "broker queue": Kind.OUTSIDE,
    "not received": Kind.OUTSIDE,
    "device offline": Kind.OUTSIDE,
    "board restarted": Kind.OUTSIDE,
    "board being flashed": Kind.OUTSIDE,
    "picture refused": Kind.OUTSIDE,
    "pictures shed": Kind.OUTSIDE,
}
SET_ASIDE = ("decoder rejected", "refused by the store")
OF_BOARDS = ("board restarted", "board being flashed", "picture refused")
BEFORE_US = ("broker", "source silent", "gateway off", "clock corrected", "broker queue", "not received", "device offline", *OF_BOARDS)
UNKNOWN_SOURCE = "unknown"


def kind_of(reason: str) -> Kind:
    """Return the kind; a reason of a later version is outside the balance."""
    return KINDS.get(reason, Kind.OUTSIDE)
