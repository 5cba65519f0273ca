"""A sensor that answers when it is asked: the same bytes again and again (Winsen MH-Z19 and ZE, GY-MCU680, many others)."""

from typing import Annotated, Literal

from pydantic import Field

from edge.framers.header import Hex
from edge.talks.pace import Pace
from edge.talks.talk import Talk, TalkSettings

_GAP_S = 0.5  # after a command of the setup


class Options(TalkSettings):
    """Table [source.talk], kind "poll"."""

    kind: Literal["poll"] = Field(description="ask for each reading")
    request: Annotated[
        Hex, Field(min_length=2, max_length=512, description="the question, in hexadecimal: ff0186000000000079 for an MH-Z19")
    ]
    every_s: float = Field(10.0, ge=0.05, le=86_400, description="how often it is asked")
    setup: tuple[Hex, ...] = Field((), max_length=8, description="commands to send once after the port was opened, half a second apart")

    @property
    def pace_s(self) -> float:
        return self.every_s

    @property
    def look_s(self) -> float:
        return min(0.1, self.every_s / 10)


class PollTalk(Talk):
    """See the module."""

    def __init__(self, options: Options) -> None:
        self._request = bytes.fromhex(options.request)
        self._setup = tuple(bytes.fromhex(text) for text in options.setup)
        self._pace = Pace(options.every_s)
        self._told = 0
        self._free_s = float("-inf")  # nothing is said before

    def opened(self, now_s: float) -> None:
        self._told = 0
        self._pace.begin(now_s)

    def step(self, now_s: float) -> bytes:
        if now_s < self._free_s or not self._pace.is_due(now_s):
            return b""
        if self._told < len(self._setup):
            self._told += 1
            self._free_s = now_s + _GAP_S
            return self._setup[self._told - 1]
        self._pace.next(now_s)
        return self._request


def build(options: Options) -> PollTalk:
    return PollTalk(options)
