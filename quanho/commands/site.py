"""`quanho site check|verify|records`: acceptance before the technician leaves, on one signed page."""

import argparse
import sys
from pathlib import Path

from quanho.durations import duration_s
from quanho.extras import flash_extra
from quanho.lang import say
from quanho.records_parser import add_records_parser

_EXIT_USAGE = 2
_CHECK = """\
Asks the running agent of this site:
  values   does every source have a fresh, plausible value?
  clock    is its time trusted?
  uplink   do readings reach the store?
  buffer   pull the plug: unplug the uplink, readings wait on the disk, plug it in, all are delivered and the account balances
  alarm    a test alarm and its way back (not offered by this core yet)
  place    latitude, longitude and a photo, where you give them

--plug hand guides you through pulling the cable (the default at a terminal); --plug agent has the agent hold its uplink back by itself,
which tests everything but the cable; --plug skip leaves it out. Ctrl-C is safe at any time.

A record, signed with your key (made on first use), is written as JSON, HTML and PDF, one A4 page, and queued for the registry.

examples:
  quanho site check --config /etc/quanho/edge.toml --technician "Nguyễn Thị Hạnh" --out ~/records
  quanho site check --config /etc/quanho/edge.toml --plug agent --lat 21.121 --lon 105.966 --photo roof.jpg --page-lang en
  quanho site check --config /etc/quanho/edge.toml --plug skip --json

exit codes:
  0 accepted (with or without remarks)   1 something failed, or no agent answers   2 wrong usage or config   130 interrupted; nothing is
  written
"""
_VERIFY = """\
RECORD is the .json or the .html of a check. Of a page the record inside is verified, and that the page still shows what it says.

exit codes:
  0 right   2 unreadable   5 not what was signed   6 another key than --key
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser("site", help="accept a site before you leave, on one signed page", formatter_class=raw)
    parser.set_defaults(run=lambda _: _help(parser))
    verbs = parser.add_subparsers(title="verbs", metavar="VERB")
    check = verbs.add_parser("check", help="run the checks and sign the record", epilog=_CHECK, formatter_class=raw)
    check.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's TOML config")
    check.add_argument("--technician", metavar="NAME", help="who you are (default: your login)")
    check.add_argument("--plug", choices=("hand", "agent", "skip"), help="how the buffer is tested")
    check.add_argument("--wait", type=duration_s, default=60.0, metavar="TIME", help="wait so long for values, time and uplink (60s)")
    check.add_argument("--outage", type=duration_s, default=20.0, metavar="TIME", help="how long the uplink stays away (20s)")
    check.add_argument("--lat", type=_degrees(90), metavar="DEGREES", help="latitude, north positive")
    check.add_argument("--lon", type=_degrees(180), metavar="DEGREES", help="longitude, east positive")
    check.add_argument("--photo", type=Path, metavar="FILE", help="JPEG or PNG, goes onto the page made smaller and without its metadata")
    check.add_argument("--note", default="", metavar="TEXT", help="a line of yours, at most 500 characters")
    check.add_argument("--page-lang", choices=("vi", "en"), help="language of the page (default: of the messages)")
    check.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder for the record (here)")
    check.add_argument("--passphrase-file", type=Path, metavar="FILE", help="passphrase of your key, where it has one")
    check.add_argument("--json", action="store_true", help="print the outcome as one JSON object")
    check.set_defaults(run=_check)
    verify = verbs.add_parser("verify", help="is this record, or page, what was signed?", epilog=_VERIFY, formatter_class=raw)
    verify.add_argument("record", type=Path, metavar="RECORD")
    verify.add_argument("--key", type=Path, metavar="KEY.pub", help="it must be this key")
    verify.add_argument("--json", action="store_true", help="print JSON")
    verify.set_defaults(run=_verify)
    add_records_parser(verbs, "quanho site")


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE


def _check(arguments: argparse.Namespace) -> int:
    if (arguments.lat is None) != (arguments.lon is None):
        print("quanho: " + say("cho cả --lat và --lon, hoặc không cái nào", "give both --lat and --lon, or neither"), file=sys.stderr)
        return _EXIT_USAGE
    with flash_extra():
        from quanho.site_check import check
    return check(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.site_verify import verify_file
    return verify_file(arguments.record, arguments.key, as_json=arguments.json)


def _degrees(limit: float) -> "type[float]":
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not -limit <= value <= limit:
            raise argparse.ArgumentTypeError(f"{text!r} is no number of degrees from -{limit} to {limit}")
        return value

    return read  # type: ignore[return-value]
