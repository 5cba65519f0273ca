"""What was done with a board already, so that the same command goes on after any interruption.

One small JSON file for each board, bundle and name, replaced whole (`runtime/durable_file.py`) before flash is written and after
each step that is done. A file that cannot be read counts as none: flashing again does no harm. Beside it a lock: one flash a board
at a time.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.plan import Step
from runtime.durable_file import make_folder, replace_file
from telemetry.said import said

_MODE = 0o600
_FOLDER_MODE = 0o700


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadingSeen(_Model):
    """A first reading, as it goes into the record."""

    measurement: str
    values: dict[str, bool | int | float | str]
    quality: int = 0


class State(_Model):
    """How far a flash came."""

    format: Literal[1] = 1
    record_id: str = Field(description="of the installation record, drawn when the flash began")
    started_at: AwareDatetime
    done: tuple[Step, ...] = ()
    unique_id: str = Field(default="", description="what the board says of itself in HELLO, else what its chip says")
    mac: str = Field(default="", description="MAC address, where the chip says one")
    chip: str = Field(default="", description="what the chip said it is")
    previous: str = Field(default="", description="firmware and version that were replaced, where the board said so")
    readings: tuple[ReadingSeen, ...] = ()
    read_at: AwareDatetime | None = None
    record_file: str = ""


class Journal:
    """The state of one board's flash, in `folder`."""

    def __init__(self, folder: Path, board: str, bundle_sha256: str, device: str, site: str) -> None:
        key = hashlib.sha256("\0".join((board, bundle_sha256, device, site)).encode()).hexdigest()[:32]
        self._lock_path = folder / f"{hashlib.sha256(board.encode()).hexdigest()[:32]}.lock"
        self._path = folder / f"{key}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the board for this process. PORT_BUSY where another flash has it, RECORD_FAILED where the folder cannot be used."""
        try:
            make_folder(self._path.parent, _FOLDER_MODE)
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            raise _unusable(self._path.parent, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise FlashError(
                Cause.PORT_BUSY, said("một quanho flash khác đang làm với bo mạch này", "another quanho flash is working on this board")
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def load(self) -> State | None:
        """Return what was kept, None if nothing that can be read."""
        try:
            return State.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def save(self, state: State) -> None:
        """Return once the state is on the disk. RECORD_FAILED if it cannot be."""
        try:
            replace_file(self._path, state.model_dump_json(indent=1).encode(), _MODE)
        except OSError as error:
            raise _unusable(self._path.parent, error) from error


def state_folder() -> Path:
    """Return where journals are kept: /var/lib/quanho/flash for root, else below $XDG_STATE_HOME (~/.local/state)."""
    if os.geteuid() == 0:
        return Path("/var/lib/quanho/flash")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "quanho/flash"


def _unusable(folder: Path, error: OSError) -> FlashError:
    vi = f"không ghi được vào {folder}: {error.strerror}; nêu thư mục khác bằng --state"
    return FlashError(Cause.RECORD_FAILED, said(vi, f"{folder} cannot be written: {error.strerror}; name another folder with --state"))
