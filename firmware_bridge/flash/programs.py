"""Running a flashing program under our own time limits, because theirs do not hold: avrdude 7.1 never returns when its board is
unplugged in the middle (measured), and burns a core until it is killed.

A program is ended, with its whole process group, when it says nothing for `silence_s`, takes longer than `total_s`, or its port is gone
for `_GONE_S`. If we are killed ourselves, the kernel ends it (prctl(2), PR_SET_PDEATHSIG, by setpriv of util-linux: safe beside threads).
"""

import codecs
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from firmware_bridge.flash.causes import Cause, FlashError
from telemetry.said import said

_GONE_S = 2.0  # USB that is part of the chip leaves and returns at a reset
_LINES = 60
_LINE_CHARACTERS = 400
_LOOK_S = 0.1
_MANNERS_S = 0.5

TextSeen = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a program may take, and be silent."""

    total_s: float
    silence_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended by itself: exit code and the last of what it said."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def find_program(name: str) -> list[str]:
    """Return the words that start the program `name`; esptool is a module beside us. TOOL_MISSING if it is not there."""
    if name == "esptool":
        from importlib.util import find_spec

        if find_spec("esptool") is None:
            raise FlashError(
                Cause.TOOL_MISSING,
                said("chưa cài esptool: pip install 'quanho[flash]'", "esptool is not installed: pip install 'quanho[flash]'"),
            )
        return [sys.executable, "-m", "esptool"]
    path = shutil.which(name)
    if path is None:
        raise FlashError(Cause.TOOL_MISSING, said(f"chưa cài {name}: apt install {name}", f"{name} is not installed: apt install {name}"))
    return [path]


def run_program(words: Sequence[str], limits: Limits, port: str, on_text: TextSeen, environment: Mapping[str, str] | None = None) -> Ended:
    """Run `words` to its end. `port` is the path it works on ("": none). Raises FlashError: UNPLUGGED, TIMED_OUT, TOOL_MISSING."""
    own = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
        **(environment or {}),
    }
    try:
        program = subprocess.Popen(
            [*_tied_to_us(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=own,
            start_new_session=True,
        )
    except OSError as error:
        reason = said(f"không chạy được {words[0]}: {error.strerror}", f"{words[0]} cannot be started: {error.strerror}")
        raise FlashError(Cause.TOOL_MISSING, reason) from error
    heard = _Heard(on_text)
    try:
        _listen(program, _name(words), limits, port, heard)
    except FlashError as error:
        error.tail = heard.lines()
        raise
    finally:
        _end(program)
    return Ended(program.returncode, heard.lines())


def _listen(program: "subprocess.Popen[bytes]", name: str, limits: Limits, port: str, heard: "_Heard") -> None:
    """Return when the program has closed its output and ended."""
    assert program.stdout is not None  # noqa: S101 -- it is a pipe
    descriptor = program.stdout.fileno()
    os.set_blocking(descriptor, False)
    began_s = spoke_s = there_s = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            is_ready = bool(selector.select(_LOOK_S))
            now_s = time.monotonic()
            if is_ready:
                heard_bytes = os.read(descriptor, 65_536)
                if not heard_bytes:
                    break
                spoke_s = now_s
                heard.take(heard_bytes)
            elif program.poll() is not None:
                break  # something that it started holds the pipe
            if not port or os.path.exists(port):  # noqa: PTH110 -- many times a second
                there_s = now_s
            elif now_s - there_s > _GONE_S:
                raise FlashError(
                    Cause.UNPLUGGED, said(f"{port} đã biến mất: bo mạch bị rút ra", f"{port} is gone: the board was unplugged")
                )
            if now_s - spoke_s > limits.silence_s:
                raise _was_silent(name, limits)
            if now_s - began_s > limits.total_s:
                late = said(f"{name} chưa xong sau {limits.total_s:.0f} s", f"{name} was not done after {limits.total_s:.0f} s")
                raise FlashError(Cause.TIMED_OUT, late)
    with suppress(subprocess.TimeoutExpired):
        program.wait(limits.silence_s)
    if program.poll() is None:
        raise _was_silent(name, limits)


def _was_silent(name: str, limits: Limits) -> FlashError:
    return FlashError(Cause.TIMED_OUT, said(f"{name} im lặng {limits.silence_s:g} s", f"{name} said nothing for {limits.silence_s:g} s"))


def _end(program: "subprocess.Popen[bytes]") -> None:
    """Leave nothing of it behind, politely first."""
    with suppress(ProcessLookupError, PermissionError):
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                program.wait(_MANNERS_S)
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
    if program.stdout is not None:
        program.stdout.close()


def _tied_to_us() -> list[str]:
    """Return the words before a program that has to end with the thread that waits for it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _name(words: Sequence[str]) -> str:
    return words[2] if words[1:2] == ["-m"] else os.path.basename(words[0])  # noqa: PTH119


class _Heard:
    """What the program said: handed on as text, its last lines kept."""

    def __init__(self, on_text: TextSeen) -> None:
        self._on_text = on_text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._line = ""

    def take(self, said: bytes) -> None:
        text = self._decoder.decode(said)
        *whole, rest = (self._line + text).replace("\r", "\n").split("\n")
        self._lines.extend(line.rstrip()[:_LINE_CHARACTERS] for line in whole if line.strip())
        self._line = rest[:_LINE_CHARACTERS]
        self._on_text(text)

    def lines(self) -> tuple[str, ...]:
        rest = self._line.strip()
        return (*self._lines, rest) if rest else tuple(self._lines)
