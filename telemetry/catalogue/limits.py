"""When a value is not to be believed although it is in range: limits by field, and by measurement where a field lives slower there. A
config may say otherwise.

They are wide on purpose: a mark that is often wrong is a mark that nobody reads. Weather follows what WMO's guidelines for automatic
stations allow within a minute (CBS/OPAG-IOS ET AWS-1, Doc. 9(2): 3 K, 10 % relative humidity), widened by what boxes in the sun and cheap
sensors do; warm-up times are those of the data sheets named.
"""

import math
import re
from typing import NamedTuple


class Limits(NamedTuple):
    """Seconds, and the field's own unit.

    `warm_up_s`: after the sensor got power, its values drift. `flat_s`: exactly one value for so long, over ten readings at least, is
    a sensor that is stuck, unless it is one of `rests`, at which the world itself stands still (no rain, calm, night). `jump` and
    `jump_per_s`: the most that two readings may differ is jump + jump_per_s × the seconds between them. `expires_s`: what was
    measured longer ago says nothing of now.
    """

    warm_up_s: float = 0.0
    flat_s: float = math.inf
    rests: tuple[float, ...] = ()
    jump: float = math.inf
    jump_per_s: float = 0.0
    expires_s: float = 3600.0

    @property
    def marks(self) -> bool:
        """Whether any reading could be marked."""
        return self.warm_up_s > 0 or self.flat_s < math.inf or self.jump < math.inf


ANY = Limits()
HOUR_S = 3600.0

_DAY_S = 24 * HOUR_S
_DUST = Limits(warm_up_s=30, flat_s=6 * HOUR_S, rests=(0.0, 1.0), jump=400, jump_per_s=20)  # PMS5003, SDS011, SPS30: 30 s; 0 is clean
_GAS = Limits(warm_up_s=180, flat_s=_DAY_S, rests=(0.0,))  # Winsen ZE series: 3 min; electrochemical cells rest at 0
_VOC = Limits(warm_up_s=60, flat_s=_DAY_S, rests=(0.0, 1.0))  # Sensirion SGP40: no index in its first minute
_LEVEL = Limits(flat_s=2 * _DAY_S, rests=(0.0,), jump=0.5, jump_per_s=0.002)  # waves and boats; flash floods rise by metres in an hour
_LIGHT = Limits(flat_s=16 * HOUR_S, rests=(0.0,))  # a night, of which not every sensor says 0: street lamps, offsets of 1 W/m2

LIMITS = {
    "temperature": Limits(flat_s=6 * HOUR_S, jump=5, jump_per_s=0.05),
    "dew_point": Limits(flat_s=6 * HOUR_S, jump=5, jump_per_s=0.05),
    "humidity": Limits(flat_s=6 * HOUR_S, rests=(99.9, 100.0), jump=20, jump_per_s=0.2),  # fog holds a sensor at its end for days
    "pressure": Limits(flat_s=6 * HOUR_S, jump=3, jump_per_s=0.03),
    **dict.fromkeys(("pm1", "pm2_5", "pm4", "pm10"), _DUST),
    "co2": Limits(warm_up_s=180, flat_s=6 * HOUR_S, rests=(400.0, 410.0), jump=2000, jump_per_s=50),  # MH-Z19B: 3 min; its floor
    **dict.fromkeys(("co", "no", "no2", "o3", "so2", "h2s", "nh3"), _GAS),
    **dict.fromkeys(("tvoc", "voc_index"), _VOC),
    "wind_speed": Limits(flat_s=6 * HOUR_S, rests=(0.0,), jump=20, jump_per_s=0.3),  # WMO: 20 m/s within a minute
    "wind_gust": Limits(flat_s=6 * HOUR_S, rests=(0.0,), jump=30, jump_per_s=0.3),
    "wind_direction": Limits(flat_s=_DAY_S),  # no jump: it is a circle
    **dict.fromkeys(("solar_radiation", "illuminance"), _LIGHT),
    **dict.fromkeys(("level", "distance", "depth"), _LEVEL),
    "water_temperature": Limits(flat_s=_DAY_S, jump=3, jump_per_s=0.02),
    "laeq": Limits(flat_s=HOUR_S),
    "voltage": Limits(flat_s=6 * HOUR_S, rests=(0.0,)),  # a grid never stands still for so long, a dead phase does
}

_OF_MEASUREMENT = {
    ("soil", "temperature"): LIMITS["temperature"]._replace(flat_s=7 * _DAY_S),  # a metre down no day is felt
    ("water_quality", "temperature"): LIMITS["water_temperature"],
    ("ups", "temperature"): LIMITS["temperature"]._replace(flat_s=math.inf),  # whole degrees, in a cooled room
}

_PHASE = re.compile(r"_l[123]$")


def limits_of(measurement: str, field: str) -> Limits:
    """Return the limits of a field, those of `voltage` for `voltage_l1`; ANY where none are known."""
    return _OF_MEASUREMENT.get((measurement, field)) or LIMITS.get(field) or LIMITS.get(_PHASE.sub("", field), ANY)
