"""The passphrase of a private key: from a file or from a terminal, never from an argument, which every user of the machine could read."""

import getpass
import sys
from pathlib import Path

from firmware_bridge.bundle.keys import KeyProblem, PassphraseNeeded, SigningKey, read_key
from quanho.lang import say
from runtime.config import read_secret


def key_of(path: Path, passphrase_file: Path | None) -> SigningKey:
    """Return the private key, asking for its passphrase where it has one and no file gives it. Raises KeyProblem, ConfigError."""
    if passphrase_file is not None:
        return read_key(path, read_secret(passphrase_file).encode())
    try:
        return read_key(path)
    except PassphraseNeeded:
        return read_key(path, _asked(say(f"mật khẩu của {path}: ", f"passphrase of {path}: ")))


def new_passphrase(passphrase_file: Path | None, *, asks: bool) -> bytes | None:
    """Return what a new key is to be encrypted with, None for nothing. Raises KeyProblem, ConfigError."""
    if passphrase_file is not None:
        return read_secret(passphrase_file).encode()
    if not asks:
        return None
    first = _asked(say("mật khẩu mới: ", "new passphrase: "))
    if first != _asked(say("nhập lại: ", "once more: ")):
        raise KeyProblem(say("hai lần nhập không giống nhau", "the two are not the same"))
    if not first:
        raise KeyProblem(say("mật khẩu trống thì không bảo vệ gì", "an empty passphrase protects nothing"))
    return first


def _asked(prompt: str) -> bytes:
    if sys.stdin is None or not sys.stdin.isatty():
        raise PassphraseNeeded(
            say(
                "khóa cần mật khẩu và không có bàn phím: dùng --passphrase-file TỆP",
                "a passphrase is needed and nobody is at a keyboard: use --passphrase-file FILE",
            )
        )
    try:
        return getpass.getpass(prompt).encode()
    except EOFError as error:
        raise PassphraseNeeded(say("không có mật khẩu", "no passphrase was given")) from error
