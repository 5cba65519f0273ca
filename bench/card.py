"""Writing an image onto a card: wall time against dd and sha256sum of the same image."""

import argparse
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.report import Limit, Report
from firmware_bridge.card.checksum import Expected
from firmware_bridge.card.image_size import image_size
from firmware_bridge.card.target import choose_target
from firmware_bridge.card.writing import write_image

SHORT = ["--mib", "384", "--rounds", "3"]
_MIB = 1 << 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--mib", type=int, default=1024, help="size of the image (1024)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts (5)")
    parser.add_argument("--folder", type=Path, help="where the image and its copies go (a temporary folder)")


def run(options: argparse.Namespace) -> Iterator[Report]:
    """Yield the report."""
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        yield _report(Path(name), options.mib, options.rounds)


def _report(folder: Path, mib: int, rounds: int) -> Report:
    image, copy = folder / "os.img", folder / "card.img"
    _make_image(image, mib)
    digest = subprocess.run(["sha256sum", image], check=True, capture_output=True, text=True).stdout.split()[0]
    ways: dict[str, Callable[[], None]] = {
        "dd conv=fsync, then sha256sum": lambda: _dd(image, copy),
        "quanho card write --no-read-back": lambda: _write(image, copy, digest, reads_back=False),
        "dd, sha256sum, then cmp of the card": lambda: _dd(image, copy, compares=True),
        "quanho card write": lambda: _write(image, copy, digest, reads_back=True),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():  # by turns, so that a busy machine is busy for all of them
            copy.unlink(missing_ok=True)
            os.sync()
            start = time.perf_counter()
            work()
            times[way].append(time.perf_counter() - start)
    middle = {way: median(each) for way, each in times.items()}
    report = Report("Writing a card", ("way", "s", "MiB/s"))
    report.rows = [(way, f"{seconds:.2f}", f"{mib / seconds:,.0f}") for way, seconds in middle.items()]
    report.notes = [
        f"{mib} MiB, one quarter of it zeros (which we leave as holes in a fresh file, and dd does not); median of {rounds} rounds.",
        "A file on this machine's disk stands in for the card.",
    ]
    plain, ours, compared, whole = middle.values()
    report.limits = [
        Limit("speed against dd + sha256sum", plain / ours, 0.9, at_least=True),
        Limit("speed with read-back against dd + sha256sum + cmp", compared / whole, 0.9, at_least=True),
    ]
    return report


def _make_image(path: Path, mib: int) -> None:
    """Three quarters that do not pack, one quarter zeros, in runs of 4 MiB as on a real image."""
    block = random.Random(7).randbytes(4 * _MIB)
    with path.open("wb") as file:
        for number in range(mib // 4):
            file.write(bytes(4 * _MIB) if number % 4 == 3 else number.to_bytes(4, "big") + block[4:])
        os.fsync(file.fileno())


def _dd(image: Path, copy: Path, *, compares: bool = False) -> None:
    subprocess.run(["dd", f"if={image}", f"of={copy}", "bs=4M", "conv=fsync", "status=none"], check=True)
    subprocess.run(["sha256sum", image], check=True, stdout=subprocess.DEVNULL)
    if compares:
        fd = os.open(copy, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)
        subprocess.run(["cmp", image, copy], check=True)


def _write(image: Path, copy: Path, digest: str, *, reads_back: bool) -> None:
    target = choose_target(copy, image, image_size(image), allow_fixed=False)
    write_image(image, target, Expected(digest, "bench"), lambda _: None, reads_back=reads_back)
