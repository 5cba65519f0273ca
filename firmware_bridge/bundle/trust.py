"""Whose bundles are believed: a folder of public keys, what they said of one another, and the verdict on a key.

    keys/NAME.pub           roots: public keys that somebody put here on purpose (PEM)
    rotations/ID.json       a key's statement that another one follows it (signed record, purpose ROTATION)
    revocations/ID.json     the newest list of revoked keys of each issuer (signed record, purpose REVOCATION)

A key is believed when it is a root, or when statements lead from a root to it that have not expired, and no key on the way is revoked.
Revoked means refused, whatever date a bundle bears: whoever has the key writes any date. Statements are judged at each opening, so one that
expired, or whose signer was revoked since, no longer counts. A damaged file stops everything, because it may be the list that revokes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from firmware_bridge.bundle.keys import KeyProblem, PublicKey, read_public_key
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.statements import Revocations, Revoked, Rotation, read_revocations, read_rotation
from firmware_bridge.records.signed import RECORD_BYTES, RecordRefused
from telemetry.errors import QuanhoError
from telemetry.said import Said, as_is, named, reason_of, said

KEYS, ROTATIONS, REVOCATIONS = "keys", "rotations", "revocations"
_MOST_FILES = 256
_ADD_KEY = said("hãy thêm chính khóa đó: quanho bundle key trust KEY.pub", "add the key itself: quanho bundle key trust KEY.pub")
_Statement = TypeVar("_Statement")


class TrustProblem(QuanhoError):
    """The trust folder cannot be used as it is; the message names the file and the way out."""

    def __init__(self, reason: Said) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a key is believed: the root's name, and how many rotations lead to the key."""

    root: str
    rotations: int


@dataclass(frozen=True)
class Trust:
    """What a trust folder says at `now`."""

    roots: Mapping[PublicKey, str]
    rotations: tuple[Rotation, ...]
    revocations: tuple[Revocations, ...]
    now: datetime

    def revoked(self, key: PublicKey) -> Revoked | None:
        return next((entry for listed in self.revocations for entry in listed.revoked if entry.key == key), None)

    def judge(self, key: PublicKey) -> Standing:
        """Return why the key is believed. Raises BundleRefused."""
        if entry := self.revoked(key):
            since = f"{entry.since.isoformat()} ({entry.reason})"
            vi = f"khóa {key.id} bị thu hồi từ {since}; mọi thứ nó ký đều bị từ chối, bất kể ngày nào"
            en = f"key {key.id} is revoked since {since}; what it signed is refused whatever its date"
            raise BundleRefused(said(vi, en), Cause.KEY_REVOKED)
        if standing := self._path(key, {key}, is_strict=True):
            return standing
        if not self._path(key, {key}, is_strict=False):
            vi = f"khóa {key.id} không được tin ở đây; nếu biết chắc là của ai: quanho bundle key trust KEY.pub"
            en = f"key {key.id} is not trusted here; if you know whose it is: quanho bundle key trust KEY.pub"
            raise BundleRefused(said(vi, en), Cause.KEY_UNKNOWN)
        if expired := [rotation for rotation in self.rotations if rotation.new == key and rotation.has_expired(self.now)]:
            old, end = expired[0].old.id, expired[0].expires_at.isoformat()
            vi = f"lời khai rằng khóa {key.id} kế tiếp {old} đã hết hạn lúc {end}; {_ADD_KEY.vi}"
            raise BundleRefused(
                said(vi, f"the statement that key {key.id} follows {old} expired at {end}; {_ADD_KEY}"), Cause.ROTATION_EXPIRED
            )
        vi = f"khóa {key.id} chỉ được bảo đảm bởi một khóa đã bị thu hồi, hoặc có lời khai đã hết hạn; {_ADD_KEY.vi}"
        en = f"key {key.id} is vouched for only by a key that is revoked, or whose own statement expired; {_ADD_KEY}"
        raise BundleRefused(said(vi, en), Cause.KEY_REVOKED)

    def _path(self, key: PublicKey, seen: set[PublicKey], *, is_strict: bool) -> Standing | None:
        """Return the way from a root to `key`; unless strict, also over what expired or is revoked."""
        if key in self.roots:
            return Standing(self.roots[key], 0)
        for rotation in self.rotations:
            if rotation.new != key or rotation.old in seen or (is_strict and not self._counts(rotation)):
                continue
            seen.add(rotation.old)
            if before := self._path(rotation.old, seen, is_strict=is_strict):
                return Standing(before.root, before.rotations + 1)
        return None

    def _counts(self, rotation: Rotation) -> bool:
        return not rotation.has_expired(self.now) and self.revoked(rotation.old) is None


def load_trust(folder: Path, now: datetime) -> Trust:
    """Return what the folder says; a folder that is not there trusts nobody. Raises TrustProblem."""
    roots: dict[PublicKey, str] = {}
    for path in _files(folder / KEYS, ".pub"):
        try:
            roots[read_public_key(path)] = path.stem
        except KeyProblem as error:
            raise TrustProblem(_damaged(reason_of(error))) from error
    rotations = tuple(_statement(path, read_rotation) for path in _files(folder / ROTATIONS, ".json"))
    revocations = tuple(_statement(path, read_revocations) for path in _files(folder / REVOCATIONS, ".json"))
    return Trust(roots, rotations, revocations, now)


def _statement(path: Path, read: Callable[[bytes], _Statement]) -> _Statement:
    try:
        with path.open("rb") as file:
            return read(file.read(RECORD_BYTES + 1))
    except OSError as error:
        raise TrustProblem(as_is(f"{path}: {error.strerror}")) from error
    except RecordRefused as error:
        raise TrustProblem(_damaged(named(f"{path}: ", error.reason))) from error


def _damaged(reason: Said) -> Said:
    vi = f"{reason.vi}; chưa tin khóa nào cho đến khi sửa hoặc bỏ tệp này"
    return said(vi, f"{reason}; nothing is trusted until this file is mended or removed")


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == suffix and not path.name.startswith("."))
    except FileNotFoundError:
        return
    except OSError as error:
        raise TrustProblem(as_is(f"{folder}: {error.strerror}")) from error
    if len(found) > _MOST_FILES:
        vi = f"{folder}: có {len(found)} tệp, chỉ đọc nhiều nhất {_MOST_FILES}"
        raise TrustProblem(said(vi, f"{folder}: {len(found)} files, and at most {_MOST_FILES} are read"))
    yield from found
