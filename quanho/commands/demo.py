"""`quanho demo`: a whole simulated street on this machine, with a real broker, the real agent and a real InfluxDB."""

import argparse
from pathlib import Path

_EPILOG = """\
examples:
  quanho demo                                  live view until q or Ctrl-C; press c to cut the store and bring it back
  quanho demo --cut                            the store is cut every now and then: watch the spool fill and drain
  quanho demo --seconds 20 --cut --no-tui      for scripts: a line every two seconds, then the account
  quanho demo --seconds 20 --json              the account as one JSON object on stdout
  quanho demo --history 72                     three days that dashboards can look back on; how to look is printed at the start

It ends with an account: what the simulator produced against what InfluxDB holds and what was set aside. The first Ctrl-C
ends the run in order, with its account; a second one leaves at once. Everything runs on loopback in a temporary folder.

Where QUANHO_AVR_HOST names the chip simulator (`make demo` builds it), a real AVR firmware takes part, on a link of its own.

exit codes: 0 the account balances   1 it does not, or a part did not start   2 wrong usage   130 left at once
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser(
        "demo", help="a simulated street, live, on this machine", description=__doc__, epilog=_EPILOG, formatter_class=raw
    )
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="end after N seconds (default: until q or Ctrl-C)")
    parser.add_argument(
        "--history",
        type=_hours,
        default=6.0,
        metavar="HOURS",
        help="let the devices tell of the last HOURS first, so that dashboards have something to show (default: 6; 0: nothing)",
    )
    parser.add_argument("--no-tui", action="store_true", help="lines instead of the live view (also where stdout is no terminal)")
    parser.add_argument("--cut", action="store_true", help="take the store away for a while in the middle of the run")
    parser.add_argument("--lang", choices=("vi", "en"), default=argparse.SUPPRESS, help="language of messages")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="work in this empty folder and leave it there")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder there")
    parser.add_argument("--json", action="store_true", help="the closing account as one JSON object on stdout, progress on stderr")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write the live view, at its fullest spool, as a picture")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quanho.demo.run import Options, run

    return run(
        Options(
            arguments.seconds,
            not arguments.no_tui,
            arguments.cut,
            arguments.folder,
            arguments.keep,
            arguments.json,
            arguments.svg,
            arguments.history,
        )
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 1.0 <= seconds <= 86_400.0:
        raise argparse.ArgumentTypeError("from 1 to 86400")
    return seconds


def _hours(text: str) -> float:
    hours = float(text)
    if hours and not 0.5 <= hours <= 160.0:
        raise argparse.ArgumentTypeError("0, or from 0.5 to 160: the agent believes times up to a week behind")
    return hours
