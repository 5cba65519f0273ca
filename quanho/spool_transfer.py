"""What `quanho spool export` and `replay` do."""

import argparse
import gzip
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from edge.control_client import ask
from edge.spool.export import export_lines
from edge.spool.files import DiskFiles
from edge.spool.lock import SpoolLock
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from edge.spool.survey import SpoolFolder
from edge.spool.unreported import leave
from quanho.lang import say
from quanho.moments import parse_time
from telemetry.errors import ConfigError, Problem

_LOWEST_NS, _HIGHEST_NS = -(1 << 63), (1 << 63) - 1
_ANSWER_S = 600.0


def time_range(arguments: argparse.Namespace) -> tuple[int, int]:
    """Return --from and --to as ns since 1970. Raises ConfigError."""
    now_ns = time.time_ns()
    first = _LOWEST_NS if arguments.from_time is None else parse_time("--from", arguments.from_time, now_ns)
    last = _HIGHEST_NS if arguments.to_time is None else parse_time("--to", arguments.to_time, now_ns)
    if first > last:
        raise ConfigError([Problem("--from", "", say("phải trước --to", "must be before --to"))])
    return first, last


def export(folder: SpoolFolder, span_ns: tuple[int, int], out: Path | None, *, unsent_only: bool) -> int:
    """Write the lines of a time range to `out` or standard output; return the exit code."""
    count = 0
    with ExitStack() as stack:
        stream = sys.stdout.buffer if out is None else stack.enter_context(_open(out))
        for line in export_lines(folder, *span_ns, unsent_only=unsent_only):
            stream.write(line)
            count += 1
        stream.flush()
    print(say(f"{count} dòng", f"{count} lines"), file=sys.stderr)
    return 0


def replay(folder: SpoolFolder, span_ns: tuple[int, int], *, has_consent: bool) -> int:
    """Have what is kept of a time range sent again; return the exit code. Raises QuanhoError when it cannot be done."""
    if not has_consent and not _consents():
        return 2
    lines = _ask_agent(folder, span_ns) if folder.is_running else _mark(folder, span_ns)
    print(say(f"{lines} dòng sẽ được gửi lại", f"{lines} lines will be sent again"))
    return 0


def _open(out: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(out, "wb")) if out.suffix == ".gz" else out.open("wb")


def _consents() -> bool:
    question = say("Gửi lại các số đo đã giao trong khoảng này?", "Send the delivered readings of this time range again?")
    if not sys.stdin.isatty():
        print(say("thêm --yes để đồng ý", "add --yes to agree"), file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes", "c", "có")


def _ask_agent(folder: SpoolFolder, span_ns: tuple[int, int]) -> int:
    request = {"command": "replay", "from_ns": span_ns[0], "to_ns": span_ns[1]}
    return int(ask(folder.path.parent / "agent.sock", request, _ANSWER_S)["lines"])


def _mark(folder: SpoolFolder, span_ns: tuple[int, int]) -> int:
    lock = SpoolLock(folder.path)
    lock.take()
    try:
        losses: list[Loss] = []
        spool = Spool(folder.path, SpoolSettings(), losses.append, place=folder.place)
        lines = spool.replay(*span_ns)
        spool.close()
        leave(DiskFiles(), folder.path, losses)  # the ledger is the agent's to write
    finally:
        lock.release()
    for loss in losses:
        _tell(loss)
    return lines


def _tell(loss: Loss) -> None:
    count = say("không rõ", "unknown") if loss.count is None else str(loss.count)
    print(say(f"mất: {loss.reason} {loss.source} ({count} dòng)", f"lost: {loss.reason} {loss.source} ({count} lines)"), file=sys.stderr)
