"""Ed25519 keys (RFC 8032) that sign bundles and records.

A private key is a PKCS #8 PEM file with mode 0600, encrypted where a passphrase is given (PBES2 with scrypt or PBKDF2, as OpenSSL chooses);
a public key is a SubjectPublicKeyInfo PEM file. Both are what `openssl pkey` reads. The id of a key is the beginning of the SHA-256 of its
32 raw bytes, 16 hex digits: short enough to read out, and only a name, because trust is by the whole key.

What is signed begins with its purpose and a zero byte, so a signature for one purpose never passes for another.
"""

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from runtime.durable_file import replace_file, sync_folder
from telemetry.errors import QuanhoError
from telemetry.said import said

SIGNATURE_BYTES = 64
PUBLIC_BYTES = 32
_PEM_BYTES = 4096  # a key is a few hundred
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644


class KeyProblem(QuanhoError):
    """A key file cannot be used; the message names the file and the way out."""


class PassphraseNeeded(KeyProblem):
    """The private key is encrypted and no passphrase, or a wrong one, was given."""


class Purpose(StrEnum):
    """What a signature is for; its value begins the signed bytes."""

    BUNDLE = "quanho bundle 1"
    RECORD = "quanho record 1"
    ROTATION = "quanho key rotation 1"
    REVOCATION = "quanho key revocation 1"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half: 32 raw bytes."""

    raw: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def is_signed(self, signature: bytes, purpose: Purpose, body: bytes) -> bool:
        """Whether `signature` is this key's for `body`, made for `purpose`."""
        with suppress(InvalidSignature, ValueError):
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, _signed(purpose, body))
            return True
        return False

    def pem(self) -> bytes:
        return Ed25519PublicKey.from_public_bytes(self.raw).public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


class SigningKey:
    """The private half. Never printed, never in a record."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))

    def sign(self, purpose: Purpose, body: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._key.sign(_signed(purpose, body))

    def pem(self, passphrase: bytes | None) -> bytes:
        cover = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, cover)


def new_key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


def _signed(purpose: Purpose, body: bytes) -> bytes:
    return purpose.value.encode() + b"\0" + body


def write_key(path: Path, key: SigningKey, passphrase: bytes | None = None) -> Path:
    """Write the private key to a file that is new, its public half beside it (`.pub`), and return the path of that.

    Raises KeyProblem where either name is taken: a key that is written over is a fleet that takes no more bundles.
    """
    public_path = path.with_suffix(".pub")
    for taken in (path, public_path):
        if taken.exists() or taken.is_symlink():
            raise KeyProblem(
                said(
                    f"{taken} đã có và không bị ghi đè; hãy chọn tên khác",
                    f"{taken} is there already and is not written over; choose another name",
                )
            )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _PRIVATE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, _PRIVATE_MODE)
            file.write(key.pem(passphrase))
            file.flush()
            os.fsync(descriptor)
        replace_file(public_path, key.public.pem(), _PUBLIC_MODE)
        sync_folder(path.parent)
    except OSError as error:
        raise KeyProblem(
            said(f"{path}: không ghi được khóa: {error.strerror}", f"{path}: cannot write the key: {error.strerror}")
        ) from error
    return public_path


def read_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """Return the private key of a PEM file. Raises KeyProblem, PassphraseNeeded where only the passphrase is missing or wrong."""
    pem, mode = _read(path)
    if mode & 0o077:
        raise KeyProblem(
            said(
                f"{path}: người khác đọc được khóa riêng này (quyền {mode:04o}); chmod 600 {path}, và nghĩ xem ai đã đọc nó",
                f"{path}: others may read this private key (mode {mode:04o}); chmod 600 {path}, and think about who has read it",
            )
        )
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except TypeError as error:  # a passphrase for a plain key, or none for an encrypted one
        if passphrase is None:
            raise PassphraseNeeded(
                said(f"{path}: khóa được mã hóa; hãy cho mật khẩu", f"{path}: the key is encrypted; give its passphrase")
            ) from error
        return read_key(path)
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None and b"ENCRYPTED" in pem:
            raise PassphraseNeeded(
                said(f"{path}: sai mật khẩu, hoặc khóa bị hỏng", f"{path}: the passphrase is wrong, or the key is damaged")
            ) from error
        raise KeyProblem(
            said(
                f"{path}: không có khóa riêng dạng PEM; tạo bằng: quanho bundle key new",
                f"{path}: no private key in PEM form; make one with: quanho bundle key new",
            )
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem(
            said(
                f"{path}: khóa riêng loại khác; quanho ký bằng Ed25519: quanho bundle key new",
                f"{path}: a private key of another kind; quanho signs with Ed25519: quanho bundle key new",
            )
        )
    return SigningKey(key)


def read_public_key(path: Path) -> PublicKey:
    """Return the public key of a PEM file. Raises KeyProblem."""
    return public_key_of(_read(path)[0], str(path))


def public_key_of(pem: bytes, name: str) -> PublicKey:
    """Return the public key of PEM text; `name` is for the message of KeyProblem."""
    if b"PRIVATE KEY" in pem:
        raise KeyProblem(
            said(
                f"{name}: đây là khóa riêng; hãy giữ kín và đưa tệp .pub bên cạnh",
                f"{name}: this is a private key; keep it at home and give the .pub file beside it",
            )
        )
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyProblem(
            said(
                f"{name}: không có khóa công khai dạng PEM (tệp .pub của quanho bundle key new)",
                f"{name}: no public key in PEM form (the .pub file of quanho bundle key new)",
            )
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyProblem(
            said(
                f"{name}: khóa công khai loại khác; gói được ký bằng Ed25519",
                f"{name}: a public key of another kind; bundles are signed with Ed25519",
            )
        )
    return PublicKey(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


def _read(path: Path) -> tuple[bytes, int]:
    """Return the bytes of a small regular file and its permission bits."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise KeyProblem(said(f"{path}: không phải tệp thường", f"{path}: no regular file"))
            data = file.read(_PEM_BYTES + 1)
    except OSError as error:
        raise KeyProblem(
            said(f"{path}: không đọc được khóa: {error.strerror}", f"{path}: cannot read the key: {error.strerror}")
        ) from error
    if len(data) > _PEM_BYTES:
        raise KeyProblem(said(f"{path}: quá lớn so với một khóa dạng PEM", f"{path}: too large for a key in PEM form"))
    return data, stat.S_IMODE(status.st_mode)
