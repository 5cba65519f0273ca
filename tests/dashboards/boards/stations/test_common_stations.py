"""What a city's usual stations fill: every panel that may not be empty, by every query it has; and nothing where there are none."""

from collections.abc import Iterator
from datetime import date

import pytest

from dashboards.boards import air, surroundings
from dashboards.model.board import Board
from dashboards.model.panel import Panel
from runtime.influx import InfluxClient
from tests.dashboards.boards.stations.asking import DAY, HOUR, MINUTE, ask, line, write

pytestmark = pytest.mark.server

_DAY = date(2026, 3, 2)
_BEGIN = 40 * DAY
_PANELS = [pytest.param(board, panel, id=panel.key) for board in (air.on(_DAY), surroundings.on(_DAY)) for panel in board.panels]


@pytest.fixture(scope="module", autouse=True)
def stations(store: InfluxClient) -> None:
    """Write two hours of stations that measure what most do."""
    write(store, _readings())


def _readings() -> Iterator[str]:
    for number, at in enumerate(range(_BEGIN, _BEGIN + 2 * HOUR, MINUTE)):
        yield line("air", "air", at, site="usual", pm2_5=20, pm10=40, co2=420, temperature=28, humidity=70)
        yield line("noise", "noise", at, site="usual", laeq=60, lamax=70, la90=50)
        voltages = {"voltage_l1": 221, "voltage_l2": 222, "voltage_l3": 223}
        yield line("power", "meter", at, site="usual", **voltages, active_power=500, power_factor=0.9, energy=1000 + number)
        wind = {"wind_speed": 2, "wind_direction": 90}
        yield line("weather", "mast", at, site="usual", temperature=28, humidity=70, pressure=1010, solar_radiation=100, **wind)


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_every_query_of_a_panel_that_may_not_be_empty_finds_values(store: InfluxClient, board: Board, panel: Panel) -> None:
    for ref in range(len(panel.queries)):
        from_s = None if panel.time_from else _BEGIN - 22 * HOUR
        series = ask(store, board, panel.key, to_s=_BEGIN + 2 * HOUR, from_s=from_s, ref=ref, site="usual")
        values = [value for each in series for row in each.values for value in row[1:] if value is not None]
        assert values or panel.may_be_empty


@pytest.mark.parametrize(("board", "panel"), _PANELS)
def test_no_query_is_refused_or_finds_anything_where_there_is_no_station(store: InfluxClient, board: Board, panel: Panel) -> None:
    for ref in range(len(panel.queries)):
        from_s = None if panel.time_from else _BEGIN
        assert ask(store, board, panel.key, to_s=_BEGIN + HOUR, from_s=from_s, ref=ref, site="none") == []
