"""Noise, power, weather: what stations measure besides air and water."""

from datetime import date

from dashboards.boards import legal
from dashboards.boards.noise import nights_shaded, noise_rows
from dashboards.boards.power import POWER_ROWS
from dashboards.boards.stations import site_variable
from dashboards.boards.weather import WEATHER_ROWS
from dashboards.house import REFRESH_SLOW
from dashboards.model.board import Board
from dashboards.words import Text


def on(day: date) -> Board:
    """Return the dashboard with the limits that are in force on a day."""
    return Board(
        "surroundings",
        Text("Tiếng ồn, điện, thời tiết", "Noise, power, weather"),
        Text(
            "Tiếng ồn so với giới hạn ngày và đêm, điện theo công tơ, thời tiết theo trạm.",
            "Noise against the limits of day and night, power by meter, weather by station.",
        ),
        (*noise_rows(day), *POWER_ROWS, *WEATHER_ROWS),
        (site_variable(),),
        annotations=(nights_shaded(day),),
        time_from="now-24h",
        refresh=REFRESH_SLOW,
    )


BOARD = on(legal.today())
