"""One decoder beside one reference: both read the same bytes, and both give all values."""

from collections.abc import Callable
from typing import NamedTuple


class Case(NamedTuple):
    """`ours` and `reference` decode `messages` messages once a call and return how many readings they found.

    Building `reference` may import a peer, which `make bench` installs into an environment of its own. `why` says why a ratio below 2 is
    right, where it is.
    """

    decoder: str
    peer: str
    messages: int
    ours: Callable[[], int]
    reference: Callable[[], int]
    why: str = ""
