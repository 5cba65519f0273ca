"""Commands that need more than the agent does: say which extra to install instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_FLASH = {"cryptography", "esptool", "PIL", "reportlab", "segno", "zstandard"}


@contextmanager
def flash_extra() -> Iterator[None]:
    """Turn a missing module of the extra `flash` into a ConfigError that names the extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _FLASH:
            raise
        text = say(
            "lệnh này cần thêm thư viện: pip install 'quanho[flash]'", "this command needs more libraries: pip install 'quanho[flash]'"
        )
        raise ConfigError([Problem(name, "", text)]) from error
