"""Keys stay private, say which file is wrong, and sign for one purpose only."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware_bridge.bundle.keys import KeyProblem, PassphraseNeeded, Purpose, new_key, read_key, read_public_key, write_key


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_key_file_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        public = write_key(tmp_path / "a.key", new_key())
    finally:
        os.umask(before)
    assert (mode_of(tmp_path / "a.key"), mode_of(public)) == (0o600, 0o644)


def test_key_that_was_written_signs_for_its_public_half(tmp_path: Path) -> None:
    public = read_public_key(write_key(tmp_path / "a.key", new_key()))
    signature = read_key(tmp_path / "a.key").sign(Purpose.BUNDLE, b"body")
    assert public.is_signed(signature, Purpose.BUNDLE, b"body")
    assert not public.is_signed(signature, Purpose.BUNDLE, b"Body")
    assert not public.is_signed(signature, Purpose.RECORD, b"body")
    assert not public.is_signed(signature[:-1], Purpose.BUNDLE, b"body")


def test_encrypted_key_needs_its_passphrase(tmp_path: Path) -> None:
    key = new_key()
    write_key(tmp_path / "a.key", key, "đèn sáng".encode())
    assert read_key(tmp_path / "a.key", "đèn sáng".encode()).public == key.public
    for wrong in (None, b"den sang"):
        with pytest.raises(PassphraseNeeded):
            read_key(tmp_path / "a.key", wrong)


def test_passphrase_for_a_plain_key_is_not_needed(tmp_path: Path) -> None:
    key = new_key()
    write_key(tmp_path / "a.key", key)
    assert read_key(tmp_path / "a.key", b"x").public == key.public


def test_key_that_others_may_read_is_refused_with_the_way_out(tmp_path: Path) -> None:
    write_key(tmp_path / "a.key", new_key())
    (tmp_path / "a.key").chmod(0o640)
    with pytest.raises(KeyProblem, match="chmod 600"):
        read_key(tmp_path / "a.key")


@pytest.mark.parametrize("taken", ["a.key", "a.pub"])
def test_key_is_never_written_over(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyProblem, match="there already"):
        write_key(tmp_path / "a.key", new_key())
    assert not (tmp_path / "elsewhere").exists()


def test_wrong_key_files_are_told_apart(tmp_path: Path) -> None:
    write_key(tmp_path / "a.key", new_key())
    other = tmp_path / "x25519.key"
    other.write_bytes(
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (tmp_path / "garbage").write_bytes(b"\0" * 100)
    (tmp_path / "large").write_bytes(b"\0" * 5000)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    for name, word in [("x25519.key", "another kind"), ("garbage", "no private key"), ("large", "too large"), ("none", "No such file")]:
        with pytest.raises(KeyProblem, match=word):
            read_key(tmp_path / name)
    with pytest.raises(KeyProblem, match="keep it at home"):
        read_public_key(tmp_path / "a.key")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(KeyProblem, match="no regular file"):
        read_public_key(tmp_path / "fifo")


@pytest.mark.server
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_reads_our_keys_and_checks_our_signature(tmp_path: Path) -> None:
    key = new_key()
    public = write_key(tmp_path / "a.key", key)
    (tmp_path / "body").write_bytes(b"quanho bundle 1\0{}")
    (tmp_path / "signature").write_bytes(key.sign(Purpose.BUNDLE, b"{}"))
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin", "-in", "body", "-sigfile", "signature"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in done.stdout
