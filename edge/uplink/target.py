"""Where the uplink delivers to."""

from typing import Protocol

from runtime.influx_answers import Answer


class Target(Protocol):
    """A store. Only the uplink's thread calls it. `round_trip_s` is how long the last `connect` waited for the network alone."""

    round_trip_s: float

    def connect(self) -> str:
        """Find out who is there and return it for people to read. Raises TransientError, soon, when nobody answers."""
        ...

    def send(self, body: bytes) -> Answer:
        """Deliver gzip members of line protocol; the answer says what becomes of them."""
        ...

    def close(self) -> None: ...
