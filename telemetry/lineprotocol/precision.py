"""The unit of a timestamp: how many nanoseconds one tick is, under each name that servers, clients and the public corpus use."""

from telemetry.errors import RejectedError

TICK_NS = {
    "n": 1,
    "ns": 1,
    "u": 1_000,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


def tick_ns(precision: str) -> int:
    """Return the nanoseconds of one tick of `precision` ("ms", or "1ms" as the corpus writes it); RejectedError if unknown."""
    tick = TICK_NS.get(precision.removeprefix("1"))
    if tick is None:
        raise RejectedError(f"unknown precision {precision!r}; use one of {', '.join(TICK_NS)}")
    return tick
