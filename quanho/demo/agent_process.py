"""The real agent in a process of its own, as systemd would run it: started, asked through its control socket, ended by SIGTERM."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from edge.control_client import ask
from telemetry.errors import QuanhoError, TransientError

_ASK_S = 5.0
_END_S = 30.0


class AgentFailed(QuanhoError):
    """The agent did not come up, or ended by itself; the message ends with the last lines of its log."""


class AgentProcess:
    """`quanho edge run` with `config`; what it logs is in `log_file`."""

    def __init__(self, config: Path, control_socket: Path, log_file: Path) -> None:
        self.config = config
        self.log_file = log_file
        self._socket = control_socket
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it from the main thread: it ends when the thread that started it does (setpriv --pdeathsig)."""
        command = [sys.executable, "-m", "quanho", "edge", "run", "--config", str(self.config)]
        guard = shutil.which("setpriv")
        if guard:
            command = [guard, "--pdeathsig", "TERM", "--", *command]
        with self.log_file.open("ab") as log:  # a session of its own: Ctrl-C at the terminal is for the demo
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ask(self, command: str) -> dict[str, Any] | None:
        """Return the answer to a command of the control socket, None when the agent does not answer."""
        try:
            return ask(self._socket, {"command": command}, _ASK_S)
        except TransientError:
            return None

    def check(self) -> None:
        """Raises AgentFailed when it has ended."""
        if not self.is_running:
            code = self._process.returncode if self._process else None
            raise AgentFailed(f"the agent ended with exit code {code}; its log ends with:\n{self.log_tail()}")

    def stop(self) -> int:
        """End it as systemd would, by force after half a minute; return its exit code (0 when it never ran)."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.returncode

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)

    def log_tail(self) -> str:
        return b"\n".join(self.log_file.read_bytes().splitlines()[-10:]).decode(errors="replace") if self.log_file.exists() else ""
