"""`quanho edge run|check|status|tail|account|apply|maintenance|boards|board|board-update`: the agent, and what is asked of it."""

import argparse
from pathlib import Path

from quanho.durations import duration_s, short_s
from quanho.moments import take_ages

_EPILOG = """\
examples:
  quanho edge check --config /etc/quanho/edge.toml     is the config right, and what may the broker lose before us?
  quanho edge run --config /etc/quanho/edge.toml       run the agent (systemd: deploy/quanho-edge.service)
  quanho edge status --config /etc/quanho/edge.toml    health of the running agent
  quanho edge tail --config /etc/quanho/edge.toml      readings as they become durable
  quanho edge apply new.toml --config /etc/quanho/edge.toml            a new config, which returns by itself if it does not work
  quanho edge maintenance air --for 30m --config /etc/quanho/edge.toml   mark readings while a technician works
  quanho edge account --config /etc/quanho/edge.toml --from -24h
                                                       produced = stored + waiting + set aside + dropped, agent running or not

exit codes: 0 done, healthy or balanced   1 failed, the agent is not healthy, or the account does not balance
            2 wrong usage or config (every error is listed)
"""

_APPLY = """\
Put a new config on trial on the running agent. Only what it touches stops and starts. When uplink and readings are back it is kept;
when they are not within --within, the config before it returns by itself, also when this terminal is gone or the power fails.
"""
_APPLY_EPILOG = """\
examples:
  quanho edge apply new.toml --config /etc/quanho/edge.toml --dry-run     what would each change cost? changes nothing
  sudo quanho edge apply new.toml --config /etc/quanho/edge.toml          try it for 5 minutes; keep it when all is back
  quanho edge apply new.toml --config /etc/quanho/edge.toml --within 20m --no-wait
  quanho edge apply --confirm --config /etc/quanho/edge.toml              keep the config on trial as it is
  quanho edge apply --config /etc/quanho/edge.toml                        the trial that runs, or how the last one ended
  quanho edge apply /etc/quanho/edge.toml --config /etc/quanho/edge.toml  the file was edited in place: try that

Who may write FILE (sudo) has it replaced when the config is kept; else the agent keeps the config in its state folder and uses it in
place of FILE until FILE is edited. Gateway id, site and state folder are refused: they need a stop.

exit codes: 0 kept, or nothing to do   1 returned, or no agent   2 invalid or refused   130 interrupted; the trial goes on
"""
_BOARDS_EPILOG = """\
examples:
  quanho edge boards --config /etc/quanho/edge.toml                       the boards on links, with firmware and counters
  quanho edge board mast-01 identify --config /etc/quanho/edge.toml       the board blinks for 5 seconds: which one is it?
  quanho edge board mast-01 interval 10s --config /etc/quanho/edge.toml   all its sets, until it starts again
  quanho edge board mast-01 interval 500ms --set weather --config /etc/quanho/edge.toml
  quanho edge board mast-01 read --config /etc/quanho/edge.toml           take a reading now; see it with quanho edge tail
  quanho edge board mast-01 restart --config /etc/quanho/edge.toml        what the board had not delivered is lost, and in the ledger

NAME is the device, the source or the unique id. The agent keeps the port; nothing is interrupted.

exit codes: 0 done   1 no agent, no such board, or the board does not answer or refuses   2 wrong usage or config
"""
_MAINTENANCE_EPILOG = """\
examples:
  quanho edge maintenance air --for 30m --config /etc/quanho/edge.toml    readings of air carry quality bit 64 for half an hour
  quanho edge maintenance air --off --config /etc/quanho/edge.toml        done earlier
  quanho edge maintenance --config /etc/quanho/edge.toml                  every source, with the time that is left

It ends by itself, and when the gateway boots. exit codes: 0 done   1 no agent answers   2 no such source
"""

