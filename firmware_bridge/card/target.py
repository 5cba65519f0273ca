"""The place that an image goes to: a whole block device, or a file. Checked before it is opened, opened so that nobody else can have it."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.device_facts import HOST, DeviceFacts, Roots, facts_of
from firmware_bridge.card.image_size import ImageSize
from firmware_bridge.card.may_write import NO_MEDIUM, READ_ONLY, Refusal, may_write, too_small
from telemetry.said import joined, named, said

_DEVICES = Path("/dev")


@dataclass(frozen=True, slots=True)
class Target:
    """A place that may be written. `facts` is None for a file."""

    path: Path
    facts: DeviceFacts | None
    is_there: bool

    @property
    def is_file(self) -> bool:
        return self.facts is None


def choose_target(path: Path, image: Path, size: ImageSize, *, allow_fixed: bool, roots: Roots = HOST) -> Target:
    """Return the target. Raises CardError(Cause.TARGET_REFUSED) with every reason against it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return _new_file(path, size)
    except OSError as error:
        raise _refused(
            path, [Refusal("unreadable", f"không xem được: {error.strerror}", f"cannot be looked at: {error.strerror}")]
        ) from error
    if stat.S_ISBLK(mode):
        return _device(path, size, allow_fixed=allow_fixed, roots=roots)
    if not stat.S_ISREG(mode):
        raise _refused(path, [Refusal("no-target", "không phải thẻ, cũng không phải tệp", "is neither a block device nor a file")])
    if path.samefile(image):
        raise _refused(path, [Refusal("same-file", "chính là tệp ảnh", "is the image itself")])
    _has_room(path, size, path.stat().st_blocks * 512)
    return Target(path, None, is_there=True)


def open_target(target: Target) -> int:
    """Open for writing, alone: O_EXCL on a block device fails while anything has it mounted or claimed (open(2))."""
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        if target.is_file:
            return os.open(target.path, flags | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.open(target.path, flags | os.O_EXCL)
    except OSError as error:
        raise _refused(target.path, [_why_not_opened(target, error)]) from error


def _new_file(path: Path, size: ImageSize) -> Target:
    if path.absolute().is_relative_to(_DEVICES) and not path.absolute().is_relative_to("/dev/shm"):  # noqa: S108 - a name that is refused otherwise
        vi = "không có trên máy này; xem các thẻ bằng: quanho card list"
        raise _refused(path, [Refusal("no-device", vi, "is no device of this computer; see its cards with: quanho card list")])
    if not path.absolute().parent.is_dir():
        folder = path.absolute().parent
        raise _refused(path, [Refusal("no-folder", f"nằm trong thư mục không có: {folder}", f"is in a folder that is not there: {folder}")])
    _has_room(path.absolute().parent, size, 0)
    return Target(path, None, is_there=False)


def _device(path: Path, size: ImageSize, *, allow_fixed: bool, roots: Roots) -> Target:
    try:
        facts = facts_of(path, roots)
    except OSError as error:
        raise _refused(path, [Refusal("unknown", f"không rõ là gì: {error}", f"is unknown to the kernel: {error}")]) from error
    refusals = may_write(facts, image_bytes=size.least_bytes or None, allow_fixed=allow_fixed)
    if refusals:
        raise _refused(path, refusals)
    return Target(path, facts, is_there=True)


def _has_room(place: Path, size: ImageSize, freed_bytes: int) -> None:
    room = os.statvfs(place)
    free = room.f_bavail * room.f_frsize + freed_bytes
    if size.packing != "raw" and size.least_bytes > free:  # a raw image may be sparse; then the disk says when it is full
        raise _refused(place, [too_small(free, size.least_bytes)])


class TargetRefused(CardError):
    """Nothing was written. `refusals` are the reasons."""

    def __init__(self, path: Path, refusals: list[Refusal] | tuple[Refusal, ...]) -> None:
        self.path = path
        super().__init__(Cause.TARGET_REFUSED, named(f"{path} ", joined("; ", (said(refusal.vi, refusal.en) for refusal in refusals))))
        self.refusals = tuple(refusals)


def _refused(path: Path, refusals: list[Refusal] | tuple[Refusal, ...]) -> TargetRefused:
    return TargetRefused(path, refusals)


def _why_not_opened(target: Target, error: OSError) -> Refusal:
    if error.errno == errno.EBUSY:
        vi = "đang được chương trình khác dùng; đóng chương trình đó và tháo thẻ ra khỏi hệ thống tệp"
        return Refusal("busy", vi, "is in use by another program or the kernel; unmount and close what uses it")
    if error.errno in (errno.EACCES, errno.EPERM):
        vi, en = "người dùng này không được ghi", "may not be written by this user"
        way_out = ("", "") if target.is_file else ("; chạy lại với sudo", "; run the command with sudo")
        return Refusal("not-allowed", vi + way_out[0], en + way_out[1])
    if error.errno == errno.EROFS:
        return READ_ONLY
    if error.errno == errno.ENOMEDIUM:
        return NO_MEDIUM
    return Refusal("not-opened", f"không mở được: {error.strerror}", f"cannot be opened: {error.strerror}")
