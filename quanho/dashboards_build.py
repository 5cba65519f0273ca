"""`quanho dashboards build`."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    commands.add_parser("build", help="write dashboards and rules as files")