_UPDATE = """\
Update a board that is attached to the running agent. What runs there is kept first; the new firmware must say hello and give plausible
readings for so many intervals; else the board goes back. A power cut, a kill or a pulled cable at any moment does no harm: it goes on.
"""
_UPDATE_EPILOG = """\
examples:
  quanho edge board-update reference-2.0.0.qhb --board mast-01 --config /etc/quanho/edge.toml
  quanho edge board-update reference-2.0.0.qhb --board mast-01 --intervals 20 --no-wait --config /etc/quanho/edge.toml
  quanho edge board-update --board mast-01 --config /etc/quanho/edge.toml              the update that runs, or how the last one ended
  quanho edge board-update --board mast-01 --give-up --config /etc/quanho/edge.toml    end it as it is

The bundle must be signed by a key in [boards] trust_dir (quanho bundle key trust), and readable by the agent's user.

exit codes: 0 kept   1 went back, unchanged or refused   2 wrong usage   3 needs a hand: see why   130 interrupted; the update goes on
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser("edge", help="run and watch the edge agent", description=__doc__, epilog=_EPILOG, formatter_class=raw)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add(verbs, "run", "run the agent until SIGTERM or Ctrl-C", _run)
    check = _add(verbs, "check", "validate a config and say what may be lost before a reading reaches us", _check)
    check.add_argument("--json", action="store_true", help="the findings as one JSON object")
    status = _add(verbs, "status", "health and counters of the running agent", _status)
    status.add_argument("--json", action="store_true", help="everything, as one JSON object")
    tail = _add(verbs, "tail", "show readings as they become durable, until Ctrl-C", _tail)
    tail.add_argument("--json", action="store_true", help="one JSON object a reading")
    tail.add_argument("--count", type=int, default=0, metavar="N", help="end after N readings")
    tail.add_argument("--seconds", type=float, default=0.0, metavar="S", help="end after S seconds")
    _add_apply(verbs)
    _add_maintenance(verbs)
    _add_boards(verbs)
    _add_board_update(verbs)
    _add_account(verbs)


def _add_apply(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    apply = _add(verbs, "apply", "a new config on trial, with a way back", _apply)
    apply.description, apply.epilog, apply.formatter_class = _APPLY, _APPLY_EPILOG, argparse.RawDescriptionHelpFormatter
    apply.add_argument("new", nargs="?", type=Path, metavar="NEW", help="the new config; without it, the trial that runs")
    apply.add_argument("--dry-run", action="store_true", help="say what each changed key costs, and change nothing")
    apply.add_argument(
        "--within", type=duration_s, default=300.0, metavar="TIME", help="return when it does not work by then (default: 5m)"
    )
    apply.add_argument("--confirm", action="store_true", help="keep it whatever is seen: the config on trial, or NEW at once")
    apply.add_argument("--no-wait", action="store_true", help="leave the trial to the agent")
    apply.add_argument("--json", action="store_true", help="the plan or the outcome as one JSON object")


def _add_maintenance(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    hands_on = _add(verbs, "maintenance", "mark the readings of a source while a technician works at it", _maintenance)
    hands_on.epilog, hands_on.formatter_class = _MAINTENANCE_EPILOG, argparse.RawDescriptionHelpFormatter
    hands_on.add_argument("source", nargs="?", metavar="SOURCE", help="the source; without it, all are listed")
    choice = hands_on.add_mutually_exclusive_group()
    choice.add_argument("--for", dest="for_s", type=duration_s, metavar="TIME", help="how long, at most 24h: 90s, 30m, 2h")
    choice.add_argument("--off", action="store_true", help="end it now")
    hands_on.add_argument("--json", action="store_true", help="as one JSON object")


def _add_boards(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    raw = argparse.RawDescriptionHelpFormatter
    boards = _add(verbs, "boards", "the boards on links of the running agent", _boards)
    board = _add(verbs, "board", "have a board blink, report at another pace, read now, or restart", _board)
    for each in (boards, board):
        each.epilog, each.formatter_class = _BOARDS_EPILOG, raw
        each.add_argument("--json", action="store_true", help="as one JSON object")
    board.add_argument("name", metavar="NAME", help="device, source or unique id (quanho edge boards lists them)")
    board.add_argument(
        "order", choices=("identify", "interval", "read", "restart"), metavar="ORDER", help="identify, interval, read, restart"
    )
    board.add_argument("time", nargs="?", type=short_s, metavar="TIME", help="interval: the new one; identify: how long; 500ms, 10s, 5m")
    board.add_argument("--set", dest="set_name", metavar="SET", help="only this set, by name or number (interval, read); default: all")


def _add_account(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    account = _add(verbs, "account", "account for every reading: stored, waiting, set aside or dropped, and why", _account)
    account.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    take_ages(account)
    account.add_argument("--from", dest="from_time", metavar="TIME", help="first time: RFC 3339 with a zone, -2h, or now (default: all)")
    account.add_argument("--to", dest="to_time", metavar="TIME", help="last time (default: now and beyond)")


def _add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str, run: object) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=purpose, description=purpose)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's TOML config")
    parser.set_defaults(run=run)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from edge.apply.commands import commands_of
    from edge.apply.effective import load_effective
    from edge.apply.process import AgentProcess
    from runtime import logs, service

    effective = load_effective(arguments.config)
    logs.configure(effective.config.log.level, effective.config.log.format)
    shutdown = service.Shutdown()
    agent = AgentProcess(effective, commands_of, on_death=shutdown.fail)
    return service.run([agent], shutdown, limits=service.Limits(drain_s=10.0, stop_s=15.0), is_healthy=agent.is_alive)


def _check(arguments: argparse.Namespace) -> int:
    from quanho.edge_check import check

    return check(arguments.config, as_json=arguments.json)


def _status(arguments: argparse.Namespace) -> int:
    from quanho.edge_watch import status

    return status(arguments.config, as_json=arguments.json)


def _account(arguments: argparse.Namespace) -> int:
    from quanho.edge_account import account

    return account(arguments)


def _tail(arguments: argparse.Namespace) -> int:
    from quanho.edge_watch import tail

    return tail(arguments.config, as_json=arguments.json, count=arguments.count, seconds=arguments.seconds)


def _apply(arguments: argparse.Namespace) -> int:
    from quanho.edge_apply import Wishes, apply

    asked = arguments
    wishes = Wishes(asked.within, dry_run=asked.dry_run, confirm=asked.confirm, waits=not asked.no_wait, as_json=asked.json)
    return apply(asked.new, asked.config, wishes)


def _add_board_update(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    update = _add(verbs, "board-update", "new firmware for a board, which returns by itself if its readings are not right", _board_update)
    update.description, update.epilog, update.formatter_class = _UPDATE, _UPDATE_EPILOG, argparse.RawDescriptionHelpFormatter
    update.add_argument(
        "bundle", nargs="?", type=Path, metavar="BUNDLE", help="signed bundle; without it, the update that runs or ran last"
    )
    update.add_argument("--board", required=True, metavar="NAME", help="device, source or unique id (quanho edge boards lists them)")
    update.add_argument("--intervals", type=_intervals, metavar="N", help="plausible readings of each field before it is kept")
    update.add_argument("--allow-downgrade", action="store_true", help="also a version that is older than the one that runs")
    update.add_argument("--despite", action="store_true", help="also when the readings are not right before: the update may be the cure")
    update.add_argument("--give-up", action="store_true", help="end the update that runs, as it is (a board that will not come back)")
    update.add_argument("--no-wait", action="store_true", help="leave it to the agent")
    update.add_argument("--json", action="store_true", help="how it ended, as one JSON object")


def _intervals(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)


def _board_update(arguments: argparse.Namespace) -> int:
    from quanho.edge_board_update import Wishes, board_update

    asked = arguments
    wishes = Wishes(
        asked.board,
        asked.bundle,
        asked.intervals,
        allow_downgrade=asked.allow_downgrade,
        is_despite=asked.despite,
        gives_up=asked.give_up,
        waits=not asked.no_wait,
        as_json=asked.json,
    )
    return board_update(asked.config, wishes)


def _boards(arguments: argparse.Namespace) -> int:
    from quanho.edge_boards import boards

    return boards(arguments.config, as_json=arguments.json)


def _board(arguments: argparse.Namespace) -> int:
    from quanho.edge_boards import Order, order

    asked = arguments
    return order(asked.config, Order(asked.name, asked.order, asked.time, asked.set_name), as_json=asked.json)


def _maintenance(arguments: argparse.Namespace) -> int:
    from quanho.edge_maintenance import maintenance

    asked = arguments
    return maintenance(asked.config, asked.source, asked.for_s, off=asked.off, as_json=asked.json)
