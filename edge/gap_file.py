"""File `gaps.json` in the state folder: which gaps are open, and how the last process ended.

`{"open": [{"gap_id", "source", "reason", "from_ns"}], "ended_ns": n}`; `ended_ns` is there after a clean stop only. It is replaced as a
whole (written beside, synced, renamed), so a crash leaves the old one or the new one.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.ledger import Gap
from edge.spool.files import Files, replace_file
from runtime.logs import Log

_LOG = Log("edge.gaps")
_NAME = "gaps.json"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What the last process left: gaps that are open, and when it ended, None when it was killed or is the first."""

    gaps: Sequence[Gap] = ()
    ended_ns: int | None = None


class GapFile:
    """Reads and replaces the file. A disk that does not take it is no reason to stop: the gap is then not closed after a crash."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files = files
        self._folder = folder
        self._written: Sequence[Gap] | None = None

    def read(self) -> LeftBehind:
        try:
            file = self._files.open(self._folder / _NAME)
        except OSError:
            return LeftBehind()
        try:
            found = json.loads(file.read_at(0, _MAX_BYTES))
            return LeftBehind([Gap(**gap) for gap in found["open"]], found.get("ended_ns"))
        except (OSError, ValueError, TypeError, KeyError):
            return LeftBehind()
        finally:
            file.close()

    def write(self, gaps: Sequence[Gap], ended_ns: int | None = None) -> None:
        """Replace the file, unless it says that already."""
        if ended_ns is None and self._written is not None and list(gaps) == list(self._written):
            return
        content: dict[str, object] = {"open": [asdict(gap) for gap in gaps]}
        if ended_ns is not None:
            content["ended_ns"] = ended_ns
        try:
            replace_file(self._files, self._folder / _NAME, json.dumps(content).encode() + b"\n")
            self._written = list(gaps)
        except OSError as error:
            _LOG.warning("gaps.unsaved", reason=error)
