"""File `unreported.jsonl`: losses that a tool met while no agent ran. The next agent tells its ledger.

One JSON object a line, with the fields of Loss. A line that cannot be read is passed over.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from edge.spool.files import Files
from edge.spool.loss import Claim, Loss

_NAME = "unreported.jsonl"
_MAX_BYTES = 1 << 20


def leave(files: Files, folder: Path, losses: Sequence[Loss]) -> None:
    """Add `losses` durably. Raises OSError."""
    data = b"".join(json.dumps(asdict(loss)).encode() + b"\n" for loss in losses)
    if not data:
        return
    file = files.open(folder / _NAME, create=True)
    try:
        file.write_at(file.size(), data)
        file.sync()
    finally:
        file.close()
    files.sync_folder(folder)


def take(files: Files, folder: Path) -> list[Loss]:
    """Return what was left, and remove the file; what cannot be removed is returned again the next time."""
    try:
        file = files.open(folder / _NAME)
    except OSError:
        return []
    losses = []
    try:
        for line in file.read_at(0, _MAX_BYTES).splitlines():
            with suppress(ValueError, TypeError):
                found = json.loads(line)
                claims = tuple(Claim(*claim) for claim in found.pop("claims", ()))
                losses.append(Loss(**found, claims=claims))
    except OSError:
        return []
    finally:
        file.close()
    with suppress(OSError):
        files.unlink(folder / _NAME)
    return losses
