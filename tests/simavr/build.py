"""Builds the programs of this folder once for each content, outside the repository; any number of test runs may ask at once.

`python -m tests.simavr.build` prints where avr_host is. What is not installed is a SkipTest, which pytest takes for a skip.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import SkipTest

_HERE = Path(__file__).resolve().parent
_WARNINGS = ("-O2", "-Wall", "-Wextra")


def avr_host() -> Path:
    """The program that is an AVR board."""
    source = _HERE / "avr_host.c"
    if not Path("/usr/include/simavr/sim_avr.h").exists():
        raise SkipTest("libsimavr-dev is not installed")
    return compiled("avr_host", [source], lambda out: ["gcc", *_WARNINGS, "-I/usr/include/simavr", str(source), "-o", str(out), "-lsimavr"])


def dtr_shim() -> Path:
    """The library to preload into programs that open a simulated board's port."""
    source = _HERE / "ptydtr.c"
    return compiled("ptydtr.so", [source], lambda out: ["gcc", *_WARNINGS, "-shared", "-fPIC", str(source), "-o", str(out), "-ldl"])


def compiled(name: str, sources: Sequence[Path], command: Callable[[Path], Sequence[str]]) -> Path:
    """The output of `command(out)`, made once for what the sources hold and for the command itself."""

    def make(out: Path) -> None:
        program = command(out)[0]
        if shutil.which(program) is None:
            raise SkipTest(f"{program} is not installed")
        done = subprocess.run(command(out), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name} does not build:\n{done.stderr}")

    return cached_file(repr((command(Path(name)), [source.read_bytes() for source in sources])), name, make)


def cached_file(key: str, name: str, make: Callable[[Path], None]) -> Path:
    """The file that `make(path)` writes, made once for each `key`; others that ask meanwhile wait."""
    out = _cache() / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}-{name}"
    with (out.with_name(out.name + ".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            beside = out.with_name(f"{os.getpid()}-{out.name}")
            make(beside)
            beside.replace(out)
    return out


def _cache() -> Path:
    folder = Path(tempfile.gettempdir()) / f"quanho-simavr-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = folder.lstat()
    if owner.st_uid != os.getuid() or owner.st_mode & 0o077 or folder.is_symlink():
        raise RuntimeError(f"{folder} is not ours alone: remove it")
    return folder


if __name__ == "__main__":
    try:
        print(avr_host())
    except (SkipTest, RuntimeError) as missing:
        sys.exit(str(missing))
