"""How a run is shown: the live view on a terminal, or lines for scripts and logs."""

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from quanho.demo import plain
from quanho.demo.keys import Keys, keys
from quanho.demo.scene import Scene, event
from quanho.demo.view import render

_LINE_EVERY_S = 2.0


class Display(Protocol):
    """Shows scenes between `__enter__` and `__exit__`."""

    def show(self, scene: Scene) -> None: ...

    def pressed(self) -> str:
        """Return the keys pressed since the last call."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None: ...


class Screen:
    """The whole terminal, on its alternate screen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._keys = Keys(None)
        self._cbreak = keys()

    def show(self, scene: Scene) -> None:
        width, height = self._console.size
        self._live.update(render(scene, width, height), refresh=True)

    def pressed(self) -> str:
        return self._keys.pressed()

    def __enter__(self) -> Self:
        self._keys = self._cbreak.__enter__()
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._live.stop()
        self._cbreak.__exit__(kind, error, traceback)


class Lines:
    """A line every two seconds, and whenever something happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown_s = 0.0
        self._event = ""

    def show(self, scene: Scene) -> None:
        now_s = time.monotonic()
        if now_s - self._shown_s < _LINE_EVERY_S and event(scene) == self._event:
            return
        self._shown_s, self._event = now_s, event(scene)
        self._console.print(plain.line(scene), markup=False)

    def pressed(self) -> str:
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Nothing to put back."""
