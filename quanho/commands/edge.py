"""`quanho edge run|check|status|tail|account`: the agent, its config, a look at a running one, and its balance."""

import argparse
import re
from pathlib import Path

_EPILOG = """\
examples:
  quanho edge check --config /etc/quanho/edge.toml     is the config right, and what may the broker lose before us?
  quanho edge run --config /etc/quanho/edge.toml       run the agent (systemd: deploy/quanho-edge.service)
  quanho edge status --config /etc/quanho/edge.toml    health of the running agent
  quanho edge tail --config /etc/quanho/edge.toml      readings as they become durable
  quanho edge account --config /etc/quanho/edge.toml --from -24h
                                                       produced = stored + waiting + set aside + dropped, agent running or not

exit codes: 0 done, healthy or balanced   1 failed, the agent is not healthy, or the account does not balance
            2 wrong usage or config (every error is listed)
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

    account = _add(verbs, "account", "account for every reading: stored, waiting, set aside or dropped, and why", _account)
    account.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    account._negative_number_matcher = re.compile(r"-\d+[smhdw]?$")  # noqa: SLF001 - so that -2h is a value, not an option
    account.add_argument("--from", dest="from_time", metavar="TIME", help="first time: RFC 3339 with a zone, -2h, or now (default: all)")
    account.add_argument("--to", dest="to_time", metavar="TIME", help="last time (default: now and beyond)")


def _add(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str, run: object) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=purpose, description=purpose)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the agent's TOML config")
    parser.set_defaults(run=run)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from edge.agent import Agent
    from edge.config_file import load_agent_config
    from runtime import logs, service

    config = load_agent_config(arguments.config)
    logs.configure(config.log.level, config.log.format)
    shutdown = service.Shutdown()
    agent = Agent(config, on_death=shutdown.fail)
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
