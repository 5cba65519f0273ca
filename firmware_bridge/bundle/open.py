"""Opening a bundle: limits and layout, then the signature, then what the manifest says, then each image against it.

Nothing is believed before it is signed: the manifest is not even parsed before its signature and the key's standing are known.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from firmware_bridge.bundle import container
from firmware_bridge.bundle.image_fit import check_images
from firmware_bridge.bundle.keys import PublicKey, Purpose
from firmware_bridge.bundle.manifest import FORMAT, MANIFEST_NAME, SIGNATURE_NAME, Manifest
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.signature import signer
from firmware_bridge.bundle.trust import Trust
from telemetry.said import as_is, said


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was checked from end to end. `sha256` is the hash of the whole file."""

    manifest: Manifest
    images: Mapping[str, bytes]
    key_id: str
    sha256: str


def open_bundle(path: Path, trust: Trust) -> Bundle:
    """Return the bundle in the file. Raises BundleRefused."""
    return open_bytes(_read(path), trust)


def open_bytes(data: bytes, trust: Trust) -> Bundle:
    """Return the bundle whose file is `data`. Raises BundleRefused."""
    members = _members(data)
    key, signature = signer(container.read(data, members[SIGNATURE_NAME]))
    trust.judge(key)
    body = container.read(data, members[MANIFEST_NAME])
    if not key.is_signed(signature, Purpose.BUNDLE, body):
        raise BundleRefused(
            said(
                f"manifest không phải thứ khóa {key.id} đã ký; nó bị sửa sau đó",
                f"the manifest is not what key {key.id} signed; it was changed afterwards",
            ),
            Cause.SIGNATURE_WRONG,
        )
    manifest = _manifest(body)
    entries = {entry.file: entry for entry in manifest.images}
    if strangers := [name for name in members if name not in entries and name not in (MANIFEST_NAME, SIGNATURE_NAME)]:
        raise BundleRefused(
            said(
                f"{strangers[0]} có trong tệp nhưng manifest không kể đến",
                f"{strangers[0]} is in the file, but the manifest does not name it",
            ),
            Cause.MEMBER_EXTRA,
        )
    for name, entry in entries.items():
        if name in members and members[name].size != entry.size:
            raise BundleRefused(
                said(
                    f"{name} dài {members[name].size} byte, còn đã ký là {entry.size}",
                    f"{name} has {members[name].size} bytes, and {entry.size} were signed",
                ),
                Cause.IMAGE_CHANGED,
            )
    images = {name: container.read(data, members[name]) for name in entries if name in members}
    check_against_manifest(manifest, images)
    check_images(manifest, images)
    return Bundle(manifest, images, key.id, hashlib.sha256(data).hexdigest())


def signer_of(path: Path) -> PublicKey:
    """Return the key that claims to have signed the bundle: neither believed nor checked. Raises BundleRefused."""
    data = _read(path)
    return signer(container.read(data, _members(data)[SIGNATURE_NAME]))[0]


def check_against_manifest(manifest: Manifest, images: Mapping[str, bytes]) -> None:
    """Raise BundleRefused unless `images` are exactly those of the manifest."""
    for entry in manifest.images:
        content = images.get(entry.file)
        if content is None:
            raise BundleRefused(said(f"thiếu ảnh {entry.file}", f"image {entry.file} is missing"), Cause.IMAGE_MISSING)
        if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
            raise BundleRefused(
                said(f"ảnh {entry.file} không phải ảnh đã ký", f"image {entry.file} is not the one that was signed"), Cause.IMAGE_CHANGED
            )


def _members(data: bytes) -> dict[str, container.Member]:
    members = container.members(data)
    for name, cause in ((MANIFEST_NAME, Cause.NO_MANIFEST), (SIGNATURE_NAME, Cause.NO_SIGNATURE)):
        if name not in members:
            raise BundleRefused(
                said(
                    f"thiếu {name}; đây có phải gói do quanho bundle make tạo không?",
                    f"{name} is missing; is this a bundle of quanho bundle make?",
                ),
                cause,
            )
    return members


def _manifest(body: bytes) -> Manifest:
    try:
        read: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BundleRefused(
            said(f"manifest không phải JSON: {str(error)[:200]}", f"the manifest is no JSON: {str(error)[:200]}"), Cause.MANIFEST_INVALID
        ) from error
    version = read.get("format") if isinstance(read, dict) else None
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
        raise BundleRefused(
            said(
                f"quanho này không biết định dạng manifest {version}; hãy cập nhật quanho",
                f"manifest format {version} is not known here; update quanho",
            ),
            Cause.FORMAT_UNKNOWN,
        )
    try:
        return Manifest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "manifest"
        wrong = f"manifest: {where}: {first['msg']}"
        raise BundleRefused(said(wrong, f"the {wrong}"), Cause.MANIFEST_INVALID) from error


def _read(path: Path) -> bytes:
    """Return the file, which is a regular one and within the limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise BundleRefused(said(f"{path} không phải tệp thường", f"{path} is no regular file"), Cause.UNREADABLE)
            if status.st_size > container.BUNDLE_BYTES:
                raise BundleRefused(
                    said(
                        f"{path} dài {status.st_size} byte, gói nhiều nhất {container.BUNDLE_BYTES}",
                        f"{path} has {status.st_size} bytes, a bundle at most {container.BUNDLE_BYTES}",
                    ),
                    Cause.TOO_LARGE,
                )
            return file.read(container.BUNDLE_BYTES + 1)
    except OSError as error:
        raise BundleRefused(as_is(f"{path}: {error.strerror}"), Cause.UNREADABLE) from error
