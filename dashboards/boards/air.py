"""Air: stations now, dust, means against the limits of QCVN 05:2023/BTNMT, gases, pattern of the hours, quality of the readings.

No VN_AQI is shown. Its hourly value is made of NowCast, a mean of 12 hours whose weights depend on their own smallest and largest value
(Decision 1459/QĐ-TCMT): no InfluxQL statement works that out, and the index of a plain mean is not the index.
"""

from datetime import date

from dashboards.boards import legal
from dashboards.boards.air_course import COMFORT_ROWS, DUST_ROWS, PARTICLE_ROWS, PATTERN_ROWS
from dashboards.boards.air_limits import limit_rows
from dashboards.boards.air_now import NOW_ROWS, QUALITY_ROWS
from dashboards.boards.stations import site_variable
from dashboards.house import REFRESH_SLOW
from dashboards.model.board import Board
from dashboards.words import Text


def on(day: date) -> Board:
    """Return the dashboard with the limits that are in force on a day: `BOARD` has those of the day it is built."""
    return Board(
        "air",
        Text("Không khí", "Air"),
        Text(
            "Các trạm không khí: hiện tại, diễn biến, trung bình so với giới hạn của quy chuẩn, chất lượng số đo. Không có chỉ số VN_AQI: "
            "nó cần giá trị NowCast, không tính được ở đây.",
            "Air stations: now, course, means against the limits of the regulation, quality of the readings. There is no VN_AQI: it needs "
            "NowCast values, which cannot be worked out here.",
        ),
        (*NOW_ROWS, *DUST_ROWS, *limit_rows(day), *PATTERN_ROWS, *COMFORT_ROWS, *PARTICLE_ROWS, *QUALITY_ROWS),
        (site_variable("air"),),
        time_from="now-24h",
        refresh=REFRESH_SLOW,
    )


BOARD = on(legal.today())
