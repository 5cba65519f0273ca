"""How a watched line is shown: a table that changes on a terminal, or a line a fault for scripts and logs, nothing beside JSON."""

import sys
import time
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from quanho.bus_account import Account
from quanho.lang import say

_REDRAW_S = 0.25
_WORDS = {
    "answer": ("trả lời", "answer"),
    "exception": ("từ chối", "refuses"),
    "timeout": ("không trả lời", "no answer"),
    "damaged": ("sai CRC", "wrong CRC"),
    "late": ("trả lời muộn", "late answer"),
    "repeated": ("trả lời lần nữa", "answers once more"),
    "foreign": ("trả lời không ai hỏi", "an answer that nobody asked for"),
    "noise": ("nhiễu", "noise"),
}


class Display(Protocol):
    """Shows faults as they come, and the account, between `__enter__` and `__exit__`."""

    def fault(self, unit: int | None, kind: str, what: str) -> None: ...

    def show(self, account: Account) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...


def display(*, as_json: bool, is_plain: bool) -> Display:
    """Return the one that fits where the output goes."""
    if as_json:
        return Silent()
    return Lines() if is_plain or not sys.stdout.isatty() else Screen()


class Silent:
    """Only the account at the end is wanted."""

    def fault(self, unit: int | None, kind: str, what: str) -> None:
        """Nothing is shown."""

    def show(self, account: Account) -> None:
        """Nothing is shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Nothing to put back."""


class Lines(Silent):
    """A line a fault."""

    def fault(self, unit: int | None, kind: str, what: str) -> None:
        who = say("trên dây", "line") if unit is None else f"id {unit}"
        print(f"{datetime.now().astimezone():%H:%M:%S}  {who}: {say(*_WORDS[kind])}  {what}".rstrip(), flush=True)


class Screen(Silent):
    """The whole terminal, on its alternate screen."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(), screen=True, auto_refresh=False)
        self._last = ""
        self._shown_s = 0.0

    def fault(self, unit: int | None, kind: str, what: str) -> None:
        who = "" if unit is None else f"id {unit}: "
        self._last = f"{datetime.now().astimezone():%H:%M:%S}  {who}{say(*_WORDS[kind])}  {what}".rstrip()

    def show(self, account: Account) -> None:
        from rich.text import Text

        if time.monotonic() - self._shown_s < _REDRAW_S:
            return
        self._shown_s = time.monotonic()
        end = say("Ctrl-C: dừng và xem kết luận", "Ctrl-C ends it with an account")
        lines = [*account.table(), "", *(f"→ {words}" for words in account.words()), "", self._last, end]
        self._live.update(Text("\n".join(lines)), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._live.stop()
