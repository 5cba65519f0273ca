"""`quanho flash`: a board from blank to a first reading, or what is wrong."""

import argparse
import sys
from pathlib import Path

from quanho.argument_types import baud, seconds
from quanho.lang import say
from quanho.trust_place import add_trust_option

_EXIT_USAGE = 2
_RESETS = ("dtr", "dtr-rts", "usb-jtag", "touch-1200", "manual")
_EPILOG = """\
Checks everything before it writes: signature, board, chip, flash size, versions. Writes, reads back, resets, waits for the hello and a
plausible first reading, writes its name, makes label and signed record. Interrupted anywhere, the same command goes on where it stopped.

examples:
  quanho flash ports                                        which ports there are, what may be behind them, who holds them
  quanho flash boards                                       which boards can be flashed
  quanho flash weather-1.2.0.qhb --port /dev/serial/by-id/usb-… --device tram-07 --site bac-ninh
  quanho flash weather-1.2.0.qhb --port /dev/ttyUSB0 --device tram-07 --site bac-ninh --label tram-07.svg --yes
  quanho flash weather-1.2.0.qhb --port /dev/ttyUSB0 --device tram-07 --site bac-ninh --agent /etc/quanho/edge.toml
  quanho flash nmea.qhb --port /dev/ttyUSB0 --expect-decoder nmea       a firmware that does not speak the link
  quanho flash weather-1.2.0.qhb --tray tray.csv --yes      several boards at once, or one after another as they are plugged in

tray.csv has the columns device, site, port (a path, or "next": whatever is plugged in next) and, where they differ, board:
  device,site,port
  tram-07,bac-ninh,/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0
  tram-08,bac-ninh,next

A board that a gateway's agent reads: --agent /etc/quanho/edge.toml borrows the port from the agent, and the command ends when the core
has taken a reading of the board (HTTP 204), not before.
With --json each line is an object: {"event": "begin"|"progress"|"done"|"note"|"result", "step": …}; result has ok, exit_code, cause, board
(untouched, half-written, written, proven), text and what was read.

exit codes:
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "flash",
        help="flash a board and prove that it works",
        description="Take a board from blank to a first reading, or say what is wrong.",
        epilog=_EPILOG,
        formatter_class=_Help,
    )
    parser.add_argument("bundle", nargs="?", metavar="BUNDLE", help="bundle of quanho bundle make; or the word ports, or boards")
    where = parser.add_argument_group("where")
    where.add_argument("--port", default="", metavar="P", help="serial port of the board (the only one that fits, when left out)")
    where.add_argument("--board", default="", metavar="B", help="board family; see quanho flash boards (that of the bundle)")
    where.add_argument("--drive", default="", metavar="DIR", help="the UF2 drive, where it is not the only one that is mounted")
    where.add_argument("--reset", choices=_RESETS, help="how this wiring resets the chip (manual: you press the buttons)")
    where.add_argument("--baud", type=baud(1200), metavar="N", help="baud rate for writing, where a cable needs another")
    what = parser.add_argument_group("what")
    what.add_argument("--device", default="", metavar="NAME", help="name that is written into the board")
    what.add_argument("--site", default="", metavar="SITE", help="site that is written into the board")
    what.add_argument("--allow-downgrade", action="store_true", help="take an older version than the board has")
    what.add_argument("--again", action="store_true", help="flash it although it is done")
    what.add_argument("--blank", action="store_true", help="a new board: do not wait for the hello of what is installed")
    proof = parser.add_argument_group("proof")
    proof.add_argument(
        "--expect-decoder", default="", metavar="NAME", help="the firmware does not speak the link; read it with this decoder"
    )
    proof.add_argument("--decoder-option", action="append", default=[], metavar="K=V", help="option of the decoder; may be repeated")
    proof.add_argument("--no-first-reading", action="store_true", help="do not wait for a reading; the record says so")
    proof.add_argument(
        "--first-reading-s", type=seconds(86_400), metavar="S", help="how long to wait for a reading (30, or as the board family says)"
    )
    proof.add_argument(
        "--agent", type=Path, metavar="CONFIG", help="borrow the port from the agent of this config, and wait until the core has a reading"
    )
    proof.add_argument("--core-s", type=seconds(86_400), default=180.0, metavar="S", help="how long to wait for the core (180)")
    papers = parser.add_argument_group("papers")
    papers.add_argument("--label", type=Path, metavar="FILE", help="label with a QR code, .svg or .png; {device} stands for the name")
    papers.add_argument("--key", type=Path, metavar="FILE", help="your key, which signs the record (one is made at first)")
    papers.add_argument("--passphrase-file", type=Path, metavar="FILE", help="passphrase of the key")
    papers.add_argument("--technician", default="", metavar="NAME", help="who flashes (your user name)")
    papers.add_argument("--note", default="", metavar="TEXT", help="what the record should say besides")
    papers.add_argument("--outbox", type=Path, metavar="DIR", help="where records wait for the registry")
    papers.add_argument("--no-record", action="store_true", help="no installation record")
    add_trust_option(papers)
    how = parser.add_argument_group("how")
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument("--json", action="store_true", help="one JSON object a line")
    how.add_argument("--state", type=Path, metavar="DIR", help="where interrupted flashes are remembered")
    how.add_argument("--tray", type=Path, metavar="CSV", help="flash a tray of boards")
    how.add_argument("--at-once", type=int, choices=range(1, 33), default=4, metavar="N", help="boards of a tray at the same time (4)")
    how.add_argument("--wait", type=seconds(86_400), default=600.0, metavar="S", help="how long to wait for the next board of a tray (600)")
    parser.set_defaults(run=lambda arguments: _run(parser, arguments))


def _run(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    from runtime import logs

    logs.configure("ERROR")  # what a port suffers is told in words
    if not arguments.bundle:
        parser.print_help(sys.stderr)
        return _EXIT_USAGE
    if arguments.bundle in ("ports", "boards") and not Path(arguments.bundle).exists():
        from quanho.flash_ports import print_boards, print_ports

        return (print_ports if arguments.bundle == "ports" else print_boards)(as_json=arguments.json)
    if arguments.tray and arguments.agent:
        parser.error(say("--agent chỉ dùng cho một bo mạch, không cho --tray", "--agent is for one board, not for --tray"))
    from quanho.told_to_end import as_ctrl_c

    with as_ctrl_c():
        if arguments.tray:
            from quanho.flash_tray_run import run_tray

            return run_tray(arguments)
        from quanho.flash_run import run_one

        return run_one(arguments)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Adds the exit codes, which are a table of the product's, only when somebody reads them: to the help, not to the usage of an error."""

    _is_help = False

    def start_section(self, heading: str | None) -> None:
        self._is_help = True
        super().start_section(heading)

    def format_help(self) -> str:
        if not self._is_help:
            return super().format_help()
        from quanho.flash_words import exit_table

        return super().format_help().rstrip("\n") + "\n" + exit_table() + "\n"
