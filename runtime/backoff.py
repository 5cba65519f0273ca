"""How long to wait between tries: exponential backoff with full jitter, so that a street of gateways does not return in step."""

import math
from dataclasses import dataclass
from random import Random

_MAX_DOUBLINGS = 63  # 2.0 ** 1024 overflows a float; 2.0 ** 63 seconds is beyond any ceiling


@dataclass(frozen=True, slots=True)
class Backoff:
    """The longest wait after the first failure, doubled with each further one, never above the ceiling; both in seconds."""

    first_s: float
    ceiling_s: float

    def __post_init__(self) -> None:
        if not (0.0 < self.first_s < math.inf and 0.0 < self.ceiling_s < math.inf):
            raise ValueError(f"a backoff needs first_s and ceiling_s above 0 and finite; got {self.first_s} and {self.ceiling_s}")


def next_delay(policy: Backoff, failures: int, rng: Random) -> float:
    """Return the seconds to wait before the next try, after `failures` in a row (full jitter, AWS Architecture Blog 2015).

    Zero failures mean no wait.
    """
    if failures <= 0:
        return 0.0
    ceiling_s = min(policy.ceiling_s, policy.first_s * 2.0 ** min(failures - 1, _MAX_DOUBLINGS))
    return rng.uniform(0.0, ceiling_s)
