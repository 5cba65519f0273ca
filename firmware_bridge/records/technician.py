"""The technician's own key: made on first use, so that nobody has to ask for one before the first board.

It says "the same person as last time", not who: the registry learns whose it is when the technician is registered with its public half.
"""

import os
from pathlib import Path

from firmware_bridge.bundle.keys import SigningKey, new_key, read_key, write_key
from telemetry.errors import QuanhoError
from telemetry.said import said

_FOLDER_MODE = 0o700
NAME = "technician.key"


class NoPlaceForKey(QuanhoError):
    """The folder of the key cannot be made; the message names it."""


def technician_key(folder: Path, passphrase: bytes | None = None) -> tuple[SigningKey, bool]:
    """Return the key in `folder` and whether it was made just now. Raises KeyProblem, NoPlaceForKey."""
    path = folder / NAME
    if path.exists():
        return read_key(path, passphrase), False
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise NoPlaceForKey(
            said(
                f"{folder}: không giữ được khóa của kỹ thuật viên ở đây: {os.strerror(error.errno or 0)}",
                f"{folder}: cannot keep the technician's key here: {os.strerror(error.errno or 0)}",
            )
        ) from error
    key = new_key()
    write_key(path, key, passphrase)
    return key, True
