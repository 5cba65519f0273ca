"""The folder `config` of the state folder: configs that are not (or not yet) the file that `--config` names.

    trial.toml     the config on trial; never read at a start, which is how a crash or a power cut leads back
    applied.toml   stands for FILE where the agent may not write FILE, as long as FILE has the SHA-256 in its head
    previous.toml  what was in force before the last config that was kept
    returned.toml  the last config that did not work
    superseded.toml  an applied.toml that is not valid any more: FILE was edited since, or it was damaged
    outcome.json   the trial that runs, or how the last one ended

The first line of applied.toml is a comment, `# quanho: in place of sha256 HEX, itself sha256 HEX`; the second hash is of all that follows.
Every file is replaced whole: written beside its name, synced, renamed, and the folder synced.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime.durable_file import replace_file, sync_folder

TRIAL, APPLIED, PREVIOUS, RETURNED, SUPERSEDED = (f"{name}.toml" for name in ("trial", "applied", "previous", "returned", "superseded"))
_OUTCOME = "outcome.json"
_HEAD = re.compile(rb"# quanho: in place of sha256 ([0-9a-f]{64}), itself sha256 ([0-9a-f]{64})\n")
_MODE = 0o600


def sha_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


class ConfigFolder:
    """See the module. Making one does no I/O; whoever changes something calls `make` before."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "config"

    def make(self) -> None:
        """Make the folder. Raises OSError."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, name: str, text: bytes) -> Path:
        """Write a file durably and return its path. Raises OSError."""
        replace_file(self.path / name, text, _MODE)
        return self.path / name

    def read(self, name: str) -> bytes | None:
        """Return a file, None when it is not there or may not be read."""
        with suppress(OSError):
            return (self.path / name).read_bytes()
        return None

    def move(self, name: str, new: str) -> None:
        """Give a file another name, if it is there. Raises OSError."""
        with suppress(FileNotFoundError):
            (self.path / name).replace(self.path / new)
            sync_folder(self.path)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            (self.path / name).unlink()
            sync_folder(self.path)

    def write_applied(self, text: bytes, file_sha: str) -> None:
        """Have `text` stand for the file of hash `file_sha` from the next start on. Raises OSError."""
        head = f"# quanho: in place of sha256 {file_sha}, itself sha256 {sha_of(text)}\n".encode()
        self.write(APPLIED, head + text)

    def read_applied(self, file_sha: str) -> bytes | None:
        """Return what stands for the file of hash `file_sha`; None when nothing does, or it is damaged, or may not be read."""
        try:
            data = (self.path / APPLIED).read_bytes()
        except OSError:
            return None
        head = _HEAD.match(data)
        if head is None or head[1].decode() != file_sha:
            return None
        text = data[head.end() :]
        return text if sha_of(text) == head[2].decode() else None

    @property
    def has_applied(self) -> bool:
        with suppress(OSError):
            return (self.path / APPLIED).exists()
        return False

    def write_outcome(self, outcome: Mapping[str, object]) -> None:
        self.write(_OUTCOME, json.dumps(outcome, ensure_ascii=False).encode() + b"\n")

    def read_outcome(self) -> dict[str, Any]:
        """Return what was written last, {} when that is nothing or not readable."""
        try:
            outcome = json.loads((self.path / _OUTCOME).read_bytes())
        except (OSError, ValueError):
            return {}
        return outcome if isinstance(outcome, dict) else {}


def install(file: Path, text: bytes) -> None:
    """Replace the config file durably, keeping its owner, group and mode. Raises OSError, then the file is as it was."""
    target = file.resolve()
    stat = target.stat()
    replace_file(target, text, stat.st_mode & 0o7777, (stat.st_uid, stat.st_gid))
