"""Free loopback ports, and who listens on one."""

import os
import random
import socket
from pathlib import Path

_LOWEST = 15_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LISTENING = "0A"  # include/net/tcp_states.h, TCP_LISTEN


def free_port() -> int:
    """Return a port nobody listens on, below the range the kernel gives to outgoing connections.

    A client that keeps trying a dead server on a port *inside* that range in the end gets it as its own source port and talks
    to itself (TCP simultaneous open); and the server then cannot have it back.
    """
    highest = int(_EPHEMERAL.read_text(encoding="ascii").split()[0]) - 1
    while True:
        port = random.randint(_LOWEST, max(highest, _LOWEST + 1000))  # noqa: S311 -- not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def listens(pid: int, port: int) -> bool:
    """Tell whether process `pid` itself listens on TCP `port` (proc(5): net/tcp gives the socket's inode, fd/ its owner)."""
    try:
        lines = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = [line.split() for line in lines]
        inodes = {row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port}
        held = {_target(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except (OSError, ValueError):
        return False
    return any(f"socket:[{inode}]" in held for inode in inodes)


def _target(entry: Path) -> str:
    try:
        return os.readlink(entry)  # noqa: PTH115 -- Path.readlink would read socket:[1] as a path
    except OSError:
        return ""  # closed meanwhile
