"""`quanho dashboards rules`."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    commands.add_parser("rules", help="list alert rules, or replay a recording through one")
