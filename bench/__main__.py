"""`python -m bench`: every benchmark with short settings; `python -m bench NAME`: one, with its options.

Exit codes: 0 every limit is kept, 1 one was missed.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from bench.report import Report, dump

BENCHMARKS = {
    "ingest": "bench.ingest",
    "drain": "bench.drain",
    "live": "bench.live",
    "fleet": "bench.fleet",
    "disk": "bench.disk",
    "memory": "bench.memory",
    "start": "bench.start",
    "spool-vs-sqlite": "bench.spool_vs_sqlite",
    "ledger": "bench.ledger",
    "decoders": "bench.decoders",
    "truth": "bench.truth",
    "modbus-bus": "bench.modbus_bus",
    "flash": "bench.flash",
    "link": "bench.link",
    "card": "bench.card",
    "dashboards": "bench.dashboards",
}
EXIT_MISSED = 1


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmarks that `words` ask for and print their reports."""
    options = _parser().parse_args(words)
    reports: list[Report] = []
    for name in [options.name] if options.name else BENCHMARKS:
        module = importlib.import_module(BENCHMARKS[name])
        arguments = options if options.name else _parser().parse_args([name, *module.SHORT])
        for report in module.run(arguments):
            reports.append(report)
            print(report.text(), file=sys.stderr if options.json else sys.stdout, flush=True)
    if options.json:
        print(dump(reports))
    return 0 if all(report.is_kept for report in reports) else EXIT_MISSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bench", description="Measure what docs/benchmarks.md promises.")
    parser.add_argument(
        "--json", action="store_true", help="the reports as one JSON array on standard output, the tables on standard error"
    )
    names = parser.add_subparsers(dest="name", metavar="NAME", title="benchmarks (all, with short settings, when none is named)")
    for name, path in BENCHMARKS.items():
        module = importlib.import_module(path)
        one = names.add_parser(name, help=(module.__doc__ or "").splitlines()[0], description=module.__doc__)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        module.add_options(one)
    return parser


if __name__ == "__main__":
    sys.exit(main())
