"""The time that the gateway was off: from the last sign of life to the start, as the ledger tells it. Pure."""

from dataclasses import dataclass

from edge.gap_file import LeftBehind

_LEAST_S = 30.0


@dataclass(frozen=True, slots=True)
class Off:
    """The gateway was off between two times (ns since 1970 UTC)."""

    from_ns: int
    to_ns: int


def gateway_off(left: LeftBehind, newest_ns: int | None, now_ns: int, metrics_every_s: float) -> Off | None:
    """Return it when it is worth telling: longer than two reports of health and 30 s, or after an end that was not clean.

    `newest_ns` is the time of the newest reading of the gateway's own in the spool: after a kill nothing later is known of it.
    """
    from_ns = newest_ns if left.ended_ns is None else left.ended_ns
    if from_ns is None or from_ns >= now_ns:
        return None
    is_short = now_ns - from_ns <= max(2 * metrics_every_s, _LEAST_S) * 1e9
    return None if is_short and left.ended_ns is not None else Off(from_ns, now_ns)
