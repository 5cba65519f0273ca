"""Replacing a small file so that a power cut leaves the old one or the new one, whole."""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, text: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    """Write `text` beside `path`, sync it, and give it that name. Raises OSError; then whatever had the name still has it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            if owner is not None and owner != (os.fstat(fd).st_uid, os.fstat(fd).st_gid):
                os.fchown(fd, *owner)
            os.fchmod(fd, mode)
            file.write(text)
            file.flush()
            os.fsync(fd)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Have `folder`, and whatever it lies in, on the device. `mode` is for those that are made. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)
        sync_folder(each.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed in `replace_file` left in `folder`; what cannot be removed stays."""
    for path in folder.glob(".*.new"):
        pid = path.name.removesuffix(".new").rpartition(".")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            with suppress(OSError):
                path.unlink()


def sync_folder(folder: Path) -> None:
    """Return once the names in `folder` are on the device. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
