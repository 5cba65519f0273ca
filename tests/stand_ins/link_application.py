"""A weather station as a simulated chip's firmware: the board's end of the link, with the version that was found in flash.

What the image is called chooses how it behaves: `…-mute` says nothing at all, `…-silent` says hello and never measures, `…-absurd` measures
what cannot be. Boot count and identity are kept in flash, as real firmwares keep them, and survive resets and updates.
"""

import json
from collections.abc import Callable
from typing import Any

from firmware_bridge.link.board_model import BoardEnd
from firmware_bridge.link.commands import Code
from firmware_bridge.link.messages import ALL_SETS, Hello, SensorField, SensorSet
from tests.stand_ins.application import Restart
from tests.stand_ins.esp32_chip import NorFlash
from tests.stand_ins.esp32_image import Description

BAUD = 115_200
WEATHER = SensorSet(0, "weather", (SensorField(0, "temperature", "Cel", -1), SensorField(0, "humidity", "%", -1)), interval_ms=500)
_SENSIBLE = {"temperature": 27.4, "humidity": 81.5}
_ABSURD = {"temperature": 851.0, "humidity": 310.0}


class Kept:
    """A small settings store in one sector of flash."""

    def __init__(self, flash: NorFlash, offset: int) -> None:
        self._flash = flash
        self._offset = offset

    def read(self) -> dict[str, Any]:
        text = self._flash.read(self._offset, self._flash.sector_bytes).partition(b"\xff")[0]
        return dict(json.loads(text)) if text.startswith(b"{") else {}

    def write(self, settings: dict[str, Any]) -> None:
        self._flash.erase(self._offset, self._flash.sector_bytes)
        self._flash.program(self._offset, json.dumps(settings).encode())


class LinkApplication:
    """Started at `now_s`."""

    def __init__(self, description: Description, *, board: str, uid: bytes, kept: Kept, now_s: float) -> None:
        settings = kept.read()
        settings["boots"] = settings.get("boots", 0) + 1
        kept.write(settings)
        project, _, behaviour = description.project.partition("-")
        hello = Hello(
            boot=settings["boots"],
            board=board,
            firmware=project,
            version=description.version,
            build_id=description.build_id,
            uid=uid,
            device=settings.get("device", ""),
            site=settings.get("site", ""),
        )
        self._kept = kept
        self._behaviour = behaviour
        self._end = BoardEnd(hello, [WEATHER], byte_s=10 / BAUD, started_s=now_s)
        self._reading_s = now_s
        self._obey: dict[int, Callable[[float], None]] = {Code.READ: self._read, Code.SET_IDENTITY: self._keep_identity}

    def received(self, data: bytes, now_s: float) -> None:
        for order in self._end.received(data, now_s):
            if order.code in self._obey and order.set_index in (WEATHER.index, ALL_SETS):
                self._obey[order.code](now_s)

    def outgoing(self, now_s: float) -> bytes:
        if self._behaviour == "mute":
            return b""
        if now_s >= self._reading_s:
            self._reading_s = now_s + self._end.intervals_ms[WEATHER.index] / 1000
            self._read(now_s)
        return self._end.outgoing(now_s)

    def restarts(self) -> Restart:
        due = self._end.restart_due
        return "" if due is None else "loader" if due == Code.BOOTLOADER else "application"

    def _read(self, now_s: float) -> None:
        if self._behaviour != "silent":
            self._end.reading(WEATHER.index, _ABSURD if self._behaviour == "absurd" else _SENSIBLE, now_s)

    def _keep_identity(self, now_s: float) -> None:
        hello = self._end.hello(now_s)
        self._kept.write({**self._kept.read(), "device": hello.device, "site": hello.site})
