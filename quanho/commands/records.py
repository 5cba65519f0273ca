"""`quanho records list|show|send|verify`: signed records of what was flashed, on their way to the registry."""

import argparse

from quanho.records_parser import add_records_parser


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_records_parser(subparsers, "quanho")
