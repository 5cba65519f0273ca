"""Programs end, whatever they do."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.programs import Ended, Limits, find_program, run_program
from tests.waiting import eventually

QUICK = Limits(total_s=10.0, silence_s=5.0)


def shell(script: str, limits: Limits = QUICK, port: str = "", on_text: Callable[[str], None] = lambda _: None) -> Ended:
    return run_program(["/bin/sh", "-c", script], limits, port, on_text)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def test_what_a_program_says_on_both_outputs_and_its_exit_code_are_kept() -> None:
    heard: list[str] = []
    ended = shell("echo one; echo two >&2; printf three; exit 3", on_text=heard.append)
    assert (ended.code, ended.lines) == (3, ("one", "two", "three"))
    assert "".join(heard) == "one\ntwo\nthree"


def test_a_silent_program_is_ended_with_everything_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="said nothing for") as caught:
        shell(f"echo begun; sleep 60 & echo $! > {tmp_path}/child; wait", Limits(10.0, 0.3))
    assert caught.value.cause is Cause.TIMED_OUT
    assert caught.value.tail == ("begun",)
    child = int((tmp_path / "child").read_text())
    eventually(lambda: not is_alive(child), what="the child of the program is gone")


def test_a_program_that_ignores_a_polite_end_is_killed(tmp_path: Path) -> None:
    with pytest.raises(FlashError):
        shell(f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do :; done", Limits(0.3, 5.0))
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_program_that_talks_for_ever_is_ended_at_its_total_time() -> None:
    with pytest.raises(FlashError, match="not done after") as caught:
        shell("while :; do echo again; sleep 0.02; done", Limits(0.4, 5.0))
    assert caught.value.cause is Cause.TIMED_OUT


def test_a_program_whose_port_vanishes_is_ended_though_it_goes_on_talking(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.touch()
    threading.Timer(0.2, port.unlink).start()
    with pytest.raises(FlashError, match="unplugged") as caught:
        shell("while :; do echo writing; sleep 0.05; done", QUICK, str(port))
    assert caught.value.cause is Cause.UNPLUGGED


def test_a_port_that_is_away_for_the_moment_of_a_reset_is_not_unplugged(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.touch()
    assert shell(f"rm {port}; sleep 0.5; touch {port}; sleep 0.2; echo done", QUICK, str(port)).code == 0


@pytest.fixture(name="with_ctrl_c")
def as_at_a_terminal() -> Iterator[None]:
    """Ctrl-C as Python has it, also where a shell started us with it ignored (in the background)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("with_ctrl_c")
def test_ctrl_c_leaves_no_program_behind(tmp_path: Path) -> None:
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        shell(f"echo $$ > {tmp_path}/pid; sleep 60")
    assert not is_alive(int((tmp_path / "pid").read_text()))


def test_a_silent_program_ends_with_a_quanho_that_is_killed(tmp_path: Path) -> None:
    ours = (
        "import sys; from firmware_bridge.flash.programs import *; run_program(['/bin/sh', '-c', sys.argv[1]], Limits(60, 60), '', print)"
    )
    with subprocess.Popen([sys.executable, "-c", ours, f"echo $$ > {tmp_path}/pid; exec sleep 60"]) as quanho:
        eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        quanho.kill()
    child = int((tmp_path / "pid").read_text())
    eventually(lambda: not is_alive(child), what="the program is gone")


def test_memory_is_bounded_whatever_a_program_says() -> None:
    ended = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; yes | head -n 20000")
    assert ended.code == 0
    assert len(ended.lines) <= 61
    assert max(map(len, ended.lines)) <= 400


def test_a_program_that_is_not_installed_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(FlashError, match="apt install avrdude") as caught:
        find_program("avrdude")
    assert caught.value.cause is Cause.TOOL_MISSING
    assert find_program("esptool")[0] == sys.executable
