"""The load that every benchmark uses: a street of 1,000 simulated air stations at 50 sites, the same bytes on every machine.

Each message comes from a device drawn evenly (seed 20), on topic `site/sNN/air/dNNNN`; device n stands at site n mod 50. The
payload is JSON as `json.dumps` writes it, 104 to 106 bytes, with four numbers in the digits that Tasmota and ESPHome send:

    {"air_temperature_c": 28.4, "relative_humidity": 71.2, "station_pressure_hpa": 1008.6, "pm2_5_ug_m3": 35}

Each number of each device is a random walk: it starts evenly drawn from its range and takes a normally distributed step a
message, thrown back at the ends of the range:

    air temperature    22 to 36 °C         step 0.1     one decimal
    relative humidity  45 to 98 %          step 0.5     one decimal
    station pressure   1,002 to 1,018 hPa  step 0.15    one decimal
    PM2.5              4 to 140 ug/m3      step 2       whole numbers
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

SEED = 20
DEVICES = 1_000
SITES = 50
TOPIC_FILTER = "site/{site}/air/{device}"

DECODER = """\
  [source.decoder]
  kind = "json"
  measurement = "air"
    [source.decoder.fields]
    temperature = "air_temperature_c"
    humidity = "relative_humidity"
    pressure = "station_pressure_hpa"
    pm2_5 = "pm2_5_ug_m3"
"""


@dataclass(frozen=True, slots=True)
class _Walk:
    name: str
    low: float
    high: float
    step: float
    decimals: int


_WALKS = (
    _Walk("air_temperature_c", 22.0, 36.0, 0.1, 1),
    _Walk("relative_humidity", 45.0, 98.0, 0.5, 1),
    _Walk("station_pressure_hpa", 1002.0, 1018.0, 0.15, 1),
    _Walk("pm2_5_ug_m3", 4.0, 140.0, 2.0, 0),
)


def messages(count: int, extra_decimals: int = 0, seed: int = SEED) -> Iterator[tuple[str, bytes]]:
    """Yield `count` messages as (topic, payload); `extra_decimals` more digits show what finer sensors would cost."""
    random = Random(seed)
    values = [[random.uniform(walk.low, walk.high) for walk in _WALKS] for _ in range(DEVICES)]
    topics = [f"site/s{device % SITES:02d}/air/d{device:04d}" for device in range(DEVICES)]
    template = ", ".join(f'"{walk.name}": %.{walk.decimals + extra_decimals}f' for walk in _WALKS)
    for _ in range(count):
        device = random.randrange(DEVICES)
        state = values[device]
        for at, walk in enumerate(_WALKS):
            state[at] = _thrown_back(state[at] + random.gauss(0.0, walk.step), walk)
        yield topics[device], b"{%s}" % (template % tuple(state)).encode()


def _thrown_back(value: float, walk: _Walk) -> float:
    if value < walk.low:
        return 2 * walk.low - value
    return 2 * walk.high - value if value > walk.high else value
