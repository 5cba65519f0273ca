"""The outbox: signed records on their way to the registry, kept on disk until it has them.

A folder of files `ID.json`, each one signed record, written whole and fsynced before `put` returns. The id is the record's own, so putting
or sending the same record twice changes nothing. What the registry will never take goes to `refused/` with its answer beside it (`ID.txt`);
what it has is in `sent/`, the newest 200. Nothing is thrown away before the registry has it: a full outbox says so instead.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.records.signed import RECORD_BYTES, RecordRefused, SignedRecord, verify
from runtime.durable_file import make_folder, replace_file, sync_folder
from telemetry.errors import QuanhoError
from telemetry.said import said

MOST_WAITING = 2000
MOST_SENT = 200
SENT, REFUSED = "sent", "refused"
_ID = re.compile(r"[0-9a-f]{32}")
_MODE = 0o600
_FOLDER_MODE = 0o700


class OutboxProblem(QuanhoError):
    """The outbox cannot be used, or is full; the message names it and the way out."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One record in the outbox; `signed` is None, and `trouble` says why, where the file is damaged."""

    id: str
    path: Path
    data: bytes
    signed: SignedRecord | None
    trouble: str = ""


class Outbox:
    """The outbox in `folder`, which is made when it is first used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep a signed record and return its id once it is durable. Raises RecordRefused, OutboxProblem."""
        name = record_id(verify(data))
        path = self.folder / f"{name}.json"
        if (self.folder / SENT / path.name).exists():
            return name
        if not path.exists() and len(self._names()) >= MOST_WAITING:
            raise OutboxProblem(
                said(
                    f"{self.folder}: đã có {MOST_WAITING} biên bản đang chờ; hãy gửi đi: quanho site records send",
                    f"{self.folder}: {MOST_WAITING} records wait already; send them: quanho site records send",
                )
            )
        try:
            make_folder(self.folder, _FOLDER_MODE)
            replace_file(path, data, _MODE)
        except OSError as error:
            raise _problem(path, error) from error
        return name

    def waiting(self) -> Iterator[Waiting]:
        """Yield what is still to be sent, oldest first. Raises OutboxProblem."""
        for path in self._names():
            if path.exists():  # no other sender was faster
                yield _read(path)

    def refused_records(self) -> Iterator[tuple[Waiting, str]]:
        """Yield what the registry refused, and its words. Raises OutboxProblem."""
        for path in Outbox(self.folder / REFUSED)._names():  # noqa: SLF001 - the same shape one folder below
            try:
                reason = path.with_suffix(".txt").read_text(encoding="utf-8", errors="replace").strip()
            except OSError:
                reason = ""
            yield _read(path), reason

    def count(self) -> int:
        return len(self._names())

    def find(self, name: str) -> Waiting | None:
        """Return the record whose id begins with `name`, waiting, sent or refused; None where there is none, or several."""
        folders = (self.folder, self.folder / SENT, self.folder / REFUSED)
        found = [path for folder in folders for path in folder.glob(f"{_safe(name)}*.json") if _ID.fullmatch(path.stem)]
        return _read(found[0]) if name and len(found) == 1 else None

    def sent(self, waiting: Waiting) -> None:
        """The registry has it."""
        self._move(waiting, SENT)
        with suppress(OSError):
            for path in _by_age(self.folder / SENT)[:-MOST_SENT]:
                path.unlink()

    def refused(self, waiting: Waiting, reason: str) -> None:
        """The registry will never take it, or it is damaged; keep it with the reason."""
        self._move(waiting, REFUSED)
        try:
            replace_file(self.folder / REFUSED / f"{waiting.path.stem}.txt", reason.encode()[:4000] + b"\n", _MODE)
        except OSError as error:
            raise _problem(self.folder / REFUSED, error) from error

    def _move(self, waiting: Waiting, where: str) -> None:
        target = self.folder / where
        try:
            make_folder(target, _FOLDER_MODE)
            with suppress(FileNotFoundError):  # another sender was faster
                waiting.path.rename(target / waiting.path.name)
            sync_folder(target)
            sync_folder(self.folder)
        except OSError as error:
            raise _problem(target, error) from error

    def _names(self) -> list[Path]:
        try:
            return _by_age(self.folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _problem(self.folder, error) from error


def record_id(signed: SignedRecord) -> str:
    """Return the id of a record. Raises RecordRefused where it has none."""
    name = signed.record.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise RecordRefused(said("bản ghi không có id gồm 32 chữ số hex thường", "the record has no id of 32 lower-case hex digits"))
    return name


def _by_age(folder: Path) -> list[Path]:
    found = [
        (entry.stat().st_mtime_ns, entry.name)
        for entry in os.scandir(folder)
        if entry.name.endswith(".json") and _ID.fullmatch(entry.name[:-5])
    ]
    return [folder / name for _, name in sorted(found)]


def _safe(name: str) -> str:
    return name if set(name) <= set("0123456789abcdef") else "-"


def _read(path: Path) -> Waiting:
    try:
        with path.open("rb") as file:
            data = file.read(RECORD_BYTES + 1)
        signed = verify(data)
        is_named_right = record_id(signed) == path.stem
    except RecordRefused as error:
        return Waiting(path.stem, path, b"", None, error.reason)
    except OSError as error:
        raise _problem(path, error) from error
    if not is_named_right:
        return Waiting(path.stem, path, b"", None, "the file's name is not the id of its record")
    return Waiting(path.stem, path, data, signed)


def _problem(path: Path, error: OSError) -> OutboxProblem:
    return OutboxProblem(f"{path}: {os.strerror(error.errno or 0)}")
