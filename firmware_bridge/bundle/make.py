"""Packing a bundle: manifest, signature and images into the container that container.py reads."""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

from firmware_bridge.bundle.container import BUNDLE_BYTES, MANIFEST_BYTES, RATIO
from firmware_bridge.bundle.image_fit import check_images
from firmware_bridge.bundle.keys import SigningKey
from firmware_bridge.bundle.manifest import MANIFEST_NAME, SIGNATURE_NAME, Manifest, manifest_bytes
from firmware_bridge.bundle.open import check_against_manifest
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.signature import signature_file
from telemetry.said import said

_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same images and manifest give the same bytes
_MODE = (stat.S_IFREG | 0o644) << 16


def make_bundle(manifest: Manifest, images: Mapping[str, bytes], key: SigningKey) -> bytes:
    """Return the file. Raises BundleRefused where `open_bundle` would refuse it, or an image cannot be for the manifest's chip."""
    body = manifest_bytes(manifest)
    if len(body) > MANIFEST_BYTES:
        raise BundleRefused(
            said(
                f"manifest dài {len(body)} byte, chỉ nhận nhiều nhất {MANIFEST_BYTES}",
                f"the manifest has {len(body)} bytes, and at most {MANIFEST_BYTES} are taken",
            ),
            Cause.TOO_LARGE,
        )
    check_against_manifest(manifest, images)
    check_images(manifest, images)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        _put(file, MANIFEST_NAME, body)
        _put(file, SIGNATURE_NAME, signature_file(body, key))
        for entry in manifest.images:
            _put(file, entry.file, images[entry.file])
    if packed.tell() > BUNDLE_BYTES:
        raise BundleRefused(
            said(
                f"gói sẽ dài {packed.tell()} byte, chỉ nhận nhiều nhất {BUNDLE_BYTES}",
                f"the bundle would have {packed.tell()} bytes, and at most {BUNDLE_BYTES} are taken",
            ),
            Cause.TOO_LARGE,
        )
    return packed.getvalue()


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _MOMENT)
    member.create_system = 3
    member.external_attr = _MODE
    is_worth_it = len(content) <= RATIO * len(zlib.compress(content, 6)) // 2
    member.compress_type = zipfile.ZIP_DEFLATED if is_worth_it else zipfile.ZIP_STORED
    file.writestr(member, content)
