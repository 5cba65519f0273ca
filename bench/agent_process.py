"""The real agent as a process: `quanho edge run` with a config written here."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.generator import DECODER, TOPIC_FILTER
from edge.control_client import ask
from telemetry.errors import TransientError

ROOT = Path(__file__).resolve().parent.parent
_READY_S = 60.0


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes resident now, and at most since the start of the process (proc(5): VmRSS, VmHWM)."""

    now: int
    most: int


def memory_of(pid: int) -> Memory:
    """Return the memory of a running process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    sizes = {name: int(size) * 1024 for name, size in re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.MULTILINE)}
    return Memory(sizes["VmRSS"], sizes["VmHWM"])


def wait_for(what: str, condition: Callable[[], bool], within_s: float = _READY_S, every_s: float = 0.02) -> None:
    """Return when `condition` holds; TimeoutError naming `what` when it does not in time."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {within_s:g} s")
        time.sleep(every_s)


class AgentProcess:
    """An agent with one MQTT source `street` and an InfluxDB as its uplink; a context manager."""

    def __init__(self, folder: Path, broker_port: int, influx_url: str, database: str, *, version: str = "5", extra: str = "") -> None:
        self.folder = folder
        self.state_dir = folder / "state"
        self.config = folder / "edge.toml"
        self._text = f"""\
[gateway]
site = "bench"
id = "gw-bench"
state_dir = "{self.state_dir}"
{extra}
[clock]
trust = "host"
[uplink]
kind = "influx"
url = "{influx_url}"
database = "{database}"
[[source]]
id = "street"
kind = "mqtt"
host = "127.0.0.1"
port = {broker_port}
version = "{version}"
topics = ["{TOPIC_FILTER}"]
{DECODER}"""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(self._text, encoding="utf-8")
        with (self.folder / "agent.log").open("ab") as log:
            command = [sys.executable, "-m", "quanho", "edge", "run", "--config", str(self.config)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Process id of the agent."""
        assert self._process is not None  # noqa: S101 (inside the context)
        return self._process.pid

    def wait_connected(self) -> None:
        """Return when the source has its broker."""
        wait_for("the agent's connection to the broker", self._is_connected)

    def status(self) -> dict[str, Any]:
        """Return what `quanho edge status` shows."""
        return ask(self.state_dir / "agent.sock", {"command": "status"}, timeout_s=10.0)

    def durable_lines(self) -> int:
        """Return how many lines are durable and, where they came from a broker, acknowledged; since the start."""
        return int(self.status()["spool"]["stored_lines"])

    def _is_connected(self) -> bool:
        assert self._process is not None  # noqa: S101 (inside the context)
        if self._process.poll() is not None:
            log = (self.folder / "agent.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the agent ended with code {self._process.returncode}; its log:\n{log[-3000:]}")
        try:
            return all(source["connected"] for source in self.status()["sources"])
        except TransientError:
            return False
