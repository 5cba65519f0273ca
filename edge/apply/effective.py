"""Which config is in force for `--config FILE`: FILE, or what was applied in its place and is kept in the state folder."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from edge.apply.folder import APPLIED, ConfigFolder, sha_of
from edge.config import AgentConfig
from edge.config_file import load_agent_config
from runtime.logs import Log
from telemetry.errors import ConfigError, Problem

_LOG = Log("edge.config")


@dataclass(frozen=True, slots=True)
class Effective:
    """A config, its text, and the file it is in force for; `file_sha` is the hash of that file's content when it was last looked at."""

    config: AgentConfig
    text: bytes
    file: Path
    file_sha: str

    @property
    def stands_for_file(self) -> bool:
        """Whether this is not the content of the file, but what was applied in its place."""
        return sha_of(self.text) != self.file_sha


def load_effective(file: Path) -> Effective:
    """Return the config in force. Changes nothing. Raises ConfigError when there is none.

    What was applied counts while the file is byte for byte the one it was applied over; it is passed over when damaged or invalid.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(str(file), "", f"cannot be read: {error.strerror or error}")]) from error
    applied = _applied(file, text)
    return applied or Effective(load_agent_config(file), text, file, sha_of(text))


def _applied(file: Path, text: bytes) -> Effective | None:
    state_dir = _state_dir(text)
    if state_dir is None:
        return None
    folder = ConfigFolder(state_dir)
    applied = folder.read_applied(sha_of(text))
    if applied is None:
        return None
    try:
        config = load_agent_config(folder.path / APPLIED)
    except ConfigError as error:
        _LOG.error("config.applied_invalid", file=folder.path / APPLIED, problem=error.problems[0], hint=f"{file} is used")
        return None
    return Effective(config, applied, file, sha_of(text)) if config.gateway.state_dir == state_dir else None


def _state_dir(text: bytes) -> Path | None:
    """Return the state folder that a config names, even one that is otherwise wrong (a secret that is gone, say)."""
    try:
        table = tomllib.loads(text.decode("utf-8-sig").replace("\r\n", "\n"))
        return Path(table["gateway"]["state_dir"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
