"""What a talk remembers over restarts: one small JSON file of numbers, {"ran_s": 86400.0, …}. Unreadable, it costs only that."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from runtime.durable_file import replace_file
from runtime.logs import Log

log = Log("edge.talks")


def load_memory(path: Path) -> dict[str, float]:
    """Return the numbers in the file that are finite and not negative; none if there is no such file."""
    try:
        tree = json.loads(path.read_bytes())
        return {key: float(value) for key, value in tree.items() if _is_sensible(value)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        log.warning(
            "talk.forgotten", file=str(path), error=str(error), hint="fan hours count from zero again; fan_hours_before adds earlier ones"
        )
        return {}


def save_memory(path: Path, memory: Mapping[str, float]) -> None:
    """Replace the file. A disk that does not take it is told of in the log, and tried again with the next."""
    try:
        replace_file(path, json.dumps({key: round(value, 1) for key, value in memory.items()}).encode(), 0o640)
    except OSError as error:
        log.warning("talk.not_written", file=str(path), error=str(error))


def _is_sensible(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
