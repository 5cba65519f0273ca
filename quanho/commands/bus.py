"""`quanho bus scan|watch`: find the devices on a Modbus line, and say what is wrong with it."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quanho.argument_types import baud, seconds
from quanho.failure import Failed
from quanho.lang import pick, say

if TYPE_CHECKING:
    from quanho.bus_line import Place

_PARITIES = ("none", "even", "odd")
_REGISTERS = {"coil": 1, "input-bit": 2, "holding": 3, "input": 4}
_EXIT_USAGE = 2
_WHERE = """\
WHERE is a serial port (/dev/serial/by-id/…), or HOST[:PORT] of Modbus/TCP; with --rtu, of a plain serial server. --config FILE takes the
line of a site's config instead, with --source ID where it has several. Nothing is ever written to a device.
One master a line: stop the agent first (systemctl stop quanho-edge). Beside another master, watch --listen with an adapter of your own.
"""
_EPILOG = (
    _WHERE
    + """
examples:
  quanho bus scan /dev/ttyUSB0                             9600 and 4800 baud, ids 1 to 247
  quanho bus watch --config /etc/quanho/site.toml          the devices of the site, asked what the agent asks
"""
)
_SCAN = (
    _WHERE
    + """
Every id is asked for a holding register, the silent ones for an input register too. Who answers is asked what it is (functions 43 and 17)
and which of our register maps fit what it holds; the beginning of a config is printed. --quick leaves all that out.

examples:
  quanho bus scan /dev/ttyUSB0                             9600 and 4800 baud, ids 1 to 247: two to three minutes
  quanho bus scan /dev/ttyUSB0 --baud 9600,19200 --parity none,even --ids 1-20
  quanho bus scan /dev/ttyUSB0 --ids 1-20 --thorough --timeout 1     a device that is slow or particular
  quanho bus scan 192.0.2.7 --ids 1-10 --json

exit codes:
  0 somebody answers   1 nobody does   2 wrong usage, or the line cannot be used   130 ended by Ctrl-C; what was found is printed
"""
)
_WATCH = (
    _WHERE
    + """
A terminal shows a table that changes; a pipe, or --plain, gets a line a fault. Ctrl-C ends it with the account and what to look at.

examples:
  quanho bus watch --config /etc/quanho/site.toml --source bus-1      what the agent asks, in turn
  quanho bus watch /dev/ttyUSB0 --ids 1,2,7 --register input:0
  quanho bus watch /dev/ttyUSB0 --baud 4800 --listen                  say nothing: somebody else is the master
  quanho bus watch /dev/ttyUSB0 --listen --seconds 3600 > faults.txt

exit codes:
  0 somebody answers   1 nobody does   2 wrong usage, or the line cannot be used
