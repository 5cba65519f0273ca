"""`quanho dashboards check`: does every panel show something, and the right thing?"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.dashboards_place import languages_of
from quanho.dashboards_store import add_store, store
from quanho.failure import Failed
from quanho.lang import LANGUAGES, say
from quanho.moments import take_ages

if TYPE_CHECKING:
    from dashboards.lint.finding import Finding

_EPILOG = """\
First every dashboard and alert rule is linted, without asking anybody: data source by variable, words, grid, ids, units against the
catalogue, names that we write, literals in single quotes, variables, time bounds, links, the same in both languages. Then every query is
run against the store, with Grafana's macros and the variables as the dashboard opens: it must answer, and with a value in every column.
Nothing is written; a READ user is enough.

A panel that may be empty (no gaps, nothing refused), annotations and alert rules that answer nothing are notes; --strict counts them, too.

examples:
  quanho dashboards check --influx http://127.0.0.1:8086 --database quanho
  quanho dashboards check --offline                                     lint alone, as CI does it
  quanho dashboards check --influx http://store:8086 --username grafana --password-file pw --only air,water --from now-24h
  quanho dashboards check --offline --dashboards grafana/               files from `build`, also after somebody edited them
  quanho dashboards check --offline --json | jq '.findings[] | [.dashboard, .panel, .what.en]'

exit codes:
  0 all right   1 something is wrong, a line for each   2 wrong usage, or a file cannot be read   3 the store does not answer
  130 ended by Ctrl-C
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "check",
        help="run every query and lint every dashboard",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--offline", action="store_true", help="lint alone, ask no store")
    parser.add_argument("--only", type=_names, default=(), metavar="NAME,…", help="these dashboards, or alerts (all)")
    parser.add_argument("--languages", type=languages_of, default=LANGUAGES, metavar="L,…", help="vi, en (both)")
    parser.add_argument("--dashboards", type=Path, metavar="DIR", help="check the JSON files in DIR instead of this version's dashboards")
    take_ages(parser)
    parser.add_argument("--from", dest="from_text", type=_moment, metavar="T", help="beginning (as each dashboard opens)")
    parser.add_argument("--to", dest="to_text", type=_moment, default="now", metavar="T", help="end (now)")
    parser.add_argument("--strict", action="store_true", help="notes count as findings")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_store(parser, is_required=False)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check, print, and return the exit code."""
    from dashboards.check.ask import Range, ask
    from dashboards.check.subject import subject
    from dashboards.lint.table import lint
    from quanho.dashboards_check_report import print_json_report, print_report

    if not arguments.offline and not arguments.influx:
        raise Failed(say("cho --influx URL, hoặc --offline để chỉ soát lỗi", "give --influx URL, or --offline to lint alone"))
    when = Range(time.time_ns() // 1_000_000, arguments.from_text or "", arguments.to_text)
    if when.span("now-6h").length_ms <= 0:
        raise Failed(say("--from phải trước --to", "--from must be before --to"))
    what = subject(arguments.only, arguments.languages, arguments.dashboards)
    found = lint(what.boards, what.rules, what.all_boards)
    if not arguments.offline:
        with store(arguments) as client, _progress(is_quiet=arguments.json) as on_asked:
            found += ask(what.boards, what.rules, client, when, linted=found, may_be_empty=what.may_be_empty, on_asked=on_asked)
    (print_json_report if arguments.json else print_report)(what, found, is_strict=arguments.strict, is_offline=arguments.offline)
    return 1 if _counts(found, is_strict=arguments.strict) else 0


def _counts(found: "list[Finding]", *, is_strict: bool) -> bool:
    return any(is_strict or finding.level == "finding" for finding in found)


@contextmanager
def _progress(*, is_quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's stderr; nothing where nobody looks."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(say("hỏi kho", "asking the store")), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _names(text: str) -> tuple[str, ...]:
    from dashboards.check.subject import NAMES

    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if unknown := [name for name in names if name not in NAMES]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown) or '(nothing)'}: choose from {', '.join(NAMES)}")
    return names


def _moment(text: str) -> str:
    from dashboards.check.moment import moment_ms

    text = f"now{text}" if text.startswith("-") else text
    try:
        moment_ms(text, 0)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
