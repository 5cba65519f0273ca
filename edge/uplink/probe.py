"""When to look for the store again while it is away.

A look is one short connection and one small question (`GET /ping`), so it may be frequent. Half of each wait is drawn at random, so
that 500 gateways do not return in step. From the link's return to its being found it takes at most a look that was under way in
vain, a wait and a look: `LOOK_S` + ceiling + `LOOK_S`, 14 s with `PATIENCE`. Every eighth look may last as long as any connection,
or a link with a long way round would never be found; while it lasts TCP asks again after 1, 3 and 7 s (RFC 6298), so it is no
worse at finding a link that comes back in the meantime.
"""

from dataclasses import dataclass
from random import Random

from runtime.backoff import Backoff
from runtime.influx_answers import Action, Answer

LOOK_S = 3.0
_LONG_LOOK_EVERY = 8
_LEAST_SPREAD_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the uplink waits: `retry` while the store is down, about `hold_s` seconds while only a person can help."""

    retry: Backoff
    hold_s: float


PATIENCE = Patience(Backoff(first_s=0.5, ceiling_s=8.0), hold_s=30.0)


def wait_s(patience: Patience, answer: Answer, failures: int, rng: Random) -> float:
    """Return the seconds to wait after the answer that was the last of `failures` in a row.

    Never shorter than Retry-After, and spread over half as long again behind it: many are told the same.
    """
    if answer.action is Action.HOLD:
        wait = patience.hold_s * rng.uniform(0.8, 1.2)
    else:
        ceiling_s = min(patience.retry.ceiling_s, patience.retry.first_s * 2.0 ** min(max(0, failures - 1), 63))
        wait = rng.uniform(0.5, 1.0) * ceiling_s
    if not answer.retry_after_s:
        return wait
    return max(wait, answer.retry_after_s + rng.uniform(0.0, max(_LEAST_SPREAD_S, answer.retry_after_s / 2)))


def look_timeout_s(failed_looks: int, longest_s: float) -> float:
    """Return how long the next look may take to connect, and to be answered, after so many in vain."""
    return longest_s if (failed_looks + 1) % _LONG_LOOK_EVERY == 0 else min(LOOK_S, longest_s)
