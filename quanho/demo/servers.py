"""Private servers on loopback: mosquitto and influxd, each in a folder of its own, on ports nobody else holds.

They end with this process, however it ends: `setpriv --pdeathsig` (util-linux) has the kernel send them SIGTERM. That signal
follows the *thread* that started them (prctl(2)), so one thread that lives as long as the process starts them all.
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from quanho.demo.influxql import InfluxQLError, answers_ping, influxql
from quanho.demo.ports import free_port, listens
from telemetry.errors import QuanhoError

__all__ = ["OUR_BROKER_SETTINGS", "InfluxQLError", "Influxd", "MissingServer", "Mosquitto", "ServerError", "influxql"]

OUR_BROKER_SETTINGS = (
    "max_inflight_messages 0",  # the client's Receive Maximum decides
    "max_queued_messages 500000",
    "max_queued_bytes 268435456",
    "autosave_interval 30",
    "set_tcp_nodelay true",
)
DEBIAN_BROKER_SETTINGS: tuple[str, ...] = ()  # Debian's mosquitto.conf sets nothing but persistence: 20 in flight, 1,000 queued

_START_TRIES = 5
_READY_S = 20.0
_LAUNCHER = ThreadPoolExecutor(1, thread_name_prefix="server-launcher")


class MissingServer(QuanhoError):
    """The server program is not installed; the message says how to get it."""

    def __init__(self, binary: str, package: str) -> None:
        super().__init__(f"{binary} is not installed: apt-get install -y --no-install-recommends {package}")
        self.binary = binary
        self.package = package


class ServerError(QuanhoError):
    """A server did not start, or did not stop; the message ends with the last lines of its log."""


def find_server(binary: str, package: str) -> str:
    """Return the path of a server program, also where only root looks; MissingServer when there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    found = shutil.which(binary, path=path)
    if found is None:
        raise MissingServer(binary, package)
    return found


class Server(ABC):
    """One private server. `start` chooses a port the first time; later starts use the same port and the same data."""

    binary: str
    package: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise ServerError(f"{self.binary} is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log_file(self) -> Path:
        """What the server wrote to its output, over all its starts."""
        return self.folder / f"{self.binary}.log"

    def start(self) -> None:
        """Return once the very process we started listens and answers. Raises MissingServer or ServerError."""
        program = find_server(self.binary, self.package)
        if self.is_running:
            raise ServerError(f"{self.binary} is already running as process {self.pid}")
        self.folder.mkdir(parents=True, exist_ok=True)
        tries = 1 if self.port else _START_TRIES
        for left in reversed(range(tries)):
            port = self.port or free_port()
            self._process = self._launch([program, *self._arguments(port)])
            if self._is_ready(port):
                self.port = port
                return
            self._end(signal.SIGKILL)
            if not left:
                raise ServerError(f"{self.binary} did not start on port {port}; its log ends with:\n{self._log_tail()}")

    def stop(self) -> None:
        """End the server as an operator would (SIGTERM), by force after ten seconds. Stopped already is fine."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL). Stopped already is fine."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start again on the same port and data."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Keep the server from running: it holds its connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server run on."""
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    @abstractmethod
    def _arguments(self, port: int) -> list[str]:
        """Write the config for `port` and return the command line after the program."""

    @abstractmethod
    def _answers(self, port: int) -> bool: ...

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        guard = shutil.which("setpriv")
        if guard:
            command = [guard, "--pdeathsig", "TERM", "--", *command]
        with self.log_file.open("ab") as log:  # a session of its own: Ctrl-C at the terminal is for us, not for the servers
            return _LAUNCHER.submit(
                subprocess.Popen, command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            ).result()

    def _is_ready(self, port: int) -> bool:
        deadline = time.monotonic() + _READY_S
        pause = threading.Event()
        while self.is_running and time.monotonic() < deadline:
            if listens(self.pid, port) and self._answers(port):
                return True
            pause.wait(0.005)
        return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)  # a frozen one would not see SIGTERM
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def _log_tail(self) -> str:
        return b"\n".join(self.log_file.read_bytes().splitlines()[-10:]).decode(errors="replace")


class Mosquitto(Server):
    """An MQTT broker with persistence, anonymous, with the settings we ship (`settings`) or Debian's own."""

    binary = "mosquitto"
    package = "mosquitto"

    def __init__(self, folder: Path, settings: Sequence[str] = OUR_BROKER_SETTINGS, *, debian_defaults: bool = False) -> None:
        super().__init__(folder)
        self._settings = DEBIAN_BROKER_SETTINGS if debian_defaults else tuple(settings)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def forget_sessions(self) -> None:
        """Remove the stored sessions and messages of a stopped broker."""
        (self.folder / "mosquitto.db").unlink(missing_ok=True)

    def _arguments(self, port: int) -> list[str]:
        lines = [
            f"listener {port} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self.folder}/",
            "log_dest stderr",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it becomes `mosquitto`, who may not write here
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join([*lines, *self._settings, ""]), encoding="utf-8")
        return ["-c", str(config)]

    def _answers(self, port: int) -> bool:  # noqa: ARG002 -- a listening broker accepts at once
        return True


class Influxd(Server):
    """An InfluxDB 1.x server. `http_settings` are more lines for its [http] table, for example "max-body-size = 1000"."""

    binary = "influxd"
    package = "influxdb"

    def __init__(self, folder: Path, *, auth: bool = False, wal_fsync_delay: str = "0s", http_settings: Sequence[str] = ()) -> None:
        super().__init__(folder)
        self._rpc_port = 0
        self._auth = auth
        self._wal_fsync_delay = wal_fsync_delay
        self._http_settings = tuple(http_settings)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _arguments(self, port: int) -> list[str]:
        if not self.port:
            self._rpc_port = free_port()  # left at its default a second influxd on the machine would end at once
        config = self.folder / "influxdb.conf"
        config.write_text(self._config(port), encoding="utf-8")
        return ["-config", str(config)]

    def _config(self, port: int) -> str:
        http = "".join(f"  {line}\n" for line in self._http_settings)
        return f"""reporting-disabled = true
bind-address = "127.0.0.1:{self._rpc_port}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
  wal-fsync-delay = "{self._wal_fsync_delay}"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = {str(self._auth).lower()}
  log-enabled = false
{http}"""

    def _answers(self, port: int) -> bool:
        return answers_ping(f"http://127.0.0.1:{port}")
