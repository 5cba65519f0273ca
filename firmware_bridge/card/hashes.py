"""What goes onto a card in place of a password: its crypt(5) hash, and a Wi-Fi network's key."""

import ctypes
import ctypes.util
import hashlib
import secrets
import string

from firmware_bridge.card.causes import CardError, Cause
from telemetry.said import said

_SALT = string.ascii_letters + string.digits + "./"
_SALT_CHARACTERS = 16


def wifi_psk(passphrase: str, ssid: str) -> str:
    """Return the pre-shared key as 64 hex digits: PBKDF2-HMAC-SHA1, 4096 rounds, the network's name as salt (IEEE 802.11-2020, J.4)."""
    return hashlib.pbkdf2_hmac("sha1", passphrase.encode(), ssid.encode(), 4096, 32).hex()


def sha512_crypt(password: str, salt: str | None = None) -> str:
    """Return the "$6$" hash of the password by this system's libcrypt (crypt(3)), with a fresh salt. Raises CardError where there is none.

    No program is called: a password never stands in an argument list.
    """
    if "\0" in password:
        raise CardError(Cause.SYSTEM, said("mật khẩu không được có ký tự NUL", "a password cannot have a NUL character"))
    salt = salt or "".join(secrets.choice(_SALT) for _ in range(_SALT_CHARACTERS))
    try:
        library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    except OSError as error:
        vi = 'máy này không có libcrypt; hãy tạo mã băm ở nơi khác bằng "openssl passwd -6" và ghi vào password_hash'
        en = 'this system has no libcrypt; make the hash elsewhere with "openssl passwd -6" and give it as password_hash'
        raise CardError(Cause.SYSTEM, said(vi, en)) from error
    library.crypt.restype = ctypes.c_char_p
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    made: bytes | None = library.crypt(password.encode(), f"$6${salt}".encode())
    if made is None or not made.startswith(b"$6$"):
        vi = 'libcrypt của máy này không tạo được mã băm SHA-512; hãy ghi password_hash, tạo bằng "openssl passwd -6"'
        en = 'this system\'s libcrypt makes no SHA-512 hash; give password_hash, made by "openssl passwd -6"'
        raise CardError(Cause.SYSTEM, said(vi, en))
    return made.decode("ascii")
