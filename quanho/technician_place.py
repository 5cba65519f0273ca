"""Where a technician's computer keeps its key and its outbox, and where the registry is."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry.errors import ConfigError, Problem

if TYPE_CHECKING:
    from firmware_bridge.records.queue import Outbox
    from firmware_bridge.records.registry import Registry


def technician_folder() -> Path:
    """Return QUANHO_TECHNICIAN, else quanho/ in the user's data folder (XDG Base Directory Specification 0.8)."""
    if named := os.environ.get("QUANHO_TECHNICIAN"):
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / "quanho"


def outbox(folder: Path | None = None) -> "Outbox":
    from firmware_bridge.records.queue import Outbox

    return Outbox(folder or technician_folder() / "outbox")


def add_registry_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registry", metavar="URL", help="address of the registry (default: $QUANHO_REGISTRY)")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="its token (default: $QUANHO_REGISTRY_TOKEN_FILE)")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="authority of the registry's certificate, where it is your own")


def registry_of(arguments: argparse.Namespace) -> "Registry | None":
    """Return the registry, None where nobody named one. Raises ConfigError, RegistryUnusable."""
    from firmware_bridge.records.registry import registry
    from runtime.config import read_secret

    url = arguments.registry or os.environ.get("QUANHO_REGISTRY")
    if not url:
        return None
    token_file = arguments.token_file or os.environ.get("QUANHO_REGISTRY_TOKEN_FILE")
    if not token_file:
        raise ConfigError([Problem("--token-file", "", "name the file that holds the registry's token")])
    return registry(url, read_secret(Path(token_file)), arguments.ca_file)
