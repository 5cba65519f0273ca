"""What runs on a simulated chip once it was flashed."""

import json
from typing import Literal, Protocol

from tests.stand_ins.esp32_image import Description

Restart = Literal["", "application", "loader"]
_EVERY_S = 1.0


class Application(Protocol):
    """The firmware: bytes in and out, at times on the chip's own clock."""

    def received(self, data: bytes, now_s: float) -> None: ...
    def outgoing(self, now_s: float) -> bytes: ...
    def restarts(self) -> Restart:
        """Into what the chip should restart now, by the firmware's own wish; "" if not at all."""


class JsonApplication:
    """Says who it is in a line of JSON a second, and hears nothing."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._due_s = 0.0
        self._count = 0

    def received(self, data: bytes, now_s: float) -> None:
        pass

    def outgoing(self, now_s: float) -> bytes:
        if now_s < self._due_s:
            return b""
        self._due_s = now_s + _EVERY_S
        self._count += 1
        return json.dumps({"project": self._description.project, "version": self._description.version, "n": self._count}).encode() + b"\n"

    def restarts(self) -> Restart:
        return ""
