"""Changing a trust folder: every change is checked against what the folder believes before it is written."""

import os
from datetime import datetime
from pathlib import Path

from firmware_bridge.bundle.keys import PublicKey, SigningKey
from firmware_bridge.bundle.manifest import whole_seconds
from firmware_bridge.bundle.statements import (
    Revocations,
    Revoked,
    Rotation,
    issuer_of,
    read_revocations,
    read_rotation,
    sign_revocations,
)
from firmware_bridge.bundle.trust import KEYS, REVOCATIONS, ROTATIONS, TrustProblem, load_trust
from firmware_bridge.records.signed import RecordRefused
from runtime.durable_file import replace_file
from telemetry.identifiers import is_id
from telemetry.said import as_is, said

_MODE = 0o644
_FOLDER_MODE = 0o755


def add_root(folder: Path, key: PublicKey, name: str, now: datetime) -> Path:
    """Believe `key` from now on, under `name`. Raises TrustProblem."""
    if not is_id(name):
        vi = f"{name!r} không đặt tên khóa được: dùng chữ cái, chữ số, '_', '-' và '.'"
        raise TrustProblem(said(vi, f"{name!r} cannot name a key: use letters, digits, '_', '-' and '.'"))
    trust = load_trust(folder, now)
    if entry := trust.revoked(key):
        raise TrustProblem(
            said(
                f"khóa {key.id} đã bị thu hồi ({entry.reason}) và không được nhận lại; hãy tạo khóa mới: quanho bundle key new",
                f"key {key.id} is revoked ({entry.reason}) and is not taken back; make a new one: quanho bundle key new",
            )
        )
    path = folder / KEYS / f"{name}.pub"
    if path.exists() and trust.roots.get(key) != name:
        raise TrustProblem(said(f"{path} đang giữ khóa khác; hãy chọn tên khác", f"{path} holds another key; choose another name"))
    return _written(path, key.pem())


def remove_root(folder: Path, name: str) -> Path:
    """Believe the key of that name no longer. Raises TrustProblem where there is none."""
    path = folder / KEYS / f"{name}.pub"
    if not is_id(name) or not path.is_file():
        raise TrustProblem(
            said(
                f"không có khóa tên {name} trong {folder / KEYS}; xem: quanho bundle key list",
                f"no key called {name} in {folder / KEYS}; quanho bundle key list shows them",
            )
        )
    try:
        path.unlink()
    except OSError as error:
        raise TrustProblem(as_is(f"{path}: {error.strerror}")) from error
    return path


def add_rotation(folder: Path, data: bytes, now: datetime) -> Rotation:
    """Take the statement that a key follows one that is believed. Raises RecordRefused, BundleRefused (of the old key), TrustProblem."""
    rotation = read_rotation(data)
    if rotation.has_expired(now):
        end = rotation.expires_at.isoformat()
        vi = f"lời khai đã hết hạn lúc {end}; hãy thêm chính khóa mới: quanho bundle key trust KEY.pub"
        raise RecordRefused(said(vi, f"the statement expired at {end}; add the new key itself: quanho bundle key trust KEY.pub"))
    trust = load_trust(folder, now)
    trust.judge(rotation.old)
    if entry := trust.revoked(rotation.new):
        raise RecordRefused(
            said(
                f"khóa {rotation.new.id} đã bị thu hồi ({entry.reason}); không lời khai nào đưa nó trở lại",
                f"key {rotation.new.id} is revoked ({entry.reason}); no statement brings it back",
            )
        )
    _written(folder / ROTATIONS / f"{rotation.new.id}-{rotation.old.id}.json", data)
    return rotation


def add_revocations(folder: Path, data: bytes, now: datetime) -> Revocations:
    """Take a list of revoked keys. Raises RecordRefused (replayed, shortened), BundleRefused (issuer not believed), TrustProblem.

    A list stays in force when its issuer is revoked later: it was right when it came.
    """
    fresh, issuer = read_revocations(data), issuer_of(data)
    trust = load_trust(folder, now)
    path = folder / REVOCATIONS / f"{issuer.id}.json"
    if path.exists():
        before = read_revocations(path.read_bytes())
        if before == fresh:
            return fresh
        _check_succession(before, fresh, issuer)
    trust.judge(issuer)
    _written(path, data)
    return fresh


def _check_succession(before: Revocations, fresh: Revocations, issuer: PublicKey) -> None:
    if fresh.serial < before.serial or (fresh.serial == before.serial and fresh != before):
        vi = f"danh sách của khóa {issuer.id} mang số {fresh.serial}, mà ở đây đã có số {before.serial}: không nhận lại danh sách cũ"
        en = f"the list of key {issuer.id} has serial {fresh.serial}, and {before.serial} is here already: an old list is not taken again"
        raise RecordRefused(said(vi, en))
    if lost := {entry.key.id for entry in before.revoked} - {entry.key.id for entry in fresh.revoked}:
        ids = ", ".join(sorted(lost))
        vi = f"danh sách không còn kể {ids}; đã thu hồi thì vẫn là thu hồi"
        raise RecordRefused(said(vi, f"the list no longer names {ids}; what is revoked stays revoked"))


def revoke(folder: Path, issuer: SigningKey, key: PublicKey, since: datetime, reason: str, now: datetime) -> bytes:
    """Return the issuer's next list, with `key` added, after taking it into the folder. Raises as add_revocations does."""
    path = folder / REVOCATIONS / f"{issuer.public.id}.json"
    before = read_revocations(path.read_bytes()) if path.exists() else None
    known = before.revoked if before else ()
    if any(entry.key == key for entry in known):
        raise TrustProblem(said(f"khóa {key.id} đã bị thu hồi rồi", f"key {key.id} is revoked already"))
    entry = Revoked(key=key, since=whole_seconds(since), reason=reason)
    fresh = Revocations(serial=before.serial + 1 if before else 1, made_at=whole_seconds(now), revoked=(*known, entry))
    data = sign_revocations(issuer, fresh)
    add_revocations(folder, data, now)
    return data


def _written(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        replace_file(path, data, _MODE)
    except OSError as error:
        raise TrustProblem(as_is(f"{path}: {os.strerror(error.errno or 0)}")) from error
    return path
