"""`quanho dashboards preview`."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    commands.add_parser("preview", help="pictures of the dashboards from live data")
