"""What a capture gives: pieces of what devices sent, and what is wrong with the file.

A capture is either bytes of one wire in the order in which they came (cut anywhere; a framer or lines make messages of them), or a row
of whole messages. Readers stream: what they hold at once is bounded, whatever the file claims. They raise nothing but OSError and, for
options that do not fit, ConfigError: a file that is cut or hostile gives a Fault, and what was before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, NamedTuple

from telemetry.errors import ConfigError, Problem

CHUNK_BYTES = 64 * 1024
WHOLE_BYTES = 64 * 1024 * 1024  # the longest wire that is handed on as one message
FAULTS_NAMED = 100  # of one capture; what follows is only counted

Parity = Literal["none", "even", "odd"]


class Piece(NamedTuple):
    """Bytes that a device sent. `place` names them in refusals ("line 3: "), `topic` is "" where the capture does not tell it.

    `time_ns` is when they were captured (ns since 1970 UTC), `gap_s` the silence on the wire before them, None where that is unknown.
    `is_cut`: one message as its protocol cuts it, for which no framer is needed.
    """

    payload: bytes
    place: str = ""
    topic: str = ""
    time_ns: int | None = None
    gap_s: float | None = None
    is_cut: bool = False


class Fault(NamedTuple):
    """Something that could not be used, `times` times: what and where, in English."""

    reason: str
    place: str = ""
    times: int = 1


class Note(NamedTuple):
    """What a user may want to know of the capture; nothing is wrong."""

    text: str


Item = Piece | Fault | Note


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What a user says of a capture. `where`: only rows whose column has that value (CSV, JSON lines), only that channel (sigrok)."""

    where: Mapping[str, str] = field(default_factory=dict)
    baud: int | None = None
    parity: Parity | None = None
    data_bits: int | None = None


Reader = Callable[[BinaryIO, CaptureOptions], Iterator[Item]]


class Capture:
    """One open capture; it can be read once."""

    def __init__(self, format_name: str, items: Iterable[Item], *, is_wire: bool) -> None:
        self.format = format_name
        self.is_wire = is_wire
        self._items = items

    def items(self) -> Iterator[Item]:
        """Yield what is in it, in order."""
        return iter(self._items)

    def bytes(self) -> Iterator[bytes]:
        """Yield only the bytes, in order."""
        return (item.payload for item in self._items if isinstance(item, Piece))

    def messages(self) -> Iterator[Piece]:
        """Yield whole messages; a wire is one, of its first WHOLE_BYTES."""
        if not self.is_wire:
            yield from (item for item in self._items if isinstance(item, Piece))
            return
        whole = bytearray()
        for chunk in self.bytes():
            whole += chunk[: WHOLE_BYTES - len(whole)]
            if len(whole) >= WHOLE_BYTES:
                break
        yield Piece(bytes(whole))


class FaultLog:
    """Names the first FAULTS_NAMED faults of a capture and counts the rest."""

    def __init__(self) -> None:
        self._named = 0
        self._unnamed = 0

    def add(self, fault: Fault) -> Iterator[Fault]:
        if self._named < FAULTS_NAMED:
            self._named += 1
            yield fault
        else:
            self._unnamed += fault.times

    def end(self) -> Iterator[Fault]:
        if self._unnamed:
            yield Fault(f"and {self._unnamed} more faults of this capture", times=self._unnamed)


def chosen(options: CaptureOptions, known: Iterable[str]) -> Mapping[str, str]:
    """Return `options.where`; ConfigError if it names what the capture does not have."""
    names = list(known)
    unknown = [name for name in options.where if name not in names]
    if unknown:
        text = f"this capture has no {', '.join(unknown)}; it has: {', '.join(names[:20]) or 'nothing to choose by'}"
        raise ConfigError([Problem("--where", name, text) for name in unknown])
    return options.where
