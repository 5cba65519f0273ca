"""Where the trust folder is: --trust, else QUANHO_TRUST, else /etc/quanho/trust."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firmware_bridge.bundle.trust import Trust

_DEFAULT = Path("/etc/quanho/trust")


def add_trust_option(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--trust", type=Path, metavar="DIR", help=f"trusted keys (default: $QUANHO_TRUST, else {_DEFAULT})")


def trust_folder(arguments: argparse.Namespace) -> Path:
    chosen: Path | None = arguments.trust
    return chosen or Path(os.environ.get("QUANHO_TRUST") or _DEFAULT)


def trust_of(arguments: argparse.Namespace) -> "Trust":
    """Return whom this machine believes now. Raises TrustProblem."""
    from firmware_bridge.bundle.trust import load_trust

    return load_trust(trust_folder(arguments), now())


def now() -> datetime:
    return datetime.now(UTC)
