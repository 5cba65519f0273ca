"""The files on a card or in an image file, without mounting anything: FAT by mtools, ext4 by debugfs (read only).

Both take the whole card and an offset, need no rights but those on the file, and are the programs that Debian's own image builders use.
Their input comes on standard input and never in an argument, so that no secret is seen in a list of processes.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.partitions import Partition, Table, read_table

_TIMEOUT_S = 120.0
_MOST_FILE_BYTES = 8 << 20
_SIGNS = ("@@", "?")  # what stands between a name and an offset
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))  # debugfs lives in sbin
_ENVIRONMENT = {"PATH": _PATH, "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": os.devnull, "LC_ALL": "C.UTF-8", "HOME": os.devnull}
_PACKAGES = {"mcopy": "mtools", "mdir": "mtools", "mdel": "mtools", "mmd": "mtools", "debugfs": "e2fsprogs"}


@dataclass(frozen=True, slots=True)
class Card:
    """An opened card: where its partitions are."""

    path: Path
    table: Table
    boot: Partition
    root: Partition | None


def open_card(path: Path) -> Card:
    """Return the card. Raises CardError where there is no partition table or no FAT partition to boot from."""
    if any(sign in str(path) for sign in _SIGNS):
        raise CardError(Cause.SYSTEM, f"{path}: mtools and debugfs do not take a name with {' or '.join(_SIGNS)}; rename it")
    try:
        with path.open("rb") as file:
            table = read_table(file)
            file.seek(0, os.SEEK_END)
            size = file.tell()
    except OSError as error:
        reason = "run the command with sudo" if isinstance(error, PermissionError) else error.strerror or str(error)
        raise CardError(Cause.SYSTEM, f"{path} cannot be read: {reason}") from error
    boot = next((each for each in table.partitions if each.kind == "fat"), None)
    if boot is None:
        raise CardError(Cause.SYSTEM, f"{path} has no FAT partition to boot from; is it a card of a Raspberry Pi?")
    if boot.start_bytes + boot.size_bytes > size:
        raise CardError(Cause.SYSTEM, f"{path} ends inside its boot partition; it was not written whole")
    return Card(path, table, boot, next((each for each in table.partitions if each.kind == "linux"), None))


class BootFiles:
    """The files of the boot partition."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._image = f"{card.path}@@{card.boot.start_bytes}"

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return the names in a folder, as they are written; nothing where there is no such folder. Raises CardError for a broken root."""
        listed = _run(["mdir", "-b", "-a", "-i", self._image, f"::{folder}"], is_allowed_to_fail=bool(folder))
        names = (line.strip().removesuffix("/").rpartition("/")[2] for line in listed.decode("utf-8", "replace").splitlines())
        return tuple(sorted(name for name in names if name and name not in (".", "..")))

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None where there is none."""
        folder, _, last = name.rpartition("/")
        if last.lower() not in (each.lower() for each in self.names(folder)):
            return None
        return _small(["mcopy", "-n", "-i", self._image, f"::{name}", "-"], name)

    def write(self, name: str, content: bytes) -> None:
        """Write a file and read it back. Raises CardError where it is not there afterwards."""
        folder = name.rpartition("/")[0]
        if folder:
            self.make_folder(folder)
        _run(["mcopy", "-o", "-i", self._image, "-", f"::{name}"], given=content)
        if _run(["mcopy", "-n", "-i", self._image, f"::{name}", "-"]) != content:
            raise CardError(Cause.CARD, f"{name} on the boot partition is not what was written to it; the card is damaged")

    def copy_in(self, folder: str, files: Sequence[Path]) -> None:
        """Copy files into a folder of the boot partition."""
        self.make_folder(folder)
        if files:
            _run(["mcopy", "-o", "-i", self._image, *map(str, files), f"::{folder}/"])

    def make_folder(self, folder: str) -> None:
        """Make a folder, and those above it, where they are not there."""
        parts = folder.split("/")
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            if not self._has(part):
                _run(["mmd", "-D", "s", "-i", self._image, f"::{part}"])

    def delete(self, name: str) -> None:
        """Delete a file that is there."""
        if self._has(name):
            _run(["mdel", "-i", self._image, f"::{name}"])

    def sync(self) -> None:
        """Return once everything is on the card."""
        fd = os.open(self._card.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def _has(self, name: str) -> bool:
        folder, _, last = name.rpartition("/")
        return last.lower() in (each.lower() for each in self.names(folder))


def root_file(card: Card, name: str) -> str | None:
    """Return a text file of the ext4 root partition; None where it is not there, or where there is no debugfs to read it with."""
    if card.root is None:
        return None
    try:
        # A symbolic link (/etc/os-release) is not followed by `cat`; its usual target is asked for as well.
        for place in (name, {"/etc/os-release": "/usr/lib/os-release"}.get(name, "")):
            if place:
                text = _small(["debugfs", "-R", f"cat {place}", f"{card.path}?offset={card.root.start_bytes}"], place)
                if text:
                    return text.decode("utf-8", "replace")
    except CardError:
        return None
    return None


def check_programs() -> None:
    """Raise CardError where a program that writes settings is missing."""
    for program in ("mcopy", "mdir", "mdel", "mmd"):
        if shutil.which(program, path=_PATH) is None:
            raise _missing(program)


def _run(words: Sequence[str], *, given: bytes | None = None, is_allowed_to_fail: bool = False) -> bytes:
    """Run a program to its end. Raises CardError where it is missing, fails, or takes too long."""
    try:
        done = subprocess.run(
            words,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=_TIMEOUT_S,
            env=_ENVIRONMENT,
            check=False,
        )
    except FileNotFoundError as error:
        raise _missing(words[0]) from error
    except subprocess.TimeoutExpired as error:
        raise CardError(Cause.CARD, f"{words[0]} did not end within {_TIMEOUT_S:.0f} s; does the card still answer?") from error
    if done.returncode and not is_allowed_to_fail:
        raise CardError(Cause.CARD, _why(words[0], done.stderr.decode("utf-8", "replace")))
    return done.stdout


def _small(words: Sequence[str], name: str) -> bytes:
    """Return what a program prints of a file, b"" where it fails. Raises CardError for one that is too large to be settings."""
    try:
        with subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_ENVIRONMENT
        ) as running:
            assert running.stdout is not None  # noqa: S101 - a pipe was asked for
            content = running.stdout.read(_MOST_FILE_BYTES + 1)
            if len(content) > _MOST_FILE_BYTES:
                running.kill()
                raise CardError(Cause.SYSTEM, f"{name} on the card is larger than {_MOST_FILE_BYTES:,} bytes; that is no file of settings")
    except FileNotFoundError as error:
        raise _missing(words[0]) from error
    return content


def _missing(program: str) -> CardError:
    return CardError(Cause.SYSTEM, f"{program} is missing:  sudo apt-get install {_PACKAGES.get(program, program)}")


def _why(program: str, said: str) -> str:
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "no reason given").strip()
    if "full" in said.lower():
        return f"the boot partition is full ({last}); give fewer wheels"
    return f"{program} failed on the boot partition: {last}"
