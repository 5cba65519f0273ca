"""The control commands of `quanho edge apply`: one row of `commands_of` each.

apply          text, within_s, dry_run, confirm → verdicts, and the trial's id when one began
apply_status   the config in force, the trial that runs, how the last one ended
confirm        keep the config on trial
installed      the config file holds the applied config now
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from edge.apply.effective import Effective
from edge.apply.folder import sha_of
from edge.apply.plan import Plan, plan
from edge.config_file import load_agent_config
from edge.control import Command, Request
from telemetry.errors import ConfigError, Problem, TransientError

if TYPE_CHECKING:
    from edge.apply.process import AgentProcess

LEAST_WITHIN_S, MOST_WITHIN_S = 1.0, 86_400.0
_PAUSE_HINT = "apply that file, or put it back as it was"


def commands_of(process: "AgentProcess") -> Mapping[str, Command]:
    """Return the commands by name."""
    offered = _Commands(process)
    return {"apply": offered.apply, "apply_status": offered.status, "confirm": offered.confirm, "installed": offered.installed}


def as_table(steps: Plan) -> Mapping[str, object]:
    """Return a plan ready for JSON."""
    verdicts = [{**asdict(verdict), "effect": verdict.effect.value} for verdict in steps.verdicts]
    names = {"starts": steps.starts, "stops": steps.stops, "restarts": steps.restarts, "keeps": steps.keeps}
    return {"verdicts": verdicts, "is_refused": bool(steps.refusals), "restarts_agent": steps.restarts_agent, **names}


class _Commands:
    def __init__(self, process: "AgentProcess") -> None:
        self._process = process

    def apply(self, request: Request) -> Iterator[Mapping[str, object]]:
        text, within_s = str(request["text"]).encode(), float(str(request.get("within_s", 300.0)))
        if not LEAST_WITHIN_S <= within_s <= MOST_WITHIN_S:
            raise ValueError(f"within_s must be from {LEAST_WITHIN_S:g} to {MOST_WITHIN_S:g}")
        try:
            new = self._read(text, str(request.get("name", "the new config")))
        except ConfigError as error:
            yield {"ok": True, "problems": [str(problem) for problem in error.problems]}
            return
        steps = self._process.plan(new)
        answer: dict[str, object] = {"ok": True, "problems": [], **as_table(steps)}
        if not (steps.is_empty or steps.refusals or request.get("dry_run")):
            self._check_file(new)
            try:
                answer["trial"] = self._process.begin(new, within_s, confirmed=bool(request.get("confirm")))
            except TransientError as error:
                raise ValueError(error.reason) from error
        yield answer

    def status(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, **self._process.status()}

    def confirm(self, _request: Request) -> Iterator[Mapping[str, object]]:
        try:
            self._process.confirm()
        except TransientError as error:
            raise ValueError(error.reason) from error
        yield {"ok": True}

    def installed(self, _request: Request) -> Iterator[Mapping[str, object]]:
        self._process.installed()
        yield {"ok": True}

    def _read(self, text: bytes, name: str) -> Effective:
        """Check a config with the agent's own rights. Raises ConfigError; problems name the file as the operator knows it."""
        running = self._process.effective
        with NamedTemporaryFile(dir=running.config.gateway.state_dir, suffix=".toml") as file:
            file.write(text)
            file.flush()
            try:
                config = load_agent_config(Path(file.name))
            except ConfigError as error:
                raise ConfigError([Problem(name, problem.key, problem.message) for problem in error.problems]) from error
        return Effective(config, text, running.file, running.file_sha)

    def _check_file(self, new: Effective) -> None:
        """Raise ValueError when the config file was edited since it was read and `new` is something else: an edit must not get lost."""
        running = self._process.effective
        try:
            text = running.file.read_bytes()
        except OSError as error:
            raise ValueError(f"{running.file}: {error.strerror or error}; put it back first") from error
        if sha_of(text) == running.file_sha or text == new.text:
            return
        with suppress(ConfigError):
            if plan(running.config, load_agent_config(running.file)).is_empty:
                return
        raise ValueError(f"{running.file} holds changes that are not running; {_PAUSE_HINT}")
