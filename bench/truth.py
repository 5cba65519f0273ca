"""What sensor truth costs: JSON → normalise → line protocol with every field judged, beside the same fields without limits.

Both sides take the same messages in one process, in turns; the best run of each counts.
"""

import argparse
import json
import time
from collections.abc import Iterator

from bench.report import Limit, Report
from edge.decoders.table import build_decoder
from edge.encode import Encoder
from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings

SHORT = ("--messages", "20000")
MOST_RATIO = 1.25
_FIELDS = ("pm1", "pm2_5", "pm10", "temperature", "humidity")
_STEP_NS = 20_000_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=100_000, help="messages a run (100,000)")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each side (7)")


def run(options: argparse.Namespace) -> Iterator[Report]:
    """Yield one report."""
    payloads = [
        json.dumps({"device": f"d{number % 50}", **dict.fromkeys(_FIELDS, 20 + (number // 50 % 7) / 10)}).encode()
        for number in range(options.messages)
    ]
    best = {"air": float("inf"), "unlimited": float("inf")}
    for _ in range(options.rounds):
        for measurement in best:
            best[measurement] = min(best[measurement], _run_s(measurement, payloads))
    judged, plain = best["air"], best["unlimited"]
    report = Report("Sensor truth", ("fields", "us/message"))
    for what, seconds in ((f"{len(_FIELDS)} judged", judged), ("none judged", plain)):
        report.rows.append((what, f"{seconds * 1e6 / len(payloads):.2f}"))
    report.limits.append(Limit("with truth / without, decode to line", judged / plain, MOST_RATIO, at_least=False))
    yield report


def _run_s(measurement: str, payloads: list[bytes]) -> float:
    decoder = build_decoder("json", {"measurement": measurement, "tags": {"device": "device"}, "fields": {name: name for name in _FIELDS}})
    normaliser, encoder = Normaliser("street", "bench", "gw-bench", NormaliseSettings()), Encoder()
    at_ns = 1_763_923_712_000_000_000
    began_s = time.perf_counter()
    for payload in payloads:
        at_ns += _STEP_NS
        for reading in decoder.decode("", payload).readings:
            point = normaliser.normalise(reading, at_ns).point
            if point is not None:
                encoder.line(point)
    return time.perf_counter() - began_s
