"""`quanho dashboards rules list|show|test`: the alert rules, and what they would have said over a recording."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.argument_types import seconds
from quanho.failure import EXIT_USAGE, Failed
from quanho.lang import say
from quanho.moments import take_ages

if TYPE_CHECKING:
    from dashboards.alerting.rule import Rule

_RAW = argparse.RawDescriptionHelpFormatter
_EPILOG = """\
examples:
  quanho dashboards rules list                          every rule: how grave, when, for how long
  quanho dashboards rules show flood-2                  one of them: query, limits, texts in both languages
  quanho dashboards rules test flood --replay last-week.lp.gz

A name is that of a rule (flood-2) or of a family (flood: all three levels). The rules are data: dashboards/alerting/*.toml.
What each means and who acts: docs/runbooks/alerts.md.
"""
_TEST = """\
FILE is line protocol, plain or gzip, as `quanho spool export` and the file uplink write it; - is standard input. With --csv it is CSV:
--csv names the column of the time (ISO 8601, UTC where it does not say), --column the column of each field, as in --column pm2_5=PM25.
--tag says whose readings they are: alarm levels are those of a device.

Evaluated as Grafana does it: at whole multiples of the interval, Pending until the hold time is over, a series that leaves the answer
resolved. "blind" is an alert whose last reading is old: it stays, since silence resolves nothing.

examples:
  quanho dashboards rules test flood --replay last-week.lp.gz
  quanho spool export /var/lib/quanho --from -2d | quanho dashboards rules test silent-sensor-water-level --replay -
  quanho dashboards rules test air-pm2-5 --replay hanoi.csv --csv "UTC Time" --column pm2_5=PM25 --limits-of 2026-01-01
  quanho dashboards rules test flood --replay river.csv --csv Time --column "level=H (m)" --tag device=dap-cau
  quanho dashboards rules test flood-3 --replay drill.lp --expect firing     a drill in CI
  quanho dashboards rules test gap --replay day.lp --from 2026-11-20T00:00:00+07:00 --to 2026-11-20T12:00:00+07:00 --json

exit codes:
  0 done   1 not what --expect says   2 wrong usage, or the file cannot be read   3 the file has nothing of what the rule asks for
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "rules", help="list alert rules, or replay a recording through one", description=__doc__, epilog=_EPILOG, formatter_class=_RAW
    )
    parser.set_defaults(run=lambda _: _help(parser))
    verbs = parser.add_subparsers(metavar="VERB")
    listed = verbs.add_parser("list", help="every rule", description="Every alert rule.")
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.set_defaults(run=_list)
    shown = verbs.add_parser("show", help="one rule: query, limits, texts", description="One alert rule, or one family.")
    shown.add_argument("name", metavar="NAME", help="a rule, or a family of them")
    shown.add_argument("--json", action="store_true", help="print what Grafana is given")
    shown.set_defaults(run=_show)
    _add_test(verbs.add_parser("test", help="replay a recording through a rule", description="Replay.", epilog=_TEST, formatter_class=_RAW))


def _add_test(test: argparse.ArgumentParser) -> None:
    take_ages(test)
    test.add_argument("name", metavar="NAME", help="a rule, or a family of them")
    test.add_argument("--replay", type=Path, metavar="FILE", required=True, help="the recording; - for standard input")
    test.add_argument("--from", dest="from_time", metavar="TIME", help="first evaluation (default: the first point)")
    test.add_argument("--to", dest="to_time", metavar="TIME", help="last evaluation (default: the last point)")
    test.add_argument("--every", type=seconds(86_400), metavar="S", help="evaluate so often (default: as Grafana will)")
    test.add_argument("--limits-of", type=_day, metavar="DAY", help="legal limits of this day (default: those in force at the time)")
    test.add_argument("--csv", metavar="COLUMN", help="FILE is CSV, and this its column of the time")
    test.add_argument("--column", action="append", default=[], metavar="FIELD=COLUMN", help="a field and its column of the CSV")
    test.add_argument("--tag", action="append", default=[], metavar="NAME=VALUE", help="whose readings the CSV has: site, gateway, device")
    test.add_argument("--expect", choices=("firing", "quiet"), help="exit 1 when it is not so")
    test.add_argument("--json", action="store_true", help="print JSON")
    test.set_defaults(run=_test)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, as in 2026-01-31") from None


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return EXIT_USAGE


def rules_named(name: str) -> "tuple[Rule, ...]":
    """Return a rule or a family. Raises Failed with the name that is near."""
    from difflib import get_close_matches

    from dashboards.alerting.rules import load, named

    rules = load()
    if found := named(rules, name):
        return found
    near = get_close_matches(name, list(dict.fromkeys(each for rule in rules for each in (rule.name, rule.family))), n=1)
    vi, en = (f"có phải {near[0]}? ", f"did you mean {near[0]}? ") if near else ("", "")
    every = "quanho dashboards rules list"
    raise Failed(say(f"không có quy tắc {name}: {vi}tất cả: {every}", f"there is no rule {name}: {en}all of them: {every}"))


def _list(arguments: argparse.Namespace) -> int:
    from dashboards.alerting.rules import load
    from quanho.dashboards_rules_shown import about, table

    rules = load()
    if arguments.json:
        print(json.dumps({"ok": True, "rules": [about(rule) for rule in rules]}, ensure_ascii=False))
    else:
        print("\n".join(table(rules)))
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from quanho.dashboards_rules_shown import as_json, lines

    rules = rules_named(arguments.name)
    if arguments.json:
        print(json.dumps({"ok": True, "rules": as_json(rules)}, ensure_ascii=False))
        return 0
    print("\n\n".join("\n".join(lines(rule)) for rule in rules))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from quanho.dashboards_rules_replay import replay

    return replay(arguments, rules_named(arguments.name))
