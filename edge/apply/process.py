"""The agent as a process runs it: one agent at a time, a config that can be replaced while it runs, and one trial at a time.

While a trial runs, what a start would use is the config before it. A crash, a power cut or a stop in the middle therefore
lead back by themselves; so does every trial whose uplink and readings are not back at its deadline.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from edge.agent import Agent
from edge.apply.effective import Effective
from edge.apply.evidence import asked_of, look
from edge.apply.folder import APPLIED, PREVIOUS, RETURNED, SUPERSEDED, TRIAL, ConfigFolder, install, sha_of
from edge.apply.plan import Plan, plan
from edge.apply.trial import Phase, Trial, confirm, give_up, judge
from edge.control import Command
from edge.spool.files import Files
from edge.uplink.sender import PATIENCE, Patience
from runtime import logs
from runtime.clock import Clock, SystemClock
from runtime.logs import Log
from telemetry.errors import QuanhoError, TransientError

_LOG = Log("edge.apply")
_LOOK_EVERY_S = 0.25
_REPORT_EVERY_S = 5.0  # while a trial waits for a delivery there is something to deliver
_DRAIN_S, _STOP_S = 10.0, 15.0
_SWITCH_HANGS_S = 300.0


class AgentProcess:
    """A service (runtime/service.py). `commands` of the control socket for it are in edge/apply/commands.py."""

    name = "agent"

    def __init__(
        self,
        effective: Effective,
        commands: Callable[["AgentProcess"], Mapping[str, Command]],
        clock: Clock | None = None,
        files: Files | None = None,
        patience: Patience = PATIENCE,
        on_death: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.effective = effective
        self.trial: Trial | None = None
        self._trial_id = ""
        self._clock = clock or SystemClock()
        self._files = files
        self._patience = patience
        self._on_death = on_death
        self._folder = ConfigFolder(effective.config.gateway.state_dir)
        self._commands = commands(self)
        self._outcome: dict[str, Any] = {}
        self._lock = threading.Lock()  # over `trial` and the beginning of one
        self._switching = threading.Lock()  # over `agent` while it is changed or replaced
        self._switched_s: float | None = None
        self._is_up = False
        self._closing = threading.Event()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self.agent = self._build(effective)

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._take_stock()
        self._is_up = True
        self.agent.start()

    def drain(self, timeout_s: float) -> None:
        self._closing.set()
        self._changed.set()
        held = self._switching.acquire(timeout=timeout_s / 2)
        try:
            if self._is_up:
                self.agent.drain(timeout_s / 2)
        finally:
            if held:
                self._switching.release()

    def stop(self, timeout_s: float) -> None:
        self._closing.set()
        self._changed.set()
        if self._thread:
            self._thread.join(timeout_s / 4)
        if self._is_up:
            self.agent.stop(0.7 * timeout_s)

    def is_alive(self) -> bool:
        """Tell whether the agent's threads still come round; while it is replaced they may not, for a time."""
        since_s = self._switched_s
        if since_s is not None:
            return self._clock.monotonic_s() - since_s < _SWITCH_HANGS_S
        return self.agent.is_alive()

    def _build(self, effective: Effective) -> Agent:
        more = (self._commands, self.status)
        return Agent(effective.config, self._clock, self._files, self._patience, self._on_death, *more)

    def _take_stock(self) -> None:
        """Say which config is in force, and how a trial ended that a crash or a stop cut off."""
        self._outcome = self._folder.read_outcome()
        try:
            if self._outcome.get("phase") == Phase.RUNNING.value:
                self._settle_cut_off_trial()
            if self.effective.stands_for_file:
                _LOG.info("config.applied", file=self.effective.file, instead=self._folder.path / APPLIED)
            elif self._folder.has_applied:
                if self.effective.passed_over:
                    _LOG.error("config.applied_invalid", reason=self.effective.passed_over, instead=self.effective.file)
                self._folder.move(APPLIED, SUPERSEDED)
                _LOG.warning("config.superseded", file=self.effective.file, aside=self._folder.path / SUPERSEDED)
        except OSError as error:  # none of this may keep the agent from starting
            _LOG.warning("config.folder", reason=error)

    def _settle_cut_off_trial(self) -> None:
        if self._folder.read(TRIAL) == self.effective.text:  # it ended between keeping the config and saying so
            self._folder.remove(TRIAL)
            self._note_outcome(Phase.KEPT, "kept as the agent ended")
        else:
            self._folder.move(TRIAL, RETURNED)
            self._note_outcome(Phase.RETURNED, "the agent ended during the trial and started with the config before it")
            _LOG.error("config.returned", reason=self._outcome["reason"])

    # -- what the commands ask -----------------------------------------------------------------------------------------

    def plan(self, new: Effective) -> Plan:
        """Return what `new` would change."""
        return plan(self.effective.config, new.config)

    def begin(self, new: Effective, within_s: float, *, confirmed: bool) -> str:
        """Put `new` on trial, or in force at once when `confirmed`; return the trial's id. Raises TransientError when that cannot be."""
        with self._lock:
            if self.trial and not self.trial.phase.is_final:
                raise TransientError("another config is on trial; wait for its end, or keep it: quanho edge apply --confirm")
            if self._closing.is_set():
                raise TransientError("the agent is stopping")
            if self.agent.writer.state.trouble:
                raise TransientError(f"the disk does not take readings ({self.agent.writer.state.trouble}); mend that first")
            steps = self.plan(new)
            deadline_s = self._clock.monotonic_s() + within_s
            trial = Trial(deadline_s, asked_of(self.agent, steps, within_s))
            self._trial_id, self.trial = uuid.uuid4().hex[:12], trial
            try:
                self._protect(new)
                self._note_outcome(Phase.RUNNING, "")
            except OSError as error:
                self.trial = give_up(trial, f"the state folder does not take it: {error.strerror or error}")
                raise TransientError(f"{self._folder.path}: {error.strerror or error}; nothing was changed") from error
            self._thread = threading.Thread(target=self._run, args=(new, steps, confirmed), name="config-trial", daemon=True)
            self._thread.start()
            return self._trial_id

    def confirm(self) -> None:
        """Keep the config on trial. Raises TransientError when there is none."""
        with self._lock:
            if self.trial is None or self.trial.phase.is_final:
                raise TransientError("no config is on trial")
            self.trial = confirm(self.trial)
            self._changed.set()

    def installed(self) -> None:
        """Whoever may write the config file has put the applied config there: nothing stands in its place any more."""
        text = self.effective.text
        if self.effective.file.read_bytes() == text:
            self.effective = replace(self.effective, file_sha=sha_of(text))
            self._folder.remove(APPLIED)

    def status(self) -> Mapping[str, object]:
        """Return the config in force, the trial that runs and how the last one ended, ready for JSON."""
        trial = self.trial
        running = None
        if trial and not trial.phase.is_final:
            left_s = max(0.0, trial.deadline_s - self._clock.monotonic_s())
            running = {"id": self._trial_id, "left_s": left_s, "missing": list(trial.missing)}
        last = self._outcome if self._outcome.get("phase") in (Phase.KEPT.value, Phase.RETURNED.value) else None
        file, stands = str(self.effective.file), self.effective.stands_for_file
        instead = str(self._folder.path / APPLIED) if stands else None
        return {"config": {"file": file, "file_sha256": self.effective.file_sha, "instead": instead, "trial": running, "last": last}}

    # -- the trial -----------------------------------------------------------------------------------------------------

    def _protect(self, new: Effective) -> None:
        """See that a start from now on uses the config that runs, also where the file holds another already. Raises OSError."""
        self._folder.make()
        self._folder.write(TRIAL, new.text)
        file_sha = sha_of(self.effective.file.read_bytes())
        if file_sha != sha_of(self.effective.text):
            self._folder.write_applied(self.effective.text, file_sha)
        self.effective = replace(self.effective, file_sha=file_sha)

    def _run(self, new: Effective, steps: Plan, confirmed: bool) -> None:
        old = self.effective
        new = replace(new, file=old.file, file_sha=old.file_sha)
        _LOG.info("config.trial", id=self._trial_id, changes=[verdict.key for verdict in steps.verdicts])
        try:
            self._switch(old, new, steps)
        except Exception as error:  # noqa: BLE001 (whatever it is, the config before it comes back)
            _LOG.exception("config.not_applied", id=self._trial_id)
            reason = f"it could not be applied: {error}"
            self._decide(lambda trial: give_up(trial, reason))
            restarts = True
        else:
            restarts = steps.restarts_agent
            self._watch(confirmed)
        trial = self.trial
        if trial is None or not trial.phase.is_final:
            return  # the process ends; the next start leads back
        if trial.phase is Phase.KEPT:
            try:
                self._keep(old, new)
            except OSError as error:  # it would be gone at the next start
                trial = replace(trial, phase=Phase.RETURNED, reason=f"it cannot be kept: {error}")
        try:
            if trial.phase is Phase.RETURNED:
                self._return(new, old, restarts=restarts)
            self._note_outcome(trial.phase, trial.reason)
        except OSError as error:
            _LOG.warning("config.outcome_unsaved", reason=error)
        log = _LOG.info if trial.phase is Phase.KEPT else _LOG.error
        log("config.kept" if trial.phase is Phase.KEPT else "config.returned", id=self._trial_id, reason=trial.reason)

    def _watch(self, confirmed: bool) -> None:
        """Look until the trial is decided, or the process ends."""
        self._decide(lambda trial: replace(trial, since=look(self.agent)))
        if confirmed:
            self._decide(confirm)
        report_s = float("-inf")
        while not self._closing.is_set():
            now_s = self._clock.monotonic_s()
            if now_s - report_s >= _REPORT_EVERY_S:
                self.agent.report_now()
                report_s = now_s
            seen = look(self.agent)
            if self._decide(lambda trial: judge(trial, seen, now_s)).phase.is_final:  # noqa: B023 (called at once)
                return
            self._changed.wait(_LOOK_EVERY_S)
            self._changed.clear()

    def _decide(self, step: Callable[[Trial], Trial]) -> Trial:
        with self._lock:
            assert self.trial is not None  # noqa: S101 (there is one while its thread runs)
            self.trial = step(self.trial)
            return self.trial

    def _keep(self, old: Effective, new: Effective) -> None:
        """Have the next start use `new`: in the file where we may write it, else in its place. Raises OSError."""
        self._folder.write(PREVIOUS, old.text)
        file_sha = old.file_sha
        if sha_of(new.text) == file_sha:
            self._folder.remove(APPLIED)  # it was in the file all along
        else:
            try:
                if sha_of(old.file.read_bytes()) != file_sha:
                    raise PermissionError(f"{old.file} was edited during the trial")
                install(old.file, new.text)
                file_sha = sha_of(new.text)
                self._folder.remove(APPLIED)
            except OSError as error:
                _LOG.info("config.not_installed", file=old.file, reason=error, instead=self._folder.path / APPLIED)
                self._folder.write_applied(new.text, file_sha)
        self.effective = replace(new, file_sha=file_sha)
        self._folder.remove(TRIAL)

    def _return(self, new: Effective, old: Effective, *, restarts: bool) -> None:
        back = plan(new.config, old.config)
        try:
            self._switch(new, old, back, restarts=restarts or back.restarts_agent)
        except Exception:  # noqa: BLE001 (a fresh agent is the next best way back)
            _LOG.exception("config.return_failed", hint="the agent restarts with the config before")
            try:
                self._switch(new, old, back, restarts=True)
            except Exception as error:  # noqa: BLE001 (and a fresh process the last)
                _LOG.exception("config.return_failed", hint="the process ends; its supervisor starts it with the config before")
                self._on_death(f"config: {error}")
        with suppress(OSError):
            self._folder.move(TRIAL, RETURNED)

    def _switch(self, old: Effective, new: Effective, steps: Plan, *, restarts: bool | None = None) -> None:
        """Have the agent run `new`. Raises whatever keeps it from that."""
        with self._switching:
            if self._closing.is_set():
                return
            self._switched_s = self._clock.monotonic_s()
            try:
                if old.config.log != new.config.log:
                    logs.configure(new.config.log.level, new.config.log.format)
                if steps.restarts_agent if restarts is None else restarts:
                    self._replace_agent(new)
                else:
                    self.agent.reconfigure(new.config, steps)
                self.effective = new
            finally:
                self._switched_s = None

    def _replace_agent(self, new: Effective) -> None:
        if self._is_up:
            self.agent.drain(_DRAIN_S)
            self.agent.stop(_STOP_S)
            self._is_up = False
        if self._closing.is_set():
            return
        agent = self._build(new)
        try:
            agent.start()
        except (QuanhoError, OSError):
            agent.stop(_STOP_S)
            raise
        self.agent, self._is_up = agent, True

    def _note_outcome(self, phase: Phase, reason: str) -> None:
        """Write down how the trial stands. Raises OSError."""
        trial_id = self._trial_id or str(self._outcome.get("id", ""))
        outcome = {"id": trial_id, "phase": phase.value, "reason": reason, "at_ns": self._clock.wall_ns()}
        self._outcome = outcome
        self._folder.write_outcome(outcome)
