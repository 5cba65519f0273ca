"""Weather: temperature, humidity, pressure, wind with gusts and direction, rain, radiation."""

from collections.abc import Mapping
from typing import Any

from dashboards.boards.stations import AT_SITE, BY, COURSE, NOTHING, STATION, last_readings
from dashboards.influxql.counters import growth
from dashboards.influxql.directions import mean_direction
from dashboards.influxql.means import course
from dashboards.influxql.select import AUTO, Select
from dashboards.model.grid import Row
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text

_NOT_MEASURED = Text("chưa có trạm nào đo đại lượng này", "no station measures this quantity")
_RAIN_BARS = {"drawStyle": "bars", "fillOpacity": 60}


def _curve(
    field: str,
    title: Text,
    description: Text = COURSE,
    *,
    asked: Select | None = None,
    style: Mapping[str, Any] | None = None,
    high: float | None = None,
    may_be_empty: bool = False,
) -> Panel:
    return timeseries(
        f"weather-{field}",
        title,
        description,
        [Query(asked or course(field, "weather", AT_SITE, BY), alias=STATION)],
        unit=unit_of("weather", field),
        empty=_NOT_MEASURED if may_be_empty else NOTHING,
        decimals=1,
        style=style,
        high=high,
        may_be_empty=may_be_empty,
    )


_LAST = last_readings(
    "weather-now",
    Text("Thời tiết hiện tại theo trạm", "Weather now, by station"),
    Text(
        "Số đo cuối cùng trong 7 ngày của từng trạm, cách đây bao lâu và dấu chất lượng của nó. "
        "Hướng gió là hướng từ đó gió thổi tới: 0° là gió bắc, 90° là gió đông.",
        "The last reading within 7 days of each station, how long ago it was, and its quality marks. "
        "Wind comes from its direction: 0° north, 90° east.",
    ),
    "weather",
    ("temperature", "humidity", "pressure", "wind_speed", "wind_direction", "wind_gust", "rain_rate", "solar_radiation"),
)
_TEMPERATURE = _curve("temperature", Text("Nhiệt độ không khí", "Air temperature"), style={"axisSoftMin": 20})
_HUMIDITY = _curve("humidity", Text("Độ ẩm", "Humidity"), high=100)
_PRESSURE = _curve(
    "pressure",
    Text("Khí áp tại trạm", "Station pressure"),
    Text(
        "Chưa quy về mực nước biển: trạm ở cao đo thấp hơn. Giảm nhanh trong vài giờ báo bão hoặc dông.",
        "Not reduced to sea level: a station high up reads less. A quick fall within hours heralds a storm.",
    ),
    style={"axisSoftMin": 1000, "axisSoftMax": 1020},
)
_SPEED = _curve("wind_speed", Text("Tốc độ gió", "Wind speed"))
_GUST = _curve(
    "wind_gust",
    Text("Gió giật", "Gusts"),
    Text("Giật mạnh nhất trong từng bước của đồ thị.", "The strongest gust in each step of the graph."),
    asked=course("wind_gust", "weather", AT_SITE, BY, "max"),
    may_be_empty=True,
)
_DIRECTION = _curve(
    "wind_direction",
    Text("Hướng gió", "Wind direction"),
    Text(
        "Hướng từ đó gió thổi tới: 0° bắc, 90° đông, 180° nam, 270° tây. Trung bình véc-tơ của từng bước: 350° và 10° cho "
        "0°, không phải 180°. "
        "Khi lặng gió, hướng không có nghĩa.",
        "Where the wind comes from: 0° north, 90° east, 180° south, 270° west. Mean of vectors of each step: 350° and 10° make 0°, not "
        "180°. In calm air the direction means nothing.",
    ),
    asked=mean_direction("wind_direction", "weather", AT_SITE, BY, AUTO),
    style={"drawStyle": "points", "pointSize": 4, "showPoints": "always"},
    high=360,
)
_RAIN_COUNTED = _curve(
    "rain_total",
    Text("Mưa từng giờ (máy đếm)", "Rain by the hour (counters)"),
    Text(
        "Lượng mưa theo số đếm cộng dồn của máy đo; máy khởi động lại không làm mất phần đã đếm. Cột cuối tính đến lúc này.",
        "Rain by the counters of gauges; a gauge that starts again takes nothing away. The last bar is so far.",
    ),
    asked=growth("rain_total", "weather", AT_SITE, BY, "1h"),
    style=_RAIN_BARS,
    may_be_empty=True,
)
_RAIN_OF_INTERVALS = _curve(
    "rainfall",
    Text("Mưa từng giờ (theo kỳ đo)", "Rain by the hour (of intervals)"),
    Text(
        "Tổng lượng mưa của các kỳ đo trong giờ, với trạm gửi lượng mưa của từng kỳ. Cột cuối tính đến lúc này.",
        "The sum of what stations report for each interval, where they report that. The last bar is so far.",
    ),
    asked=course("rainfall", "weather", AT_SITE, BY, "sum", "1h"),
    style=_RAIN_BARS,
    may_be_empty=True,
)
_RADIATION = _curve("solar_radiation", Text("Bức xạ mặt trời", "Solar radiation"))

WEATHER_ROWS = (
    Row(8, ((24, _LAST),), Text("Thời tiết", "Weather")),
    Row(8, ((8, _TEMPERATURE), (8, _HUMIDITY), (8, _PRESSURE))),
    Row(8, ((8, _SPEED), (8, _GUST), (8, _DIRECTION))),
    Row(7, ((8, _RAIN_COUNTED), (8, _RAIN_OF_INTERVALS), (8, _RADIATION))),
)
