"""Flashing beside the running agent of a gateway: it lends the port, takes it back, and the core has to take a reading of the board."""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.config import AgentConfig
from edge.config_file import load_agent_config
from edge.control_client import ask, stream
from edge.link.lend_command import MOST_S
from firmware_bridge.flash.causes import Cause, FlashError
from quanho.edge_account import drawn_up
from telemetry.errors import TransientError
from telemetry.said import Said, as_is, said

_SILENT_S = 30.0
_LOOK_S = 1.0
_TRIES = 3
_LATE_NS = 1 << 62
_EARLY_NS = 5_000_000_000  # a reading's age is known to some ms, the wait for the first one is not that short


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent of a config, which reads the port of the board as `source`."""

    config: AgentConfig
    source: str = ""

    def tell_flashed(self, bundle: Path) -> None:
        """Have the agent keep the images: its next update need not read them from the chip. If it does not trust the key, it will."""
        with suppress(TransientError):
            ask(self.config.control_socket, {"command": "board_flashed", "bundle": str(bundle.resolve())}, _SILENT_S)

    def wait_for_core(self, since: datetime, within_s: float) -> None:
        """Wait until the store has taken a reading of the source with a time from `since` on. FlashError(NOT_IN_CORE)."""
        span = (int(since.timestamp() * 1e9) - _EARLY_NS, _LATE_NS)
        end_s = time.monotonic() + within_s
        while True:
            why = said("agent chưa có số đo nào của bo mạch", "the agent has no reading of the board yet")
            try:
                account, _, _ = drawn_up(self.config, span)
                row = next((row for row in account.rows if row.source == self.source), None)
                if row is not None and row.stored:
                    return
                if row is not None and row.waiting:
                    uplink = self._uplink()
                    why = said(
                        f"{row.waiting} số đo còn chờ trên gateway: {uplink.vi}", f"{row.waiting} readings wait on the gateway: {uplink}"
                    )
            except TransientError as error:
                why = as_is(error.reason)
            if time.monotonic() >= end_s:
                raise FlashError(Cause.NOT_IN_CORE, said(f"chưa có sau {within_s:.0f} s: {why.vi}", f"not within {within_s:.0f} s: {why}"))
            time.sleep(_LOOK_S)

    def _uplink(self) -> Said:
        status = ask(self.config.control_socket, {"command": "status"}, _SILENT_S)
        if not status["clock"]["is_trusted"]:
            return said("đồng hồ của nó chưa tin được", "its clock is not trusted yet")
        uplink = status["uplink"]
        return as_is(str(uplink["trouble"])) if uplink["trouble"] else said("đang trên đường gửi", "they are on their way")


@contextmanager
def lent_port(config: Path, port: str) -> Iterator[Agent]:
    """Hold the port `port` on loan from the agent of `config`. Raises ConfigError, FlashError(PORT_BUSY)."""
    agent = Agent(load_agent_config(config))
    answers, source = _borrow(agent.config.control_socket, port)
    with closing(answers):
        yield Agent(agent.config, source)


def _borrow(socket: Path, port: str) -> tuple[Generator[dict[str, Any], None, None], str]:
    """Return the loan, which lasts until it is closed, and the source. A source that is just opening the port is asked again."""
    tries = 0
    while True:
        answers = stream(socket, {"command": "lend", "port": port, "seconds": MOST_S}, _SILENT_S)
        try:
            return answers, str(next(answers)["source"])
        except (TransientError, StopIteration) as error:
            answers.close()
            tries += 1
            if tries == _TRIES:
                answer = as_is(str(error)) if str(error) else said("nó ngắt kết nối", "it hung up")
                reason = said(f"agent không cho mượn {port}: {answer.vi}", f"the agent does not lend {port}: {answer}")
                raise FlashError(Cause.PORT_BUSY, reason) from error
        time.sleep(_LOOK_S)
