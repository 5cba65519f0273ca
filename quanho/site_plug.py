"""Running the pull-the-plug test against a real agent, with a person at the cable or the agent's own pause."""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from edge.config import AgentConfig
from edge.control_client import ask
from edge.site_check.buffer_test import BufferSettings, BufferTest, Look, Phase
from edge.site_check.finding import Finding, Verdict
from edge.uplink.pause import MOST_S
from quanho.edge_account import drawn_up
from quanho.lang import say
from telemetry.errors import TransientError

_TIMEOUT_S = 10.0
_EVERY_S = 0.5


def buffer_finding(config: AgentConfig, method: str, outage_s: float) -> Finding:
    """Run the test and return its outcome. `method` is "cable" or "agent". Raises TransientError when the agent no longer answers."""
    first = _status(config)
    if not first["uplink"]["is_up"]:
        return Finding("buffer", "buffer-down", Verdict.NOT_DONE)
    before = _account(config)
    settings = replace(BufferSettings(), grow_s=outage_s, grow_within_s=outage_s + BufferSettings().grow_within_s)
    test = BufferTest(settings, time.monotonic(), _look(first).lines_waiting)
    try:
        if method == "agent":
            _pause(config, min(MOST_S, outage_s + settings.unplug_within_s + settings.grow_within_s))
        _watch(config, test, _by_agent(config) if method == "agent" else _by_hand)
    finally:
        if method == "agent":
            with suppress(TransientError):
                _pause(config, 0)
    after = _account(config) if test.phase is Phase.DONE else None
    dropped = max(0, after[1] - before[1]) if before and after else 0
    return test.finding(method, is_balanced=after[0] if after else None, dropped=dropped)


def _watch(config: AgentConfig, test: BufferTest, on_phase: Callable[[Phase], None]) -> None:
    """Look at the agent until the test is over, and tell each phase."""
    on_phase(test.phase)
    while not test.is_over:
        time.sleep(_EVERY_S)
        before, now_s = test.phase, time.monotonic()
        seen = _look(_status(config))
        phase = test.look(seen, now_s)
        if phase is not before:
            _clear()
            on_phase(phase)
        _tell(test, seen, now_s)
    _clear()


def _by_hand(phase: Phase) -> None:
    texts = {
        Phase.UNPLUG: say(
            "→ RÚT dây mạng (hoặc tắt SIM/router) của gateway ngay bây giờ.",
            "→ UNPLUG the gateway's uplink now (network cable, modem or router).",
        ),
        Phase.GROW: say(
            "✓ Đường lên đã mất. Chờ số đo dồn vào đĩa, chưa cắm lại…",
            "✓ The uplink is away. Readings gather on the disk; leave it unplugged…",
        ),
        Phase.PLUG: say("→ CẮM LẠI dây.", "→ PLUG IT IN again."),
        Phase.DRAIN: say("✓ Đường lên trở lại. Chờ gửi hết…", "✓ The uplink is back. Waiting until everything is delivered…"),
    }
    if phase in texts:
        print(texts[phase], file=sys.stderr, flush=True)


def _by_agent(config: AgentConfig) -> Callable[[Phase], None]:
    def on_phase(phase: Phase) -> None:
        if phase is Phase.UNPLUG:
            print(say("→ tác tử giữ đường lên lại…", "→ the agent holds its uplink back…"), file=sys.stderr, flush=True)
        elif phase is Phase.PLUG:
            _pause(config, 0)
            print(say("→ tác tử thả đường lên…", "→ the agent lets its uplink go…"), file=sys.stderr, flush=True)

    return on_phase


def _tell(test: BufferTest, seen: Look, now_s: float) -> None:
    if sys.stderr.isatty() and not test.is_over:
        text = say(
            f"  {seen.lines_waiting} dòng chờ; còn {test.left_s(now_s):.0f} s",
            f"  {seen.lines_waiting} lines wait; {test.left_s(now_s):.0f} s left",
        )
        print(f"\r{text}\033[K", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _look(status: Mapping[str, Any]) -> Look:
    queues = status["spool"]["queues"].values()
    oldest = [queue["oldest_ns"] for queue in queues if queue["oldest_ns"] is not None]
    lines = sum(int(queue["lines_unsent"]) for queue in queues)
    return Look(bool(status["uplink"]["is_up"]), lines, min(oldest, default=None), int(status["now_ns"]))


def _status(config: AgentConfig) -> dict[str, Any]:
    return ask(config.control_socket, {"command": "status"}, _TIMEOUT_S)


def _pause(config: AgentConfig, for_s: float) -> None:
    ask(config.control_socket, {"command": "pause_uplink", "for_s": for_s}, _TIMEOUT_S)


def _account(config: AgentConfig) -> tuple[bool, int] | None:
    """Return whether the account balances and how many lines were dropped so far; None where it cannot be drawn up."""
    try:
        account, _, _ = drawn_up(config)
    except (TransientError, OSError):
        return None
    return account.is_balanced, sum(account.total.dropped.values())
