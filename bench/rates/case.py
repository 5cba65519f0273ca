"""One decoder beside one reference: both read the same bytes, and both give all values."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from edge.decoders.decoder import Decoder

Message = tuple[str, bytes]
Parse = Callable[[bytes], Any]
Read = Callable[[str, Any], Sequence[tuple[object, ...]]]


class Case(NamedTuple):
    """`ours` and `reference` decode `messages` messages once a call and return how many readings they found.

    Building `reference` may import a peer, which `make bench` installs into an environment of its own. `why` says why a ratio below 2 is
    right, where it is. `bound` is the reference with our parser in place of its own: what is left is the least that Python can do.
    """

    decoder: str
    peer: str
    messages: int
    ours: Callable[[], int]
    reference: Callable[[], int]
    why: str = ""
    bound: Callable[[], int] | None = None


def by_hand(
    name: str,
    peer: str,
    decoder: Decoder,
    messages: Sequence[Message],
    parse: Parse,
    read: Read,
    why: str,
    quick_parse: Parse | None = None,
) -> Case:
    """Return the case of a script for exactly these messages.

    `read` gives (measurement, tags, fields, time in ns) of each reading in what `parse` made of a payload. `quick_parse` does the same as
    `parse`, with the library that we use. SystemExit where script and decoder do not give the same readings of every message: then the
    reference would not be one.
    """
    for topic, payload in messages:
        ours_gives = sorted(map(_comparable, decoder.decode(topic, payload).readings))
        given = read(topic, parse(payload))
        if ours_gives != sorted(map(_comparable, given)):
            raise SystemExit(f"{name}: the reference gives {given}, the decoder {ours_gives}")

    def ours() -> int:
        decode = decoder.decode
        return sum(len(decode(topic, payload).readings) for topic, payload in messages)

    def reference() -> int:
        return sum(len(read(topic, parse(payload))) for topic, payload in messages)

    def bound() -> int:
        return sum(len(read(topic, quick_parse(payload))) for topic, payload in messages) if quick_parse else 0

    return Case(name, peer, len(messages), ours, reference, why, bound if quick_parse else None)


def _comparable(reading: Iterable[object]) -> str:
    measurement, tags, fields, time_ns, *_ = reading
    return repr((measurement, sorted(tags.items()), sorted(fields.items()), time_ns))
