"""`manifest.sig`: who signed the manifest.

    quanho bundle 1 LF  key <64 hex digits: the public key> LF  signature <128 hex digits> LF

exactly so. The signature is Ed25519 over "quanho bundle 1", a zero byte and the bytes of `manifest.json` (keys.py). The whole key stands
there, not only its id, so that a stranger's bundle can be named for what it is; it is believed only when trust.py knows it.
"""

import re

from firmware_bridge.bundle.keys import PublicKey, Purpose, SigningKey
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from telemetry.said import said

_FIRST = re.compile(rb"quanho bundle ([0-9]{1,9})\n")
_WHOLE = re.compile(rb"quanho bundle 1\nkey ([0-9a-f]{64})\nsignature ([0-9a-f]{128})\n")


def signature_file(manifest: bytes, key: SigningKey) -> bytes:
    """Return `manifest.sig` for the bytes of a manifest."""
    signature = key.sign(Purpose.BUNDLE, manifest)
    return f"{Purpose.BUNDLE}\nkey {key.public.raw.hex()}\nsignature {signature.hex()}\n".encode()


def signer(file: bytes) -> tuple[PublicKey, bytes]:
    """Return the key that claims to have signed, and the signature, unverified. Raises BundleRefused."""
    first = _FIRST.match(file)
    if first and int(first[1]) > 1:
        raise BundleRefused(
            said(
                f"quanho này không biết định dạng gói {int(first[1])}; hãy cập nhật quanho",
                f"bundle format {int(first[1])} is not known here; update quanho",
            ),
            Cause.FORMAT_UNKNOWN,
        )
    whole = _WHOLE.fullmatch(file)
    if whole is None:
        raise BundleRefused(
            said("manifest.sig bị cụt, hoặc không phải chữ ký", "manifest.sig is cut off, or no signature"), Cause.SIGNATURE_MALFORMED
        )
    return PublicKey(bytes.fromhex(whole[1].decode())), bytes.fromhex(whole[2].decode())
