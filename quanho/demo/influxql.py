"""InfluxQL over plain HTTP, apart from the agent's client: the demo and the tests count with something they did not build."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from telemetry.errors import QuanhoError

Row = dict[str, Any]


class InfluxQLError(QuanhoError):
    """The server refused the statement; `reason` is what it said."""

    def __init__(self, query: str, reason: str) -> None:
        super().__init__(f"{query}: {reason}")
        self.reason = reason


def influxql(url: str, database: str, query: str, username: str = "", password: str = "", timeout_s: float = 30.0) -> list[Row]:
    """Run one statement and return its rows: columns (time in ns) and tags by name, the series' name as `name`.

    Raises InfluxQLError on a refused statement and OSError when the server cannot be reached.
    """
    form = urlencode({"db": database, "q": query, "epoch": "ns"}).encode()
    request = urllib.request.Request(f"{url}/query", data=form)  # noqa: S310 -- our own server
    if username:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as reply:  # noqa: S310
            answer = json.load(reply)
    except urllib.error.HTTPError as error:
        with error:
            raise InfluxQLError(query, f"HTTP {error.code}: {error.read(2000).decode(errors='replace')}") from None
    return [row for result in answer["results"] for row in _rows(query, result)]


def answers_ping(url: str) -> bool:
    """Tell whether an InfluxDB answers at `url`."""
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=5) as reply:  # noqa: S310 -- our own server
            return bool(reply.status == 204)
    except OSError:
        return False


def _rows(query: str, result: dict[str, Any]) -> list[Row]:
    if "error" in result:  # a semantic error comes with HTTP 200
        raise InfluxQLError(query, result["error"])
    return [
        {"name": series["name"], **series.get("tags", {}), **dict(zip(series["columns"], values, strict=True))}
        for series in result.get("series", [])
        for values in series.get("values", [])
    ]
