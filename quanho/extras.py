"""Commands that need more than the agent does: say which extra to install instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_FLASH = {"cryptography", "esptool", "PIL", "reportlab", "segno", "zstandard"}
_DASHBOARDS = {"grafana_api", "matplotlib", "yaml"}


@contextmanager
def flash_extra() -> Iterator[None]:
    """Turn a missing module of the extra `flash` into a ConfigError that names the extra."""
    with _extra("flash", _FLASH):
        yield


@contextmanager
def dashboards_extra() -> Iterator[None]:
    """Turn a missing module of the extra `dashboards` into a ConfigError that names the extra."""
    with _extra("dashboards", _DASHBOARDS):
        yield


@contextmanager
def _extra(extra: str, modules: set[str]) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in modules:
            raise
        text = say(
            f"lệnh này cần thêm thư viện: pip install 'quanho[{extra}]'",
            f"this command needs more libraries: pip install 'quanho[{extra}]'",
        )
        raise ConfigError([Problem(name, "", text)]) from error
