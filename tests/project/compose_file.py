"""deploy/compose.yaml as `docker compose config` would read it: variables in place, defined by deploy/make-secrets.sh."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<how>[-?])(?P<other>[^}]*))?\})")


class Undefined(Exception):
    """A variable that must be set is not; the file's own words."""


def with_secrets(folder: Path) -> Path:
    """Copy deploy/ beside nothing else, make its secrets there as its README says, and return the copy."""
    copy = folder / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets", ".env"))
    subprocess.run([str(copy / "make-secrets.sh")], check=True, capture_output=True)
    return copy


def environment(deploy: Path) -> dict[str, str]:
    """Return what deploy/.env defines."""
    return dict(line.split("=", 1) for line in (deploy / ".env").read_text().splitlines())


def compose(deploy: Path, variables: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the file with its variables in place. Raises Undefined."""
    known = environment(deploy) if variables is None else variables
    content: dict[str, Any] = _filled(yaml.safe_load((deploy / "compose.yaml").read_text()), known)
    return content


def _filled(content: Any, known: dict[str, str]) -> Any:
    if isinstance(content, str):
        return _VARIABLE.sub(lambda found: _value(found, known), content)
    if isinstance(content, dict):
        return {key: _filled(value, known) for key, value in content.items()}
    return [_filled(value, known) for value in content] if isinstance(content, list) else content


def _value(found: re.Match[str], known: dict[str, str]) -> str:
    if found["name"] is None:
        return "$"
    if known.get(found["name"]):
        return known[found["name"]]
    if found["how"] != "-":
        raise Undefined(found["other"])
    return str(found["other"])
