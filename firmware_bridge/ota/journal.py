"""The journal of one update: what was begun and what came of it, so that a power cut at any moment leaves a way on.

One entry a line, `CRC SP JSON LF`: the CRC-32 (zlib) of the JSON as 8 hex digits. The first entry is the order (`Order`), the last one
the end; between them are the steps of `firmware_bridge/ota/course.py`. An entry counts once its line is whole and fsynced. A last line
that is torn, or any line that does not check, ends the journal: it and what follows are cut off before the next entry is written. A
journal is created whole under its name; one without a whole first line is damaged, and nothing is done by it.
"""

import json
import os
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from firmware_bridge.ota.course import Ended, Mark, Noted, Outcome, Step, Which
from firmware_bridge.ota.firmware import Firmware
from runtime.durable_file import replace_file

_MODE = 0o600
_MOST_BYTES = 4 << 20  # some hundred entries are the most that a course can have


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: `new` onto the board named `board`, watched for `intervals` readings of each set.

    `sensors` is the manifest's list of them, as JSON. `rescue` is what ran last for certain, the way back for a board that does not speak.
    `is_despite`: also a board whose readings are not right before. `at_ns` is ns since 1970 UTC, as the system believed.
    """

    update: str
    board: str
    new: Firmware
    intervals: int
    sensors: tuple[Mapping[str, Any], ...] = ()
    rescue: Firmware | None = None
    is_despite: bool = False
    at_ns: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> "Order":
        """Raises ValueError, KeyError or TypeError when `table` is something else."""
        rescue = Firmware.from_json(table["rescue"]) if table["rescue"] else None
        new = Firmware.from_json(table["new"])
        intervals, at_ns = int(table["intervals"]), int(table["at_ns"])
        sensors, is_despite = tuple(table["sensors"]), bool(table.get("is_despite", False))
        return cls(str(table["update"]), str(table["board"]), new, intervals, sensors, rescue, is_despite, at_ns)


@dataclass(frozen=True, slots=True)
class Written:
    """What a journal holds; `whole_bytes` is the length of what checks."""

    order: Order | None
    entries: tuple[Noted | Ended, ...]
    whole_bytes: int


def encoded(entry: Order | Noted | Ended) -> bytes:
    """Return the line of an entry."""
    match entry:
        case Order():
            table: dict[str, Any] = {"order": entry.to_json()}
        case Ended():
            table = {"outcome": entry.outcome.value, "why": entry.why}
        case Noted():
            table = {"step": entry.step.value, "which": entry.which.value, "mark": entry.mark.value}
            table |= {"why": entry.why} if entry.why else {}
            table |= {"data": dict(entry.data)} if entry.data else {}
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decoded(data: bytes) -> Written:
    """Return what a journal's bytes hold, up to the first line that does not check."""
    order: Order | None = None
    entries: list[Noted | Ended] = []
    whole = 0
    for line in data.splitlines(keepends=True):
        entry = _entry(line)
        if entry is None or isinstance(entry, Order) != (whole == 0):
            break
        if isinstance(entry, Order):
            order = entry
        else:
            entries.append(entry)
        whole += len(line)
    return Written(order, tuple(entries), whole)


class Journal:
    """A journal in a file. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, order: Order) -> None:
        """Begin a journal in place of whatever has the name. Raises OSError; then nothing has changed."""
        replace_file(self.path, encoded(order), _MODE)

    def read(self) -> Written:
        """Return what is written. Raises OSError when it cannot be read; a journal that is not there is an empty one."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            return decoded(file.read(_MOST_BYTES))
        return Written(None, (), 0)

    def write(self, entry: Noted | Ended) -> None:
        """Append an entry durably. Raises OSError; then it is not there, or it is there whole."""
        whole = self.read().whole_bytes
        with self.path.open("r+b", buffering=0) as file:
            file.truncate(whole)
            file.seek(whole)
            line = encoded(entry)
            if file.write(line) != len(line):
                raise OSError(f"{self.path}: the disk took part of an entry")
            os.fsync(file.fileno())


def _entry(line: bytes) -> Order | Noted | Ended | None:
    if not line.endswith(b"\n") or line[8:9] != b" ":
        return None
    text = line[9:-1]
    if line[:8] != b"%08x" % zlib.crc32(text):
        return None
    try:
        table = json.loads(text)
        if "order" in table:
            return Order.from_json(table["order"])
        if "outcome" in table:
            return Ended(Outcome(table["outcome"]), str(table["why"]))
        step, which, mark = Step(table["step"]), Which(table["which"]), Mark(table["mark"])
        return Noted(step, which, mark, str(table.get("why", "")), table.get("data", {}))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def bytes_of(entries: Iterable[Order | Noted | Ended]) -> bytes:
    """Return a whole journal."""
    return b"".join(map(encoded, entries))
