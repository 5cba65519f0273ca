"""`records list|show|send|verify`, under the commands whose records they are."""

import argparse
import sys
from pathlib import Path

from quanho.extras import flash_extra
from quanho.technician_place import add_registry_options

_EXIT_USAGE = 2
_EPILOG = """\
Records of what was done here are signed with the technician's key and kept until the registry has them.

examples:
  {command} records list                      what waits, and what was refused
  {command} records show 3fa8                 one record, by the beginning of its id
  {command} records send --registry https://core.example.vn --token-file token
  {command} records verify RECORD.json        is this file what its key signed?

exit codes:
  0 done   1 the registry did not take everything; what it did not take is kept   2 wrong usage   5 not what was signed   6 another key
"""


def add_records_parser(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", command: str) -> None:
    """Add `records` to the verbs of `command` ("quanho site", say)."""
    raw = argparse.RawDescriptionHelpFormatter
    records = verbs.add_parser(
        "records", help="signed records on their way to the registry", epilog=_EPILOG.format(command=command), formatter_class=raw
    )
    records.set_defaults(run=lambda _: _help(records))
    own = records.add_subparsers(title="verbs", metavar="VERB")
    listed = own.add_parser("list", help="what waits for the registry, and what it refused")
    show = own.add_parser("show", help="one record")
    show.add_argument("id", metavar="ID", help="the beginning of its id")
    send = own.add_parser("send", help="send what waits")
    add_registry_options(send)
    verify = own.add_parser("verify", help="is this file what its key signed?")
    verify.add_argument("file", type=Path, metavar="RECORD.json")
    verify.add_argument("--key", type=Path, metavar="KEY.pub", help="it must be this key")
    for name, verb in (("list", listed), ("show", show), ("send", send), ("verify", verify)):
        if name != "verify":
            verb.add_argument("--outbox", type=Path, metavar="DIR", help="where they wait, if not in the usual place")
        verb.add_argument("--json", action="store_true", help="print JSON")
        verb.set_defaults(run=_run, verb=name)


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE


def _run(arguments: argparse.Namespace) -> int:
    with flash_extra():
        from quanho.records_report import run
    return run(arguments)
