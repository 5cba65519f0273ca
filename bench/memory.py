"""Memory: what the agent holds in the ingest benchmark, and beyond a process that only imports the same modules."""

import argparse
import tempfile
from pathlib import Path

from bench.ingest import Setting, agent_window, write_messages
from bench.loaded import imports_alone
from bench.report import Limit, Report

NAME = "memory"
SHORT = ("--seconds", "10")
_MOST_BYTES = 80e6
_BEYOND_BYTES = 25e6


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds under the flood (default 60)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    report = Report(f"Memory of the agent after {options.seconds:g} s of ingest", ("MQTT", "most (VmHWM)", "imports alone", "beyond"))
    alone = imports_alone().rss_bytes
    with tempfile.TemporaryDirectory(prefix="bench-memory-") as name:
        file = write_messages(Path(name))
        for version in ("5", "3.1.1"):
            most = agent_window(Path(name) / version, Setting(version, "ours"), file, options.seconds).most_rss
            beyond = most - alone
            report.rows.append((version, *(f"{size / 1e6:.1f} MB" for size in (most, alone, beyond))))
            report.limits.append(Limit(f"most memory, MQTT {version}", most / 1e6, _MOST_BYTES / 1e6, at_least=False, unit="MB"))
            report.limits.append(Limit(f"beyond the imports, MQTT {version}", beyond / 1e6, _BEYOND_BYTES / 1e6, at_least=False, unit="MB"))
    return [report]
