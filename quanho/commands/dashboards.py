"""`quanho dashboards build|check|deploy|preview|rules`: what the operators watch, as code."""

import argparse
import importlib
import sys

_EXIT_USAGE = 2
_RAW = argparse.RawDescriptionHelpFormatter

# One module a subcommand; `add` takes the parsers to add to. They must be cheap to import.
SUBCOMMANDS = {
    "build": "quanho.dashboards_build",
    "check": "quanho.dashboards_check",
    "deploy": "quanho.dashboards_deploy",
    "preview": "quanho.dashboards_preview",
    "rules": "quanho.dashboards_rules",
}

_EPILOG = """\
examples:
  quanho dashboards build --out grafana/                        files for a Grafana that is configured by files
  quanho dashboards check --influx http://127.0.0.1:8086 --database quanho      does every panel show something, and the right thing?
  quanho dashboards preview --influx http://127.0.0.1:8086 --database quanho --out pictures/
  quanho dashboards deploy --url https://grafana.example --token-file token --dry-run
  quanho dashboards rules test flood --replay last-week.lp.gz

Each subcommand has --help with more. Dashboards come in Vietnamese and English, from one source.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "dashboards",
        help="Grafana dashboards and alert rules: build, check, deploy",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=_RAW,
    )
    parser.set_defaults(run=lambda _: _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND")
    for module in SUBCOMMANDS.values():
        importlib.import_module(module).add(commands)


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE
