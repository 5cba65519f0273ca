"""`quanho link monitor|send`: look at the board at the other end of a serial line, and tell it what to do."""

import argparse
import sys
from collections.abc import Callable

from quanho.argument_types import baud, seconds
from quanho.failure import Failed
from quanho.lang import say
from telemetry.said import reason_of

_EXIT_USAGE = 2
_PORT = """\
PORT is the board's serial port, best below /dev/serial/by-id. Opening it resets many boards, which then need 2 seconds. One program a
port: stop the agent first (systemctl stop quanho-edge), and start it again afterwards.
"""
_EPILOG = (
    _PORT
    + """
examples:
  quanho link monitor /dev/ttyUSB0                  who the board is, and what it measures, live
  quanho link send /dev/ttyUSB0 identify            let it blink: which one is it?
"""
)
_MONITOR = (
    _PORT
    + """
Looking takes nothing away: the board keeps all that is shown until the agent has stored it. It has room for a minute or so; once full it
takes no new readings until the agent is back, and accounts for them. --take lets it forget what was shown: on a bench, or for a board
whose readings nobody wants.

A terminal shows a table that changes; a pipe, or --plain, a line a reading; --json a JSON object a line, the last with the account.

examples:
  quanho link monitor /dev/ttyUSB0
  quanho link monitor /dev/ttyUSB0 --seconds 10 --json | jq 'select(.event == "reading")'
  quanho link monitor /dev/ttyUSB0 --log-only       only what the firmware logs

exit codes:
  0 the board was understood   1 nothing was heard, or nothing that this version understands
  2 wrong usage, or the port cannot be used
"""
)
_SEND = (
    _PORT
    + """
commands:
  identify [SECONDS]          blink (5)
  read [SET]                  measure now (all sets); what comes is printed
  interval SECONDS [SET]      measure every so often (all sets); 0.001 or more
  identity DEVICE SITE        write who this board is; kept over power cuts
  restart                     begin anew
  bootloader                  begin anew in the bootloader, to be flashed
  custom CODE [HEX]           a command of the firmware's own, 128 to 255

Readings that arrive meanwhile stay on the board for the agent.

examples:
  quanho link send /dev/ttyUSB0 interval 60
  quanho link send /dev/ttyUSB0 identity tram-mua-03 bac-ninh
  quanho link send /dev/ttyUSB0 custom 130 01ff --json

exit codes:
  0 done   1 no board, no answer, or the board says no   2 wrong usage, or the port cannot be used
"""
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "link",
        help="look at a microcontroller board, and tell it what to do",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.set_defaults(run=lambda _: _help(parser))
    commands = parser.add_subparsers(metavar="COMMAND")
    monitor = _command(commands, "monitor", "who the board is, what it measures, what it logs, how well the line works", _MONITOR)
    monitor.add_argument("--seconds", type=seconds(10_000_000), metavar="N", help="end after so long; otherwise Ctrl-C does")
    monitor.add_argument("--plain", action="store_true", help="a line a reading, also on a terminal")
    monitor.add_argument("--log-only", action="store_true", help="print only what the firmware logs")
    monitor.add_argument("--take", action="store_true", help="let the board forget what was shown: the agent never gets it")
    monitor.set_defaults(run=_monitor)
    send = _command(commands, "send", "tell the board to do something, and wait for its answer", _SEND)
    send.add_argument("what", metavar="COMMAND", help="identify, read, interval, identity, restart, bootloader, custom")
    send.add_argument("values", nargs="*", metavar="VALUE", help="what the command needs")
    send.add_argument("--timeout", type=seconds(10_000_000), default=15.0, metavar="S", help="wait for board and answer (15)")
    send.set_defaults(run=_send)


def _command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, epilog: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=_port, metavar="PORT", help="serial port of the board; a name without / is one of /dev")
    parser.add_argument("--baud", type=baud(50), default=115_200, metavar="N", help="baud rate (115200)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _help(parser: argparse.ArgumentParser) -> int:
    parser.print_help(sys.stderr)
    return _EXIT_USAGE


def _monitor(arguments: argparse.Namespace) -> int:
    from quanho.link_monitor import MonitorWish, monitor

    wish = MonitorWish(
        port=arguments.port,
        baud=arguments.baud,
        seconds=arguments.seconds,
        as_json=arguments.json,
        is_plain=arguments.plain,
        log_only=arguments.log_only,
        take=arguments.take,
    )
    return _on_port(arguments.port, lambda: monitor(wish))


def _send(arguments: argparse.Namespace) -> int:
    from quanho.link_send import order_of, send

    try:
        order = order_of(arguments.what, arguments.values)
    except ValueError as error:
        raise Failed(reason_of(error)) from error
    return _on_port(
        arguments.port, lambda: send(order, arguments.port, arguments.baud, timeout_s=arguments.timeout, as_json=arguments.json)
    )


def _on_port(port: str, work: Callable[[], int]) -> int:
    from quanho.bus_trouble import explained
    from runtime import logs
    from telemetry.errors import TransientError

    logs.configure("ERROR")  # what a line suffers is told in words
    try:
        return work()
    except TransientError as error:
        why = explained(port, error.reason)
        raise Failed(say(f"không dùng được cổng: {why}", f"the port cannot be used: {why}")) from error


def _port(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a port has a name, as /dev/ttyUSB0")
    return text if "/" in text else f"/dev/{text}"
