"""The boots on disk: `boots.json` in the state folder, written anew and renamed, so that a power cut leaves the old one or the new one.

{"floor": ns, "boots": [{"id", "floor", "host_start", "length", "place": [start, end, length, is_estimated] | null}, …],
 "line": [boot id, boot ns, time ns, surplus ns, error ns] | null}

`floor` is the highest trusted time so far, `line` how time was told last, for the next process of the same boot. A file that cannot be
read is as good as none: provisional records say their boot themselves, and the floor is found again in what we sent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.clock.boots import Boot, Place
from edge.clock.trust import EARLIEST_NS, Line
from edge.spool.files import Files, replace_file
from runtime.logs import Log

_LOG = Log("edge.clock")
_NAME = "boots.json"
_MOST_BOOTS = 500  # a board that starts anew every few seconds must not grow the file for ever
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SavedLine:
    """How time was told in boot `boot_id`."""

    boot_id: str
    line: Line
    error_ns: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What the file says."""

    floor_ns: int = EARLIEST_NS
    boots: Sequence[Boot] = ()
    line: SavedLine | None = None


def load(files: Files, folder: Path) -> Saved:
    """Return what the file says, nothing when it is not there or damaged."""
    try:
        file = files.open(folder / _NAME)
    except OSError:
        return Saved()
    try:
        return _parsed(json.loads(file.read_at(0, _MOST_BYTES)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _LOG.error("clock.boots_unreadable", file=folder / _NAME, reason=repr(error))
        return Saved()
    finally:
        file.close()


def places(files: Files, folder: Path) -> dict[str, Place]:
    """Return when each boot was whose time is known, by id, as last saved."""
    return {boot.id: boot.place for boot in load(files, folder).boots if boot.place}


def save(files: Files, folder: Path, saved: Saved) -> None:
    """Return once the device has it. Raises OSError; then the old file stands."""
    boots = list(saved.boots)[-_MOST_BOOTS:]
    line = saved.line
    tree = {
        "floor": saved.floor_ns,
        "boots": [_boot_tree(boot) for boot in boots],
        "line": line and [line.boot_id, line.line.boot_ns, line.line.time_ns, line.line.surplus_ns, line.error_ns],
    }
    replace_file(files, folder / _NAME, json.dumps(tree, separators=(",", ":")).encode())


def _boot_tree(boot: Boot) -> dict[str, Any]:
    place = boot.place
    return {
        "id": boot.id,
        "floor": boot.floor_ns,
        "host_start": boot.host_start_ns,
        "length": boot.length_ns,
        "place": place and [place.start_ns, place.end_ns, place.length_ns, place.is_estimated],
    }


def _parsed(tree: Any) -> Saved:
    boots = [_boot(each) for each in tree["boots"]]
    line = tree.get("line")
    told = SavedLine(str(line[0]), Line(int(line[1]), int(line[2]), int(line[3])), int(line[4])) if line else None
    return Saved(max(EARLIEST_NS, int(tree["floor"])), boots, told)


def _boot(tree: Any) -> Boot:
    place = tree["place"]
    where = Place(int(place[0]), int(place[1]), int(place[2]), bool(place[3])) if place else None
    return Boot(str(tree["id"]), int(tree["floor"]), int(tree["host_start"]), int(tree["length"]), where)
