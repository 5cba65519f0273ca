"""Rain beside the levels, and what flows."""

from collections.abc import Sequence

from dashboards.boards.water_levels import NAMED, SITE
from dashboards.influxql.counters import growth
from dashboards.influxql.select import AUTO, Select, call, select
from dashboards.influxql.valid import IS_VALID
from dashboards.influxql.whose import OF_DEVICE
from dashboards.model.link import device_of_series, on_every_value
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.timeseries import timeseries
from dashboards.units import unit_of
from dashboards.words import Text

_MEASUREMENTS = ("weather", "water_level")
_COUNTER = Text(" (bộ đếm)", " (counter)")
_INTERVAL = Text(" (theo kỳ đo)", " (by interval)")


def counted_rain(measurement: str) -> Select:
    """Return the growth of the counter of rain in mm for each hour, of usable readings."""
    return growth("rain_total", measurement, (SITE, IS_VALID), OF_DEVICE, "1h")


def summed_rain(measurement: str) -> Select:
    """Return `rain` in mm for each hour: the sum of what was measured in it."""
    return select((call("sum", "rainfall"), "rain"), of=measurement, where=(SITE, IS_VALID), by=OF_DEVICE, every="1h", fill="none")


def _queries() -> Sequence[Query]:
    counted = [Query(counted_rain(measurement), alias=(NAMED, _COUNTER)) for measurement in _MEASUREMENTS]
    return [*counted, *(Query(summed_rain(measurement), alias=(NAMED, _INTERVAL)) for measurement in _MEASUREMENTS)]


RAIN = timeseries(
    "rain",
    Text("Mưa mỗi giờ", "Rain by the hour"),
    Text(
        "Lượng mưa trong từng giờ ở các trạm có máy đo mưa: theo mức tăng của bộ đếm, hoặc tổng các kỳ đo. Giờ cuối cùng chưa trọn.",
        "Rain in each hour at stations with a gauge: by the growth of its counter, or the sum of its intervals. The last hour is not over "
        "yet.",
    ),
    _queries(),
    unit=unit_of("weather", "rainfall"),
    decimals=1,
    empty=Text("không trạm nào có máy đo mưa báo về", "no station has a rain gauge that reports"),
    low=0,
    style={"drawStyle": "bars", "fillOpacity": 60},
    legend_calcs=("sum", "max"),
    overrides=(on_every_value(device_of_series()),),
    may_be_empty=True,
)


def _means(key: str, title: Text, description: Text, field: str, *, empty: Text, decimals: int | None = None) -> Panel:
    """Return the mean of a quantity of what flows, in rivers and in pipes."""
    return timeseries(
        key,
        title,
        description,
        [
            Query(select((call("mean", field), field), of=measurement, where=(SITE, IS_VALID), by=OF_DEVICE, every=AUTO), alias=NAMED)
            for measurement in ("water_level", "water_flow")
        ],
        unit=unit_of("water_level", field),
        decimals=decimals,
        empty=empty,
        is_from_zero=False,
        overrides=(on_every_value(device_of_series()),),
        may_be_empty=True,
    )


FLOW = _means(
    "flow",
    Text("Lưu lượng", "Flow"),
    Text(
        "Lưu lượng trung bình ở sông, kênh và trong ống có lưu lượng kế; số âm là chảy ngược (triều).",
        "Mean flow of rivers, canals and pipes with a flow meter; below 0 it runs backwards (tides).",
    ),
    "flow",
    empty=Text("không trạm nào có lưu lượng kế báo về", "no station has a flow meter that reports"),
)

VELOCITY = _means(
    "velocity",
    Text("Vận tốc dòng chảy", "Flow velocity"),
    Text(
        "Vận tốc trung bình của dòng chảy ở sông, kênh và trong ống; số âm là chảy ngược.",
        "Mean velocity of the flow in rivers, canals and pipes; below 0 it runs backwards.",
    ),
    "velocity",
    decimals=2,
    empty=Text("không trạm nào đo vận tốc", "no station measures velocity"),
)
