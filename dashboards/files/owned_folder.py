"""A folder that belongs to us whole: what we wrote into it is listed with its hash, and nothing else may lie there.

The list is `quanho-files.json`: {"made_by": …, "files": {path: [sha256, …]}}. A file has two hashes while a build is being put in place,
the old and the new one, so that a build that was cut short is not taken for somebody's edit and the next one finishes it.

New files are written beside the old ones first, and only when all are on the disk do they take their names: what fails before that
(no space, Ctrl-C) leaves the folder as it was.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.durable_file import make_folder, sync_folder
from telemetry.errors import QuanhoError
from telemetry.said import Said, said

LIST = "quanho-files.json"
_MADE_BY = "quanho dashboards build"
_NAMED = 3  # files of others that a message names
_UNFINISHED = re.compile(r"\..+\.\d+\.new")


class FolderRefused(QuanhoError):
    """The folder is not ours to write to. `reason` names what is in it and the way out; `paths` are the files."""

    def __init__(self, reason: Said, paths: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.paths = paths


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    made_by: str = Field(pattern=f"^{_MADE_BY}$", description="what wrote the list")
    files: dict[str, list[str]] = Field(description="SHA-256 of each file, by its path below the folder")


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to change for the folder to hold what is wanted, by path."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    edited: tuple[str, ...]
    is_listed: bool

    @property
    def is_done(self) -> bool:
        """True when nothing has to change."""
        return self.is_listed and not (self.added or self.changed or self.removed)


def plan(folder: Path, wanted: Mapping[str, bytes]) -> Plan:
    """Compare. Raises FolderRefused when something lies there that is not ours, OSError."""
    if folder.exists() and not folder.is_dir():
        raise FolderRefused(said(f"{folder} là một tệp, không phải thư mục", f"{folder} is a file, not a folder"))
    listed = _listed(folder)
    foreign = tuple(islice((path for path in _files_in(folder) if path not in listed and path != LIST), _NAMED + 1))
    if foreign:
        some = ", ".join(foreign[:_NAMED]) + ("…" if len(foreign) > _NAMED else "")
        raise FolderRefused(
            said(
                f"{folder} có tệp không phải do lệnh này tạo ra ({some}): hãy chọn một thư mục riêng, còn trống",
                f"{folder} holds files that this command did not make ({some}): choose a folder of its own, an empty one",
            ),
            foreign,
        )
    hashes = {path: _hash(content) for path, content in wanted.items()}
    ours = {path: _hash_of(folder / path) for path in _files_in(folder) if path != LIST}
    return Plan(
        added=tuple(sorted(set(hashes) - set(ours))),
        changed=tuple(sorted(path for path in ours if path in hashes and ours[path] != hashes[path])),
        removed=tuple(sorted(set(ours) - set(hashes))),
        unchanged=tuple(sorted(path for path in ours if ours[path] == hashes.get(path))),
        edited=tuple(sorted(path for path, found in ours.items() if found not in [*listed[path], hashes.get(path)])),
        is_listed=listed == {path: [value] for path, value in hashes.items()},
    )


def write(folder: Path, wanted: Mapping[str, bytes], *, force: bool = False) -> Plan:
    """Make the folder hold exactly `wanted` and return what was changed.

    Raises FolderRefused as `plan` does, when a file was edited since (unless `force`) or another build is at work; OSError.
    """
    plan(folder, wanted)  # a folder that is refused is not touched, not even made
    make_folder(folder)
    with _alone(folder):
        _remove_unfinished(folder)
        todo = plan(folder, wanted)
        if todo.edited and not force:
            raise FolderRefused(
                said(
                    f"đã có người sửa {', '.join(todo.edited)} trong {folder}: giữ lại bản sửa ở nơi khác rồi chạy lại với --force",
                    f"somebody edited {', '.join(todo.edited)} in {folder}: keep that elsewhere, then run again with --force",
                ),
                todo.edited,
            )
        if not todo.is_done:
            _put_in_place(folder, wanted, todo)
        return todo


def _put_in_place(folder: Path, wanted: Mapping[str, bytes], todo: Plan) -> None:
    final = {path: [_hash(content)] for path, content in wanted.items()}
    both = {path: [*_listed(folder).get(path, []), *final.get(path, [])] for path in {*_listed(folder), *final}}
    names = [*todo.added, *todo.changed]
    fresh = {path: _beside(folder / path) for path in [*names, LIST]}
    last = _beside(folder / f"{LIST}.last")
    try:
        for path in names:
            _written(fresh[path], wanted[path])
        _written(fresh[LIST], _list(both))
        _written(last, _list(final))
        fresh[LIST].replace(folder / LIST)
        for path in names:
            fresh[path].replace(folder / path)
        for path in todo.removed:
            (folder / path).unlink(missing_ok=True)
        _remove_empty_folders(folder, todo.removed)
        last.replace(folder / LIST)
    except BaseException:
        for unused in (*fresh.values(), last):
            with suppress(OSError):
                unused.unlink()
        raise
    for each in {(folder / path).parent for path in [*names, LIST]}:
        sync_folder(each)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.new")


def _written(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _list(hashes: Mapping[str, list[str]]) -> bytes:
    content = _List(made_by=_MADE_BY, files=dict(sorted(hashes.items())))
    return (json.dumps(content.model_dump(), indent=2, ensure_ascii=False) + "\n").encode()


def _listed(folder: Path) -> dict[str, list[str]]:
    try:
        return _List.model_validate_json((folder / LIST).read_bytes()).files
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        reason = said(
            f"{folder / LIST} bị hỏng hoặc không phải của quanho: hãy chọn một thư mục mới",
            f"{folder / LIST} is damaged or not quanho's: choose a new folder",
        )
        raise FolderRefused(reason, (LIST,)) from error


def _files_in(folder: Path) -> Iterator[str]:
    """Yield every file and link below the folder, but those of a build that was killed."""
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*links, *names):
            if not _UNFINISHED.fullmatch(name):
                yield (Path(parent) / name).relative_to(folder).as_posix()


def _remove_unfinished(folder: Path) -> None:
    """Only called by the one build that is at work here, so whoever left them is gone."""
    for path in folder.rglob(".*.new"):
        if _UNFINISHED.fullmatch(path.name):
            path.unlink()


def _remove_empty_folders(folder: Path, removed: tuple[str, ...]) -> None:
    for each in {parent for path in removed for parent in Path(path).parents if parent != Path()}:
        with suppress(OSError):
            (folder / each).rmdir()


def _hash_of(path: Path) -> str:
    """A link or a device is nobody's file of ours, whatever it holds."""
    return _hash(path.read_bytes()) if path.is_file() and not path.is_symlink() else ""


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise FolderRefused(said(f"một lệnh khác đang ghi vào {folder}", f"another build is writing to {folder}")) from error
    finally:
        os.close(fd)
