"""Which InfluxDB `quanho dashboards check` and `preview` read: arguments, and the connection they make."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from quanho.failure import Failed
from quanho.lang import say
from runtime.config import read_secret
from runtime.config_problems import problems_of
from runtime.influx_series import QueryError
from runtime.influx_settings import InfluxSettings
from telemetry.errors import ConfigError, TransientError

if TYPE_CHECKING:
    from runtime.influx import InfluxClient

DATABASE = "quanho"
_EXIT_UNREACHABLE = 3


def add_store(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """Add the arguments that name a store."""
    group = parser.add_argument_group("the store")
    group.add_argument("--influx", metavar="URL", required=is_required, help="address of the InfluxDB, http://127.0.0.1:8086")
    group.add_argument("--database", metavar="NAME", help="database (1.x), or bucket with a DBRP mapping (2.x) (default: quanho)")
    group.add_argument("--username", metavar="NAME", help="user, where the store asks for one; a READ user is enough")
    group.add_argument("--password-file", type=Path, metavar="FILE", help="file with the password")
    group.add_argument("--influx-token-file", type=Path, metavar="FILE", help="file with a READ token (2.x, 3)")
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="PEM of the authority behind the store's certificate")


def settings_of(arguments: argparse.Namespace) -> InfluxSettings:
    """Return what the arguments of `add_store` say. Raises ConfigError."""
    given = {
        "url": arguments.influx,
        "database": arguments.database or DATABASE,
        "username": arguments.username,
        "password_file": arguments.password_file,
        "token_file": arguments.influx_token_file,
        "ca_file": arguments.ca_file,
    }
    table = {key: value for key, value in given.items() if value is not None}
    try:
        return InfluxSettings(**table)
    except ValidationError as error:
        raise ConfigError(problems_of(error, "--influx", InfluxSettings, table)) from error


@contextmanager
def store(arguments: argparse.Namespace) -> Iterator["InfluxClient"]:
    """Open the store that the arguments name. Raises ConfigError, and Failed: when nothing that looks like one answers (exit code 3), or it
    refuses what nobody can be refused who names the right database and may read it (exit code 2).
    """
    from runtime.influx import InfluxClient

    settings = settings_of(arguments)
    for secret in (settings.password_file, settings.token_file):
        if secret is not None:
            read_secret(secret)
    client = InfluxClient(settings)
    try:
        client.detect(10.0)
        yield client
    except TransientError as error:
        raise Failed(
            say(f"không hỏi được InfluxDB ở {arguments.influx}: {error}", f"cannot ask the InfluxDB at {arguments.influx}: {error}"),
            _EXIT_UNREACHABLE,
        ) from error
    except QueryError as error:
        where = f"InfluxDB {arguments.influx}: {error.words} (HTTP {error.status})"
        raise Failed(
            say(
                f"{where}; xem lại --database, và --username với --password-file hoặc --influx-token-file của người được đọc",
                f"{where}; look at --database, and at --username with --password-file or --influx-token-file of somebody who may read",
            )
        ) from error
    finally:
        client.close()
