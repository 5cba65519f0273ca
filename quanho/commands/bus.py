"""`quanho bus scan|watch`: find the devices on a Modbus line, and say what is wrong with it."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from quanho.lang import say

_PARITIES = ("none", "even", "odd")
_REGISTERS = {"coil": 1, "input-bit": 2, "holding": 3, "input": 4}
_EPILOG = """\
WHERE is a serial port (/dev/serial/by-id/…) or a Modbus/TCP host (192.0.2.7, or 192.0.2.7:502). Stop the agent first: one master a line.

examples:
  quanho bus scan /dev/ttyUSB0                             9600 and 4800 baud, ids 1 to 247
  quanho bus scan /dev/ttyUSB0 --baud 9600,19200 --parity none,even --ids 1-20
  quanho bus scan 192.0.2.7 --ids 1-10 --json
  quanho bus watch /dev/ttyUSB0 --ids 1,2,7 --register input:0

exit codes:
  0 somebody answers   1 nobody does   2 wrong usage, or the line cannot be opened   130 ended by Ctrl-C (scan; what was found is printed)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "bus",
        help="find devices on a Modbus line, and what is wrong with it",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.set_defaults(run=lambda _: _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND")
    scan = _command(commands, "scan", "who answers, at which baud rate and parity")
    scan.add_argument("--baud", type=_list(int), default=[9600, 4800], metavar="N,…", help="baud rates to try (9600,4800)")
    scan.add_argument("--parity", type=_list(_parity), default=["none"], metavar="P,…", help="none, even, odd (none)")
    scan.add_argument("--timeout", type=float, default=0.15, metavar="S", help="wait for each answer (0.15)")
    scan.set_defaults(run=_scan)
    watch = _command(commands, "watch", "ask devices in turn; errors, time-outs and latency by device, and what to do about them")
    watch.add_argument("--baud", type=int, default=9600, metavar="N", help="baud rate (9600)")
    watch.add_argument("--parity", type=_parity, default="none", metavar="P", help="none, even or odd (none)")
    watch.add_argument(
        "--register", type=_register, default=(3, 0), metavar="KIND:N", help="what is read: holding:0, input:0, coil:0, input-bit:0"
    )
    watch.add_argument("--every", type=float, default=1.0, metavar="S", help="a round each so many seconds (1)")
    watch.add_argument("--seconds", type=float, metavar="N", help="end after so long; otherwise Ctrl-C does")
    watch.set_defaults(run=_watch)


def _command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", metavar="WHERE", help="serial port, or HOST[:PORT] of Modbus/TCP")
    parser.add_argument("--ids", type=_ids, default=list(range(1, 248)) if name == "scan" else [1], metavar="LIST", help="1-20 or 1,2,7")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return 2


def _scan(arguments: argparse.Namespace) -> int:
    from quanho.bus_line import Setting, is_host
    from quanho.bus_scan import print_scan

    settings = [Setting(baud, parity) for baud in arguments.baud for parity in arguments.parity]
    if is_host(arguments.where):
        settings = settings[:1]
    return _on_line(lambda: print_scan(arguments.where, settings, arguments.ids, arguments.timeout, as_json=arguments.json))


def _watch(arguments: argparse.Namespace) -> int:
    from edge.modbus.frame import Span
    from quanho.bus_line import Setting
    from quanho.bus_watch import watch

    setting, span = Setting(arguments.baud, arguments.parity), Span(arguments.register[0], arguments.register[1], 1)
    return _on_line(
        lambda: watch(arguments.where, setting, arguments.ids, span, arguments.every, arguments.seconds, as_json=arguments.json)
    )


def _on_line(work: Callable[[], int]) -> int:
    from telemetry.errors import TransientError

    try:
        return work()
    except TransientError as error:
        print(say(f"không dùng được đường dây: {error.reason}", f"the line cannot be used: {error.reason}"), file=sys.stderr)
        return 2


def _list(of: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    return lambda text: [of(part) for part in text.split(",")]


def _parity(text: str) -> str:
    if text not in _PARITIES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_PARITIES)}")
    return text


def _ids(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal() or not 1 <= int(first) <= int(last or first) <= 247:
            raise argparse.ArgumentTypeError(f"{part!r} is no id or range; ids are 1 to 247, as in 1-20 or 1,2,7")
        found += range(int(first), int(last or first) + 1)
    return found


def _register(text: str) -> tuple[int, int]:
    kind, _, address = text.partition(":")
    if kind not in _REGISTERS or not address.isdecimal() or int(address) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}; write holding:0, input:0, coil:0 or input-bit:0")
    return _REGISTERS[kind], int(address)
