"""Decoders beside the reference parsers of the field: the same bytes, all values, in one process.

A ratio is readings a second of ours over the peer's; the limit is 2, or what the row's reason says. Peers come into an environment of
their own, `make peers`; those that are missing are named. Runs alternate, and the best of each side counts. "most" is the ratio that the
reference itself reaches with our JSON parser: what a decoder without any check would have.
"""

import argparse
import importlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.rates.case import Case
from bench.rates.table import FAMILIES
from bench.report import Limit, Report

SHORT: tuple[str, ...] = ("--rounds", "3")
LEAST_RATIO = 2.0
_PEERS = Path(__file__).parent / f".env-peers/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side (7)")
    parser.add_argument("--only", default="", metavar="DECODER", help="one decoder only")


def run(options: argparse.Namespace) -> Iterator[Report]:
    """Yield one report with a row a decoder and peer."""
    sys.path.append(str(_PEERS))  # behind our own packages
    report = Report("Decoders", ("decoder", "peer", "messages", "ours us/message", "peer us/message", "ratio", "most", ""))
    for family in FAMILIES:
        try:
            for case in importlib.import_module(family).cases():
                if options.only in {"", case.decoder}:
                    _add(report, case, options.rounds)
        except ImportError as error:
            report.notes.append(f"{family}: {error}; `make peers` installs the peers")
    yield report


def _add(report: Report, case: Case, rounds: int) -> None:
    try:
        ours_s, peer_s, bound_s = _best([case.ours, case.reference, *([case.bound] if case.bound else [])], rounds)
    except ImportError as error:
        report.notes.append(f"{case.decoder} beside {case.peer}: {error}; `make peers` installs the peers")
        return
    ratio = peer_s / ours_s
    each = 1e6 / case.messages
    most = f"{peer_s / bound_s:.1f}" if bound_s else ""
    report.rows.append(
        (case.decoder, case.peer, case.messages, f"{ours_s * each:.2f}", f"{peer_s * each:.2f}", f"{ratio:.1f}", most, case.why)
    )
    if not case.why:
        report.limits.append(Limit(f"{case.decoder} beside {case.peer}", ratio, LEAST_RATIO, at_least=True))


def _best(sides: Sequence[Callable[[], int]], rounds: int) -> tuple[float, float, float]:
    """Return the best time of each side in seconds, 0 for one that there is not: ours, the reference, its bound."""
    times = [math.inf] * len(sides)
    for _ in range(rounds):
        for side, call in enumerate(sides):
            began_s = time.perf_counter()
            count = call()
            times[side] = min(times[side], time.perf_counter() - began_s)
            if not count:
                raise SystemExit(f"a side of this benchmark found no reading: {call}")
    ours_s, peer_s, bound_s = (*times, 0.0)[:3]
    return ours_s, peer_s, bound_s
