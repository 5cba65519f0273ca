"""A real InfluxDB for the statements of rules, one for all tests here."""

import re
from collections.abc import Iterator, Mapping

import pytest

from dashboards.alerting.queries import Query, range_ms, tags_of
from dashboards.alerting.statements import VALUE, statement
from dashboards.alerting.states import Labels
from dashboards.influxql.expand import Span, duration_ms, expand
from quanho.demo.servers import Influxd
from tests.dashboards.influx_store import InfluxStore, rows

_NOW = re.compile(r"time > now\(\) - (\w+) AND time <= now\(\)")


class RuleStore(InfluxStore):
    """Asks a rule's statement as if it were `now_ms`."""

    def answer(self, query: Query, now_ms: int, site: str, above: Mapping[str, float] | None = None) -> dict[Labels, float]:
        """Return the values by instance, of one site."""
        asked = statement(query, above)
        assert asked is not None
        text = expand(asked.text, Span(now_ms - range_ms(query), now_ms))
        text = _NOW.sub(lambda match: f"time > {now_ms - duration_ms(match[1])}ms AND time <= {now_ms}ms", text)
        return {
            tuple((tag, row[tag]) for tag in tags_of(query)): float(row[VALUE])
            for row in rows(self.query(text))
            if row.get("site", site) == site and row[VALUE] is not None
        }


@pytest.fixture(scope="session")
def rule_store(influxd: Influxd) -> Iterator[RuleStore]:
    """An empty database."""
    store = RuleStore(influxd.url, "rules")
    yield store
    store.close()
