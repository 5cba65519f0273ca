"""What to write instead of a name that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches


def instead_of(name: str, known: Iterable[str]) -> str:
    """Return the nearest of `known`, where there is one, and all of them: `did you mean 'sds011'? known: plantower, sds011`."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return (f"did you mean {near[0]!r}? " if near else "") + f"known: {', '.join(names)}"
