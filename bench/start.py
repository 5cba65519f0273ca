"""Start: from starting the process to the first durable reading, with a 1 GB backlog on the disk and messages waiting at the broker.

The agent has run before, so that the broker kept its session and 5,000 messages for it while it was away.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.agent_process import AgentProcess, wait_for
from bench.asked import AskedProgram
from bench.bodies import FULL_RATE, commits
from bench.drain import fill
from bench.ingest import Setting, write_messages
from bench.loaded import imports_alone, slowest
from bench.report import Limit, Report
from quanho.demo.servers import Mosquitto
from telemetry.errors import TransientError

NAME = "start"
SHORT = ("--runs", "3", "--backlog-mb", "200")
_WAITING = 5_000
_LIMIT_S = 1.0
_QUOTA = "3GiB"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--runs", type=int, default=5, help="starts (default 5)")
    parser.add_argument("--backlog-mb", type=int, default=1024, help="MiB of unsent records on the disk (default 1024)")
    parser.add_argument("--folder", type=Path, default=None, help="where the backlog is written")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the reports."""
    columns = ("backlog", "first durable reading", "control socket answers", "imports alone", "beyond the imports")
    report = Report(f"Start, medians of {options.runs}", columns)
    with tempfile.TemporaryDirectory(prefix="bench-start-", dir=options.folder) as name:
        folder = Path(name)
        file = write_messages(folder)
        fill(folder / "agent" / "state", list(commits(FULL_RATE, 200_000)), options.backlog_mb << 20)
        with Setting("5", "ours").mosquitto(folder / "broker") as broker:
            with _agent(folder, broker) as agent:
                agent.wait_connected()
            starts = [_start(folder, broker, file) for _ in range(options.runs)]
    answering, durable = (median(each[at] for each in starts) for at in (0, 1))
    alone = imports_alone(options.runs).seconds
    beyond = durable - alone
    report.rows.append((f"{options.backlog_mb} MiB", *(f"{seconds:.2f} s" for seconds in (durable, answering, alone, beyond))))
    report.limits.append(Limit("first durable reading, beyond the imports", beyond, _LIMIT_S, at_least=False, unit="s"))
    packages = Report("Imports by package (python -X importtime), the slowest 15", ("package", "own time, ms", "modules"), list(slowest()))
    return [report, packages]


def _start(folder: Path, broker: Mosquitto, file: Path) -> tuple[float, float]:
    """Return the seconds from starting the process until it answers, and until it has made a reading durable."""
    with AskedProgram("bench.flood", broker.port, file) as publisher:
        wait_for("messages at the broker", lambda: publisher.mark().total >= _WAITING)
    began_s = time.monotonic()
    with _agent(folder, broker) as agent:
        wait_for("the control socket", lambda: _lines(agent.durable_lines) >= 0, every_s=0.005)
        answering_s = time.monotonic() - began_s
        wait_for("the first durable reading", lambda: _lines(agent.durable_lines) > 0, every_s=0.005)
        return answering_s, time.monotonic() - began_s


def _lines(count: Callable[[], int]) -> int:
    try:
        return count()
    except TransientError:
        return -1


def _agent(folder: Path, broker: Mosquitto) -> AgentProcess:
    """Return an agent whose store is down, as after an outage."""
    return AgentProcess(folder / "agent", broker.port, "http://127.0.0.1:1", "bench", extra=f'[spool]\nquota_bytes = "{_QUOTA}"')
