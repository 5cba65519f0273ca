"""One deployment: read what Grafana has, show the plan, ask, carry it out, and say what became of it, also when it ends in the middle."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.calls import Calls
from dashboards.deploy.carry_out import Step, carry_out
from dashboards.deploy.features import features
from dashboards.deploy.live import read
from dashboards.deploy.plan import plan
from dashboards.deploy.wanted import Wanted, suited
from dashboards.grafana.adapter import Grafana
from dashboards.grafana.settings import GrafanaSettings
from quanho.dashboards_deploy import EXIT_UNREACHABLE
from quanho.dashboards_deploy_words import done_line, on_one_line, plan_lines, rest_line, summary
from quanho.failure import Failed
from quanho.lang import pick, say
from quanho.report import print_json
from telemetry.errors import ConfigError, TransientError
from telemetry.said import reason_of

_EXIT_CHANGES, _EXIT_REFUSED = 1, 1
_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130
_CLEAR = "\r\033[K"


def deploy(settings: GrafanaSettings, wanted: Wanted, arguments: argparse.Namespace) -> int:
    """Deploy, and return the exit code. Raises QuanhoError when nothing could be planned."""
    grafana = Grafana(settings)
    grafana.hide(_secrets(wanted))
    try:
        return _deployed(Calls(grafana), wanted, arguments)
    finally:
        grafana.close()


def _deployed(calls: Calls, wanted: Wanted, arguments: argparse.Namespace) -> int:
    wishes = Wishes(arguments.force, arguments.prune, arguments.renew_secrets)
    version = ""
    try:
        with _progress() as look:
            look(calls.url)
            version = calls.version()
            wanted = suited(wanted, features(version))
            actions = plan(wanted, read(calls, wanted, look), wishes)
    except TransientError as error:
        raise Failed(reason_of(error), EXIT_UNREACHABLE) from error
    told = _Told(calls.url, version, actions, arguments)
    told.plan()
    if arguments.dry_run:
        return told.end([], is_dry=True)
    if any(action.writes for action in actions) and not arguments.yes and not _agreed():
        print(say("không có gì được thay đổi", "nothing was changed"))
        return _EXIT_REFUSED
    steps: list[Step] = []
    try:
        for step in carry_out(calls, actions):
            steps.append(step)
            told.step(step)
    except KeyboardInterrupt:
        told.end(steps, is_interrupted=True)
        raise
    return told.end(steps)


class _Told:
    """What the operator sees of a deployment, as lines or as one JSON object at its end."""

    def __init__(self, url: str, version: str, actions: list[Action], arguments: argparse.Namespace) -> None:
        self._url, self._version, self._actions = url, version, actions
        self._as_json = bool(arguments.json)

    def plan(self) -> None:
        if not self._as_json:
            print(f"Grafana {self._version} {self._url}".replace("  ", " "))
            print("\n".join(plan_lines(self._actions)), flush=True)

    def step(self, step: Step) -> None:
        if not self._as_json:
            print(done_line(step), flush=True)

    def end(self, steps: list[Step], *, is_dry: bool = False, is_interrupted: bool = False) -> int:
        writing = [action for action in self._actions if action.writes]
        code = _code(self._actions, steps, is_dry=is_dry, is_interrupted=is_interrupted)
        if self._as_json:
            print_json(summary(self._url, self._version, self._actions, steps, code, is_dry=is_dry))
            return code
        if not is_dry and len(steps) < len(writing):
            print(rest_line(len(steps), len(writing)), flush=True)
        return code


def _code(actions: list[Action], steps: list[Step], *, is_dry: bool, is_interrupted: bool) -> int:
    if is_interrupted:
        return _EXIT_INTERRUPTED
    errors = [step.error for step in steps if step.error]
    if any(isinstance(error, TransientError) for error in errors):
        return EXIT_UNREACHABLE
    if any(isinstance(error, ConfigError) for error in errors):
        return _EXIT_USAGE
    if errors or any(action.verb == "refuse" for action in actions):
        return _EXIT_REFUSED
    return _EXIT_CHANGES if is_dry and any(action.writes for action in actions) else 0


def _agreed() -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise Failed(
            say(
                "không có ai ở bàn phím để hỏi: thêm --yes để thực hiện, hoặc --dry-run để chỉ xem",
                "nobody is at a keyboard to be asked: add --yes to go on, or --dry-run only to look",
            )
        )
    try:
        answer = input(say("Thực hiện? [c/K] ", "Go on? [y/N] "))
    except EOFError:
        return False
    return answer.strip().lower() in ("y", "yes", "c", "có", "co")


def _secrets(wanted: Wanted) -> Iterator[str]:
    if wanted.store:
        for secret in (wanted.store.password, wanted.store.token):
            if secret is not None:
                yield secret.get_secret_value()
    for point in wanted.alerting.contact_points if wanted.alerting else ():
        yield from (secret.get_secret_value() for secret in point.secrets.values())


@contextmanager
def _progress() -> "Iterator[_Look]":
    """Yield what says on a terminal which thing is being read."""
    look = _Look()
    try:
        yield look
    finally:
        look.clear()


class _Look:
    def __init__(self) -> None:
        self._shows = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, what: str) -> None:
        if self._shows:
            print(f"{_CLEAR}{say('đang xem', 'looking at')} {on_one_line(pick(what))} …", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shows:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
