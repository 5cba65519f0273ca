"""Whether a card's file systems are whole: fsck.vfat and e2fsck, both told to change nothing, on copies of what they need to see.

Neither takes an offset, so a partition is handed to it as a file: the boot partition is copied, the root partition looked at by e2fsck
through `?offset=` (e2fsprogs' own way to name a part of a file).
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from firmware_bridge.card.card_files import Card

Verdict = Literal["clean", "damaged", "not-checked"]
_TIMEOUT_S = 600.0
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))


@dataclass(frozen=True, slots=True)
class Checked:
    """One file system. `said` is the last line of the program that looked, or why none did."""

    name: Literal["boot", "root"]
    verdict: Verdict
    said: str


def check_file_systems(card: Card) -> tuple[Checked, ...]:
    """Check both, as far as the programs are installed."""
    with tempfile.TemporaryDirectory(prefix="quanho-card-") as folder:
        copy = Path(folder) / "boot"
        with card.path.open("rb") as source, copy.open("wb") as target:
            source.seek(card.boot.start_bytes)
            _copy(source, target, card.boot.size_bytes)
        boot = _checked("boot", ["fsck.vfat", "-n", str(copy)])
    if card.root is None:
        return (boot,)
    return boot, _checked("root", ["e2fsck", "-f", "-n", f"{card.path}?offset={card.root.start_bytes}"])


def _checked(name: Literal["boot", "root"], words: list[str]) -> Checked:
    program = shutil.which(words[0], path=_PATH)
    if program is None:
        return Checked(name, "not-checked", f"{words[0]} is not installed")
    try:
        done = subprocess.run(
            [program, *words[1:]], capture_output=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False, env={"LC_ALL": "C"}
        )
    except subprocess.TimeoutExpired:
        return Checked(name, "not-checked", f"{words[0]} did not end within {_TIMEOUT_S:.0f} s")
    lines = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").splitlines()
    said = next((line.strip() for line in lines if line.strip() and not line.startswith(("fsck.fat", "e2fsck ", "Pass"))), "")
    # 8 and above: the program could not look (no file system of its kind), which is no verdict on the card.
    verdict: Verdict = "clean" if done.returncode == 0 else "damaged" if done.returncode < 8 else "not-checked"
    return Checked(name, verdict, said if verdict != "clean" else "")


def _copy(source: object, target: object, size: int) -> None:
    left = size
    while left and (chunk := source.read(min(left, 1 << 20))):  # type: ignore[attr-defined]
        if any(chunk):
            target.write(chunk)  # type: ignore[attr-defined]
        else:
            target.seek(len(chunk), os.SEEK_CUR)  # type: ignore[attr-defined]
        left -= len(chunk)
    target.truncate(size - left)  # type: ignore[attr-defined]
