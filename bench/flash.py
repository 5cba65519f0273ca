"""Flashing: how much longer `quanho flash` takes than the bare tool on the same image and the same simulated board.

An Uno in simavr with real Optiboot and avrdude at 115,200 baud; an ESP32's ROM loader with real esptool. Both sides write and read
back. Of `quanho flash` the span from the start of the first program to the verified image counts; beside it stands the span from the
start of quanho itself, with imports and the bundle's signature. The ROM loader's line has no rate: on a cable esptool takes many times as
long, and what quanho adds stays the same.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.report import Limit, Report
from firmware_bridge.bundle.manifest import Manifest
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.bundles import hex_file, manifest_of
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import FlashCommand, esp32_bundle, written

NAME = "flash"
SHORT = ("--runs", "2", "--avr-bytes", "8000", "--esp32-bytes", "1500000")
_LIMIT = 1.3
_NAMED = ("--device", "bench", "--site", "bench", "--yes", "--json", "--blank", "--no-first-reading", "--no-record", "--again")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--avr-bytes", type=int, default=20_000, help="size of the AVR image (default 20,000)")
    parser.add_argument("--esp32-bytes", type=int, default=1_500_000, help="size of the ESP32 application (default 1,500,000)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    report = Report(
        f"Flashing, median of {options.runs}",
        ("board", "image", "bare tool, s", "quanho flash, s", "with its start, s", "ratio", "with its start"),
    )
    for name, size, measure in (("Uno, avrdude", options.avr_bytes, _avr), ("ESP32, esptool", options.esp32_bytes, _esp32)):
        with tempfile.TemporaryDirectory(prefix="bench-flash-") as folder:
            bare_s, span_s, whole_s = measure(Path(folder), size, options.runs)
        report.rows.append((name, f"{size:,} bytes", bare_s, span_s, whole_s, span_s / bare_s, whole_s / bare_s))
        report.limits.append(Limit(f"{name}: quanho flash over the bare tool", span_s / bare_s, _LIMIT, at_least=False))
    return [report]


def _avr(folder: Path, size: int, runs: int) -> tuple[float, float, float]:
    code = hex_file(code=bytes(number * 7 & 0xFF for number in range(size)))
    image = folder / "app.hex"
    image.write_bytes(code)
    with AvrBoard(folder / "uno", bootloader=bootloader("atmega328p"), reset_on_open=True) as board:
        bare = ["avrdude", "-p", "m328p", "-c", "arduino", "-P", str(board.port), "-b", "115200", "-D", "-U", f"flash:w:{image}:i"]
        return _both(
            folder,
            manifest_of({"app.hex": code}),
            {"app.hex": code},
            bare,
            FlashCommand(folder, board.port),
            runs,
            board.client_environment(),
        )


def _esp32(folder: Path, size: int, runs: int) -> tuple[float, float, float]:
    manifest, files = esp32_bundle(size=size)
    words = []
    for entry in manifest.images:
        (folder / entry.file).write_bytes(files[entry.file])
        words += [hex(entry.address), str(folder / entry.file)]
    with Esp32Rom(folder / "esp32", flash_file=folder / "flash") as board:
        bare = [sys.executable, "-m", "esptool", "--chip", "esp32", "--port", str(board.port), "--baud", "460800", "write-flash", *words]
        return _both(folder, manifest, files, bare, FlashCommand(folder, board.port, board.environment), runs, board.client_environment())


def _both(
    folder: Path,
    manifest: Manifest,
    files: Mapping[str, bytes],
    bare: Sequence[str],
    quanho: FlashCommand,
    runs: int,
    environment: Mapping[str, str],
) -> tuple[float, float, float]:
    bundle = written(folder, manifest, files)
    bare_s, span_s, whole_s = [], [], []
    for _ in range(runs):  # in turn, so that a busy moment of the machine falls on both
        bare_s.append(_timed(lambda: _call(bare, environment)))
        span, whole = _flashed(quanho, bundle)
        span_s.append(span)
        whole_s.append(whole)
    return median(bare_s), median(span_s), median(whole_s)


def _timed(work: Callable[[], None]) -> float:
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s


def _call(words: Sequence[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(words, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} failed: {(done.stdout + done.stderr)[-2000:]}")


def _flashed(quanho: FlashCommand, bundle: Path) -> tuple[float, float]:
    """Return the span from the first program to the verified image, and that from the start of quanho."""
    started_s = time.monotonic()
    program = quanho.start(bundle, *_NAMED)
    assert program.stdout is not None  # noqa: S101 -- it is a pipe
    planned_s = verified_s = 0.0
    for line in program.stdout:
        said = json.loads(line)
        if said["event"] == "begin" and said["step"] == "plan":
            planned_s = time.monotonic()
        elif said["event"] == "done" and said["step"] == "write":
            verified_s = time.monotonic()
    _, err = program.communicate()
    if program.returncode:
        raise SystemExit(f"quanho flash failed: {err[-2000:]}")
    return verified_s - planned_s, verified_s - started_s
