"""How high the water stands against the alarm levels of its station, in the words of the bulletins: "trên BĐ1 0,25 m".

Alarm levels differ from station to station, and InfluxQL has no choice between values: so each station has a statement for each band, of
which one finds the last level. A station is told by its tag `device` (rules/limits/rivers.toml); what is not in that table, or has no
levels in it, is shown as a station without alarm levels, and is compared with nothing.
"""

from collections.abc import Iterator, Sequence

from dashboards.house import BLUE, GREY, ORANGE, RED, YELLOW
from dashboards.influxql.select import Select, call, equals, name, select
from dashboards.influxql.united import constant
from dashboards.influxql.valid import IS_VALID
from dashboards.influxql.whose import OF_DEVICE
from dashboards.panels.mappings import Shown
from dashboards.words import Text, same
from rules.limits import Station, stations

UNKNOWN, BELOW = -1, 0

# The colours are the house's: no decision prescribes colours of alarm levels.
ALARMS: dict[int, Shown] = {
    UNKNOWN: (Text("chưa có mức báo động", "no alarm level known"), GREY),
    BELOW: (Text("dưới BĐ1", "below alarm I"), BLUE),
    1: (Text("trên BĐ1", "above alarm I"), YELLOW),
    2: (Text("trên BĐ2", "above alarm II"), ORANGE),
    3: (Text("trên BĐ3", "above alarm III"), RED),
}


def with_alarms() -> tuple[Station, ...]:
    """Return the stations with at least one alarm level."""
    return tuple(station for station in stations() if _known(station))


def names() -> dict[int, Shown]:
    """Return what the number in column `station` stands for."""
    return {number: same(f"{station.name} (s. {station.river})") for number, station in enumerate(stations(), 1)}


COLUMNS = ("level", "alarm", "above", "station")


def against_alarms(where: Sequence[str] = (), columns: Sequence[str] = COLUMNS) -> Select:
    """Return a row for each device at the time of its last usable level: `level`, `alarm` (the greatest that is reached, BELOW, or
    UNKNOWN), `above` (metres above that alarm, or below the first: less than 0), `station` (its number in names(), null for others).
    """
    parts = [*(part for station in with_alarms() for part in _bands(station, where)), _others(where)]
    return select(*map(name, columns), of=parts, by=OF_DEVICE)


def _known(station: Station) -> list[tuple[int, float]]:
    return [(number, level) for number, level in enumerate(station.levels, 1) if level is not None]


def _bands(station: Station, where: Sequence[str]) -> Iterator[Select]:
    known = _known(station)
    last = _last((equals("device", station.device), *where))
    number = stations().index(station) + 1
    below = (BELOW, known[0][1], None, known[0][1])
    reached = [(alarm, level, level, known[index + 1][1] if index + 1 < len(known) else None) for index, (alarm, level) in enumerate(known)]
    for alarm, reference, low, high in (below, *reached):
        bounds = [f'"level" >= {low}'] if low is not None else []
        bounds += [f'"level" < {high}'] if high is not None else []
        yield select(
            '"level"',
            (constant('"level"', alarm), "alarm"),
            (f'"level" - {reference}', "above"),
            (constant('"level"', number), "station"),
            of=last,
            where=bounds,
            by=OF_DEVICE,
        )


def _others(where: Sequence[str]) -> Select:
    known = "|".join(station.device for station in with_alarms())
    last = _last((f"{name('device')} !~ /^({known})$/", *where))
    return select('"level"', (constant('"level"', UNKNOWN), "alarm"), of=last, by=OF_DEVICE)


def _last(where: Sequence[str]) -> Select:
    return select((call("last", "level"), "level"), of="water_level", where=(*where, IS_VALID), by=OF_DEVICE)
