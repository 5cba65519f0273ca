"""A real InfluxDB 1.x with a database for each test, asked by the queries of rendered panels as Grafana would send them."""

from collections.abc import Mapping
from itertools import count

from dashboards.boards import board
from dashboards.influxql.expand import Span, expand
from dashboards.model.json import Json
from runtime.influx_series import Series
from telemetry.point import FieldValue, Point
from tests.dashboards.influx_store import InfluxStore

BEGIN_S = 1_700_000_000  # 2023-11-14 22:13:20 UTC
HOUR = Span(BEGIN_S * 1000, (BEGIN_S + 3600) * 1000)
EVERYTHING: Mapping[str, str] = {"site": ".*", "gateway": ".*", "device": ".*"}
_names = count()


def ns(second: float) -> int:
    """Return a second after the beginning as ns since 1970."""
    return BEGIN_S * 1_000_000_000 + round(second * 1_000_000_000)


def ms(second: float) -> float:
    """Return a second after the beginning as ms since 1970."""
    return ns(second) / 1_000_000


def point(measurement: str, device: str, at_s: float, fields: Mapping[str, FieldValue], gateway: str = "g1") -> Point:
    """Return a point of a device at site s1; quality is 0 unless told."""
    return Point(measurement, {"site": "s1", "gateway": gateway, "device": device}, {"quality": 0, **fields}, ns(at_s))


class AskedStore(InfluxStore):
    """One database, new for each."""

    def __init__(self, url: str) -> None:
        super().__init__(url, f"t{next(_names)}")

    def ask(self, statement: str, span: Span = HOUR, variables: Mapping[str, str] = EVERYTHING, least: str = "") -> list[Series]:
        return self.query(expand(statement, span, dict(variables), least))

    def panel(self, of: str, key: str, target: int = 0, span: Span = HOUR, variables: Mapping[str, str] = EVERYTHING) -> list[Series]:
        """Return the answer to one query of a panel, by the panel's key."""
        panel = rendered(of, key)
        return self.ask(panel["targets"][target]["query"], span, variables, panel.get("interval", ""))


def rendered(of: str, key: str) -> Json:
    """Return a panel's JSON in English."""
    wanted = next(each.id for each in board(of).panels if each.key == key)
    found: Json = next(panel for panel in board(of).render("en")["panels"] if panel["id"] == wanted)
    return found
