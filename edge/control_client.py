"""Asking a running agent through its control socket (edge/control.py)."""

import json
import socket
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from telemetry.errors import TransientError

_ANSWER_BYTES = 64 << 20


def ask(socket_path: Path, request: Mapping[str, object], timeout_s: float) -> dict[str, Any]:
    """Return the answer to one request. Raises TransientError when no agent answers, or it says that the request failed."""
    for answer in stream(socket_path, request, timeout_s):
        return answer
    raise TransientError(f"the agent at {socket_path} hung up without an answer")


def stream(socket_path: Path, request: Mapping[str, object], timeout_s: float) -> Generator[dict[str, Any], None, None]:
    """Yield answers until the agent hangs up or the caller closes this; `timeout_s` is the longest silence. Raises TransientError."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(socket_path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                while line := answers.readline(_ANSWER_BYTES):
                    yield _checked(line)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise TransientError(f"no agent answers at {socket_path}; is it running with this config?") from error
    except PermissionError as error:
        raise TransientError(f"{socket_path}: this user may not ask the agent; use the agent's user or group") from error
    except (OSError, ValueError) as error:
        raise TransientError(f"the agent at {socket_path} did not answer: {error}") from error


def _checked(line: bytes) -> dict[str, Any]:
    answer = json.loads(line)
    if not isinstance(answer, dict) or not answer.get("ok"):
        raise TransientError(str(answer.get("error", answer) if isinstance(answer, dict) else answer))
    return answer
