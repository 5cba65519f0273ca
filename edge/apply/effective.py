"""Which config is in force for `--config FILE`: FILE, or what was applied in its place and is kept in the state folder."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from edge.apply.folder import APPLIED, ConfigFolder, sha_of
from edge.config import AgentConfig
from edge.config_file import load_agent_config
from telemetry.errors import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Effective:
    """A config, its text, and the file it is in force for; `file_sha` is the hash of that file's content when it was last looked at.

    `passed_over` is why something that was applied in place of the file is not used, empty when that is not so.
    """

    config: AgentConfig
    text: bytes
    file: Path
    file_sha: str
    passed_over: str = ""

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
    file_sha, state_dir = sha_of(text), _state_dir(text)
    folder = ConfigFolder(state_dir) if state_dir else None
    applied = folder.read_applied(file_sha) if folder else None
    passed_over = ""
    if folder and applied is not None:
        try:
            return Effective(_load_for(folder.path / APPLIED, state_dir), applied, file, file_sha)
        except ConfigError as error:
            passed_over = str(error.problems[0])
    return Effective(load_agent_config(file), text, file, file_sha, passed_over)


def _load_for(applied: Path, state_dir: Path | None) -> AgentConfig:
    """Load what was applied; it must live where it lies. Raises ConfigError."""
    config = load_agent_config(applied)
    if config.gateway.state_dir != state_dir:
        raise ConfigError([Problem(str(applied), "gateway.state_dir", f"is not {state_dir}")])
    return config


def _state_dir(text: bytes) -> Path | None:
    """Return the state folder that a config names, even one that is otherwise wrong (a secret that is gone, say)."""
    try:
        table = tomllib.loads(text.decode("utf-8-sig").replace("\r\n", "\n"))
        return Path(table["gateway"]["state_dir"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
