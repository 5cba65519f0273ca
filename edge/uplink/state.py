"""What the uplink says of itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UplinkState:
    """The uplink at one moment; counts are since the start. `trouble` is why nothing is delivered, empty when all is well.

    `lag_s` is how old the newest reading of the last delivery was when the store had it, in seconds. `link_bytes_per_s` is the
    measured link, `backlog_bytes_per_s` what the backlog may take of it now (None: all), and `backlog_eta_s` when it will be empty at
    the pace of the last minute; None while that is not known.
    """

    is_up: bool = False
    server: str = ""
    trouble: str = ""
    is_held: bool = False
    delivered_lines: int = 0
    refused_lines: int = 0
    requests: int = 0
    sent_bytes: int = 0
    last_delivery_ns: int | None = None
    lag_s: float | None = None
    link_bytes_per_s: float | None = None
    backlog_bytes_per_s: float | None = None
    backlog_eta_s: float | None = None
