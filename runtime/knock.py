"""Is anybody there? One TCP handshake, which tells how long the way is too: the kernel answers it, however busy the server is."""

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def knock(url: str, timeout_s: float) -> float:
    """Return the seconds that a handshake with the server of `url` took, without looking up its name. Raises OSError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    failed = OSError(f"no address for {host}")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with suppress(OSError), socket.socket(family, kind, protocol) as line:
            line.settimeout(timeout_s)
            began_s = time.monotonic()
            try:
                line.connect(address)
            except OSError as error:
                failed = error
                continue
            return time.monotonic() - began_s
    raise failed
