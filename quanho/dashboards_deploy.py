"""`quanho dashboards deploy`."""

import argparse


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    commands.add_parser("deploy", help="bring a Grafana up to date")