"""
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "bus",
        help="find devices on a Modbus line, and what is wrong with it",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.set_defaults(run=lambda _: _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_scan(_command(commands, "scan", "who answers, at which baud rate and parity, and what it may be", _SCAN))
    _add_watch(_command(commands, "watch", "errors, time-outs and latency by device, and what to do about them", _WATCH))


def _add_scan(scan: argparse.ArgumentParser) -> None:
    scan.add_argument("--ids", type=_ids, default=list(range(1, 248)), metavar="LIST", help="1-20 or 1,2,7 (1-247)")
    scan.add_argument("--baud", type=_list(baud(50)), metavar="N,…", help="baud rates to try (9600,4800)")
    scan.add_argument("--parity", type=_list(_parity), metavar="P,…", help="none, even, odd (none)")
    scan.add_argument("--timeout", type=seconds(10_000_000), default=0.15, metavar="S", help="wait for each answer (0.15)")
    depth = scan.add_mutually_exclusive_group()
    depth.add_argument("--quick", dest="depth", action="store_const", const="quick", help="only who answers to function 3")
    depth.add_argument(
        "--thorough", dest="depth", action="store_const", const="thorough", help="ask the silent ones all that our register maps ask, too"
    )
    scan.set_defaults(run=_scan, depth="usual")


def _add_watch(watch: argparse.ArgumentParser) -> None:
    watch.add_argument("--ids", type=_ids, metavar="LIST", help="1-20 or 1,2,7 (1, or those of the config)")
    watch.add_argument("--baud", type=baud(50), metavar="N", help="baud rate (9600)")
    watch.add_argument("--parity", type=_parity, metavar="P", help="none, even or odd (none)")
    watch.add_argument(
        "--register", type=_register, metavar="KIND:N", help="what is read: holding:0, input:0, coil:0, input-bit:0 (holding:0)"
    )
    watch.add_argument("--timeout", type=seconds(10_000_000), metavar="S", help="wait for each answer (0.5, or that of the config)")
    watch.add_argument("--every", type=seconds(10_000_000), default=1.0, metavar="S", help="a round each so many seconds (1)")
    watch.add_argument("--seconds", type=seconds(10_000_000), metavar="N", help="end after so long; otherwise Ctrl-C does")
    watch.add_argument("--listen", action="store_true", help="ask nothing: another master does")
    watch.add_argument("--plain", action="store_true", help="a line a fault, also on a terminal")
    watch.set_defaults(run=_watch)


def _command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, epilog: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", nargs="?", metavar="WHERE", help="serial port, or HOST[:PORT]")
    parser.add_argument("--config", type=Path, metavar="FILE", help="take the line of this config of an agent")
    parser.add_argument("--source", default="", metavar="ID", help="which source of it")
    parser.add_argument("--rtu", action="store_true", help="HOST is a serial server that passes RTU frames on")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE


def _scan(arguments: argparse.Namespace) -> int:
    return _on_line(lambda: _scanned(arguments))


def _scanned(arguments: argparse.Namespace) -> int:
    from quanho.bus_config import place_of, source_of
    from quanho.bus_line import Setting
    from quanho.bus_report import print_scan
    from quanho.bus_scan import Wish

    where = _named(arguments) or place_of(source_of(arguments.config, arguments.source))
    own = where.setting if arguments.config else None
    bauds = arguments.baud or ([own.baud] if own else [9600, 4800])
    parities = arguments.parity or ([own.parity] if own else ["none"])
    settings = [Setting(baud, parity) for baud in bauds for parity in parities]
    wish = Wish(where, settings[:1] if where.host else settings, arguments.ids, arguments.timeout, arguments.depth)
    return print_scan(wish, as_json=arguments.json)


def _watch(arguments: argparse.Namespace) -> int:
    return _on_line(lambda: _watched(arguments))


def _watched(arguments: argparse.Namespace) -> int:
    from edge.modbus.frame import Span
    from quanho.bus_config import devices_of, place_of, source_of
    from quanho.bus_line import Setting
    from quanho.bus_watch import Watched, WatchWish, watch

    where, devices = _named(arguments), []
    if where is None:
        source = source_of(arguments.config, arguments.source)
        where, devices = place_of(source), devices_of(source)
    own = where.setting or Setting(9600, "none")
    where = where.at(Setting(arguments.baud or own.baud, arguments.parity or own.parity))
    names = {device.unit: device.name for device in devices}
    if arguments.ids or arguments.register or not devices:
        asked = {device.unit: device for device in devices}
        function, address = arguments.register or (3, 0)
        span = Span(function, address, 1)
        chosen = arguments.ids or list(asked) or [1]
        devices = [asked[unit] if unit in asked and not arguments.register else Watched(unit, (span,)) for unit in chosen]
    if arguments.timeout:
        devices = [Watched(device.unit, device.spans, arguments.timeout, device.name) for device in devices]
    if arguments.listen and where.is_tcp:
        raise Failed(
            say(
                "--listen cần một đường dây nối tiếp (hoặc --rtu): kết nối Modbus/TCP của người khác thì không nghe được",
                "--listen needs a serial line (or --rtu): nobody hears the Modbus/TCP connections of others",
            )
        )
    return watch(
        WatchWish(
            where,
            () if arguments.listen else devices,
            arguments.every,
            arguments.seconds,
            names,
            as_json=arguments.json,
            is_plain=arguments.plain,
        )
    )


def _named(arguments: argparse.Namespace) -> "Place | None":
    """Return the line that WHERE names, None if a config does."""
    from quanho.bus_line import place

    if bool(arguments.where) == bool(arguments.config):
        raise Failed(say("cho WHERE hoặc --config FILE, một trong hai", "give WHERE or --config FILE, one of them"))
    try:
        return place(arguments.where, is_rtu=arguments.rtu) if arguments.where else None
    except ValueError as error:
        raise Failed(str(error)) from error


def _on_line(work: Callable[[], int]) -> int:
    from runtime import logs
    from telemetry.errors import TransientError

    logs.configure("ERROR")  # what a line suffers is told in words
    try:
        return work()
    except TransientError as error:
        why = pick(error.reason)
        raise Failed(say(f"không dùng được đường dây: {why}", f"the line cannot be used: {why}")) from error


def _list(of: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    return lambda text: list(dict.fromkeys(of(part) for part in text.split(",")))


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
    return list(dict.fromkeys(found))


def _register(text: str) -> tuple[int, int]:
    kind, _, address = text.partition(":")
    if kind not in _REGISTERS or not address.isdecimal() or int(address) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r}; write holding:0, input:0, coil:0 or input-bit:0")
    return _REGISTERS[kind], int(address)
