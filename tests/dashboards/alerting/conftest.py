"""A real InfluxDB for the statements of rules, one for all tests here."""

import re
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from dashboards.alerting.queries import Query, range_ms, tags_of
from dashboards.alerting.statements import VALUE, statement
from dashboards.alerting.states import Labels
from dashboards.influxql.expand import Span, duration_ms, expand
from quanho.demo.influxql import influxql
from quanho.demo.servers import Influxd, MissingServer
from telemetry.lineprotocol.encode import encode
from telemetry.point import Point

_NOW = re.compile(r"time > now\(\) - (\w+) AND time <= now\(\)")
_DATABASE = "rules"


@dataclass(frozen=True)
class RuleStore:
    """Asks a rule's statement as if it were `now_ms`."""

    url: str

    def write(self, points: Iterable[Point]) -> None:
        lines = b"\n".join(encode(point).rstrip(b"\n") for point in points)
        urllib.request.urlopen(f"{self.url}/write?db={_DATABASE}", data=lines).close()  # noqa: S310 (our own server)

    def answer(self, query: Query, now_ms: int, site: str, above: Mapping[str, float] | None = None) -> dict[Labels, float]:
        """Return the values by instance, of one site."""
        asked = statement(query, above)
        assert asked is not None
        text = expand(asked.text, Span(now_ms - range_ms(query), now_ms))
        text = _NOW.sub(lambda match: f"time > {now_ms - duration_ms(match[1])}ms AND time <= {now_ms}ms", text)
        rows = influxql(self.url, _DATABASE, text)
        return {
            tuple((tag, row[tag]) for tag in tags_of(query)): float(row[VALUE])
            for row in rows
            if row.get("site", site) == site and row[VALUE] is not None
        }


@pytest.fixture(scope="session")
def rule_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuleStore]:
    """A running InfluxDB 1.x with an empty database."""
    server = Influxd(tmp_path_factory.mktemp("rules") / "influxd")
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))  # .ci/run counts such a skip as a failure
    influxql(server.url, "", f"CREATE DATABASE {_DATABASE}")
    yield RuleStore(server.url)
    server.stop()
