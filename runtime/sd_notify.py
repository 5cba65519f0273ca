"""Telling systemd how we are: readiness, stopping, and the beat of its watchdog (sd_notify(3), sd_watchdog_enabled(3)).

A state is one datagram to the Unix socket named by NOTIFY_SOCKET; a leading @ names the abstract namespace. Without that
variable nothing is sent, so a program run by hand behaves the same.
"""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"
WATCHDOG = "WATCHDOG=1"


def notify(*states: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send `states` to systemd; tell whether anybody was there to take them. Never blocks, never raises."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(0.0)
        sender.sendto("\n".join(states).encode(), address)
        return True
    return False


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Return the seconds within which systemd wants a WATCHDOG beat of this process, or None."""
    usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", str(os.getpid()))
    if not usec.isdecimal() or int(usec) == 0 or pid != str(os.getpid()):
        return None
    return int(usec) / 1e6
