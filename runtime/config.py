"""A TOML file → a checked settings model, or every problem at once in the words of the file. Secrets come from files of their own."""

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from runtime.config_problems import item_name, problems_of
from telemetry.errors import ConfigError, Problem

SECRET_FIELDS = ("password_file", "token_file", "key_file", "secret_file")

_MAX_SECRET_BYTES = 65_536
_MAX_CONFIG_BYTES = 4 << 20

ModelT = TypeVar("ModelT", bound=BaseModel)


def load(path: Path, model: type[ModelT], *, folder: Path = Path()) -> ModelT:
    """Return the settings in the TOML file `path`; ConfigError lists all that is wrong, including secret files that others can read.

    A secret file with a relative path is looked for in `folder`.
    """
    table = _read_toml(path)
    try:
        settings = model.model_validate(table)
    except ValidationError as error:
        raise ConfigError(problems_of(error, str(path), model, table)) from error
    problems = [Problem(str(path), key, text) for key, secret in _secret_files(settings) if (text := secret_problem(folder / secret))]
    if problems:
        raise ConfigError(problems)
    return settings


def read_secret(path: Path) -> str:
    """Return the secret in `path` without one newline at its end; ConfigError if it is missing, empty or open to every user."""
    problem = secret_problem(path)
    if problem:
        raise ConfigError([Problem(str(path), "", problem)])
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_SECRET_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(path), "", f"cannot be read as a secret: {_reason(error)}")]) from error
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret or len(secret) > _MAX_SECRET_BYTES:
        raise ConfigError([Problem(str(path), "", "must hold the secret alone; it is empty or far too long")])
    return secret


def secret_problem(path: Path) -> str | None:
    """Return why `path` may not serve as a secret and how to put it right, or None."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return f"cannot be read: {path}: {_reason(error)}"
    if not stat.S_ISREG(mode):
        return f"{path} is not a file; name the file that holds the secret"
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"every user of this machine can reach {path}: run chmod o= {path}"
    if not os.access(path, os.R_OK):
        return f"this user may not read {path}; give the agent's user the right to read it"
    return None


def _read_toml(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_CONFIG_BYTES + 1)
        if len(content) > _MAX_CONFIG_BYTES:
            raise ConfigError(
                [Problem(str(path), "", f"has more than {_MAX_CONFIG_BYTES >> 20} MiB, which is no config; is it the right file?")]
            )
        text = content.decode("utf-8-sig")
        return tomllib.loads(text.replace("\r\n", "\n"))
    except OSError as error:
        raise ConfigError([Problem(str(path), "", f"cannot be read: {_reason(error)}")]) from error
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise ConfigError([Problem(str(path), "", f"line {line} is not UTF-8 text; save the file as UTF-8")]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem(str(path), "", f"not valid TOML: {error}")]) from error
    except RecursionError as error:
        raise ConfigError([Problem(str(path), "", "not valid TOML: nested too deep")]) from error


def _secret_files(value: object, key: str = "") -> Iterator[tuple[str, Path]]:
    """Walk a settings model and yield the key and path of every secret file it names."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            inner_key = f"{key}.{field.alias or name}".lstrip(".")
            if name in SECRET_FIELDS and isinstance(inner, Path):
                yield inner_key, inner
            else:
                yield from _secret_files(inner, inner_key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _secret_files(item, key + item_name(index, item))


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8 text"
