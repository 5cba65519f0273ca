"""`quanho dashboards check`."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    commands.add_parser("check", help="run every query and lint every dashboard")
