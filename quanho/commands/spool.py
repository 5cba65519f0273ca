"""`quanho spool inspect|verify|export|replay`: look into a spool, also of a running agent, and send kept readings again."""

import argparse
from pathlib import Path
from typing import Any

from quanho.moments import take_ages

_TIMES = """\
times: RFC 3339 with a zone (2026-05-01T07:00:00+07:00), or how long ago (-2h; s, m, h, d, w), or now
"""
_INSPECT_EPILOG = """\
examples:
  quanho spool inspect /var/lib/quanho
  quanho spool inspect --json /var/lib/quanho/spool

Reads only; the agent may be running. exit codes: 0 done, 2 no spool there
"""
_VERIFY_EPILOG = """\
Reads every byte and checks every checksum; the agent may be running.

exit codes: 0 intact, 1 damage was found, 2 no spool there
"""
_EXPORT_EPILOG = f"""\
{_TIMES}
examples:
  quanho spool export /var/lib/quanho > everything.lp
  quanho spool export /var/lib/quanho --from -2h --out last-two-hours.lp.gz
  quanho spool export /var/lib/quanho --unsent

Reads only; the agent may be running. exit codes: 0 done, 2 no spool there
"""
_REPLAY_EPILOG = f"""\
{_TIMES}
Whole records are sent again, so a little before and after the range goes too. The store takes the same points twice without harm.
When an agent is running it is asked to do it; else the spool is marked, and the next agent does it.

examples:
  quanho spool replay /var/lib/quanho --from -3d --to -2d
  quanho spool replay /var/lib/quanho --from 2026-05-01T00:00:00+07:00 --yes

exit codes: 0 done, 1 failed, 2 wrong usage or no spool there
"""


def add_parser(subparsers: Any) -> None:
    """Add `spool` with its verbs."""
    parser = subparsers.add_parser("spool", help="look into a spool, export it, send it again", description="The gateway's durable queue.")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    inspect = _add_verb(verbs, "inspect", "what the spool holds", _INSPECT_EPILOG)
    inspect.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    _add_verb(verbs, "verify", "check every record", _VERIFY_EPILOG)
    export = _add_verb(verbs, "export", "line protocol out of the spool", _EXPORT_EPILOG)
    _add_range(export)
    export.add_argument("--unsent", action="store_true", help="only what was not delivered when the agent last wrote its state down")
    export.add_argument("--out", metavar="FILE", type=Path, help="write there instead of standard output, compressed when it ends in .gz")
    replay = _add_verb(verbs, "replay", "send delivered readings again", _REPLAY_EPILOG)
    _add_range(replay)
    replay.add_argument("--yes", action="store_true", help="do not ask")


def _add_verb(verbs: Any, name: str, summary: str, epilog: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name, help=summary, description=f"{summary.capitalize()}.", epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verb.add_argument("folder", metavar="DIR", type=Path, help="the spool's folder, or the state folder around it")
    verb.set_defaults(run=_run, verb=name)
    return verb


def _add_range(verb: argparse.ArgumentParser) -> None:
    take_ages(verb)
    verb.add_argument("--from", dest="from_time", metavar="TIME", help="first time (default: all)")
    verb.add_argument("--to", dest="to_time", metavar="TIME", help="last time (default: now and beyond)")


def _run(arguments: argparse.Namespace) -> int:
    from edge.spool.survey import SpoolFolder
    from quanho import spool_report, spool_transfer

    folder = SpoolFolder(arguments.folder)
    match arguments.verb:
        case "inspect":
            return spool_report.inspect(folder, as_json=arguments.json)
        case "verify":
            return spool_report.verify(folder)
        case "export":
            return spool_transfer.export(folder, spool_transfer.time_range(arguments), arguments.out, unsent_only=arguments.unsent)
        case _:
            return spool_transfer.replay(folder, spool_transfer.time_range(arguments), has_consent=arguments.yes)
