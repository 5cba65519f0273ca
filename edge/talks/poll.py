"""A sensor that answers when it is asked: the same bytes again and again (Winsen MH-Z19 and ZE, GY-MCU680, many others)."""

from typing import Annotated, Literal

from pydantic import Field

from edge.framers.header import Hex
from edge.talks.talk import TalkSettings
from telemetry import quality


class Options(TalkSettings):
    """Table [source.talk], kind "poll"."""

    kind: Literal["poll"] = Field(description="ask for each reading")
    request: Annotated[
        Hex, Field(min_length=2, max_length=512, description="the question, in hexadecimal: ff0186000000000079 for an MH-Z19")
    ]
    every_s: float = Field(10.0, ge=0.05, le=86_400, description="how often it is asked")
    setup: tuple[Hex, ...] = Field((), max_length=8, description="commands to send once after the port was opened, half a second apart")


class PollTalk:
    """See the module."""

    _SETUP_GAP_S = 0.5

    def __init__(self, options: Options) -> None:
        self._request = bytes.fromhex(options.request)
        self._setup = tuple(bytes.fromhex(text) for text in options.setup)
        self._every_s = options.every_s
        self._told = 0
        self._due_s = 0.0

    def opened(self, now_s: float) -> None:
        self._told, self._due_s = 0, now_s

    def step(self, now_s: float) -> bytes:
        if now_s < self._due_s:
            return b""
        if self._told < len(self._setup):
            self._told += 1
            self._due_s = now_s + self._SETUP_GAP_S
            return self._setup[self._told - 1]
        self._due_s = max(self._due_s + self._every_s, now_s + self._every_s / 2)
        return self._request

    def farewell(self) -> bytes:
        return b""

    def bits(self, now_s: float) -> int:  # noqa: ARG002 - asked or not, it is awake
        return quality.GOOD


def build(options: Options) -> PollTalk:
    return PollTalk(options)
