"""What a street in Bắc Ninh measures through a day in October, as functions of the hour (0 to 24). Pure.

Traffic has a morning and an evening peak; noise, dust and carbon dioxide follow it. The sun drives temperature, humidity and
radiation. The river rises and falls slowly. `level` between -1 and 1 says how a place differs from its street, `jitter` draws
the sensor's noise. Units as in telemetry/catalogue, except where a comment says what the device sends.
"""

from collections.abc import Callable
from math import cos, exp, log10, pi, sin

Jitter = Callable[[float], float]  # standard deviation to a random amount around zero
Values = dict[str, float]


def bump(hour: float, centre: float, width: float) -> float:
    """Return a bell of height 1 around `centre`, the same from day to day."""
    apart = (hour - centre + 12.0) % 24.0 - 12.0
    return exp(-0.5 * (apart / width) ** 2)


def traffic(hour: float) -> float:
    """Return how full the street is, from about 0.05 at night to about 1 in the rush hours."""
    peaks = bump(hour, 7.1, 1.0) + 0.45 * bump(hour, 11.6, 1.5) + 0.95 * bump(hour, 17.5, 1.3) + 0.35 * bump(hour, 20.5, 1.5)
    return 0.05 + 0.95 * min(1.0, peaks)


def sun(hour: float) -> float:
    """Return the sun's share of its noon strength; it is up from about 5:45 to 17:30."""
    return max(0.0, sin(pi * (hour - 5.75) / 11.75))


def temperature(hour: float) -> float:
    """Return °C: 22 before dawn, 29 in the early afternoon."""
    return 25.4 + 3.6 * cos((hour - 14.0) / 24.0 * 2.0 * pi)


def humidity(hour: float) -> float:
    """Return % relative humidity, high when it is cool."""
    return 78.0 - 16.0 * cos((hour - 14.0) / 24.0 * 2.0 * pi)


def air(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what an air station measures."""
    still = bump(hour, 5.5, 2.5)  # the air hardly moves before sunrise
    pm2_5 = max(3.0, 24.0 + 38.0 * traffic(hour) + 14.0 * still + 9.0 * level + jitter(1.5))
    return {
        "pm2_5": round(pm2_5, 1),
        "pm10": round(pm2_5 * 1.55 + 6.0 + abs(jitter(2.0)), 1),
        "co2": round(418.0 + 75.0 * traffic(hour) + 12.0 * level + jitter(2.0)),
        "temperature": round(temperature(hour) + 0.6 * level + jitter(0.08), 1),
        "humidity": round(min(99.0, humidity(hour) + jitter(0.4)), 1),
    }


def air_with_gases(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what a full air station measures: gases in ug/m3, ozone when the sun is up, the others with the traffic."""
    return {
        **air(hour, level, jitter),
        "no2": round(max(1.0, 14.0 + 62.0 * traffic(hour) + jitter(2.0)), 1),
        "so2": round(max(1.0, 9.0 + 6.0 * traffic(hour) + jitter(0.6)), 1),
        "o3": round(max(2.0, 12.0 + 105.0 * sun(hour) + jitter(2.0)), 1),
        "co": round(max(50.0, 480.0 + 1500.0 * traffic(hour) + jitter(25.0))),
    }


def dust(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what a small dust sensor measures."""
    values = air(hour, level, jitter)
    pm2_5 = values["pm2_5"]
    return {
        "pm1": round(pm2_5 * 0.68, 1),
        "pm2_5": pm2_5,
        "pm10": values["pm10"],
        "temperature": values["temperature"],
        "humidity": values["humidity"],
    }


def noise(hour: float, level: float, jitter: Jitter) -> Values:
    """Return sound levels: about 52 dB(A) at night, above 70 in the rush hours."""
    laeq = 65.0 + 10.0 * log10(traffic(hour) * 4.0) + 2.0 * level + jitter(0.7)
    return {"laeq": round(laeq, 1), "lamax": round(laeq + 7.0 + abs(jitter(3.0)), 1), "la90": round(laeq - 6.5 + jitter(0.4), 1)}


def power(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what a meter of street lamps and shops sends: `kw` in kW, three voltages that sag under load."""
    lamps = 5.2 if not 5.6 <= hour < 17.7 else 0.0
    shops = 6.0 * (1.0 + 0.3 * level) * (bump(hour, 11.0, 2.5) + 1.3 * bump(hour, 19.5, 2.2))
    load = 1.4 + lamps + shops + abs(jitter(0.15))
    volts = [round(226.0 - 0.45 * load + 1.1 * phase + jitter(0.4), 1) for phase in (0, 1, -1)]
    factor = 0.94 - 0.02 * abs(level)
    amperes = [round(load * 1000.0 / 3.0 / volt / factor, 2) for volt in volts]
    return {
        **{f"u{phase}": volt for phase, volt in enumerate(volts, 1)},
        **{f"i{phase}": ampere for phase, ampere in enumerate(amperes, 1)},
        "kw": round(load, 3),
        "pf": round(factor, 3),
        "hz": round(50.0 + jitter(0.02), 2),
    }


def weather(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what a weather mast sends: temperature, humidity, pressure, wind with its gusts, radiation, and rain in mm/h."""
    wind = max(0.0, 1.1 + 1.9 * sun(hour) + 0.3 * level + jitter(0.25))
    return {
        "t": round(temperature(hour) + jitter(0.05), 1),
        "rh": round(min(99.0, humidity(hour) + jitter(0.3)), 1),
        "p": round(1012.4 + 1.3 * cos((hour - 9.5) / 12.0 * 2.0 * pi) + jitter(0.05), 1),  # twice-daily tide of the air
        "ws": round(wind, 1),
        "wg": round(1.4 * wind + 0.3 + abs(jitter(0.5)), 1),
        "wd": round(115.0 + 20.0 * level + jitter(9.0)) % 360,
        "sr": round(720.0 * sun(hour) * (1.0 - abs(jitter(0.03)))),
        "rr": round(max(0.0, 22.0 * bump(hour, 16.4, 0.7) - 1.0 + jitter(0.4)) if bump(hour, 16.4, 0.7) > 0.05 else 0.0, 1),  # a shower
    }


def river(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what the gauge at the river sends: `cm` above the datum, around 2.5 m, and its battery in V."""
    wave = 18.0 * sin(hour / 24.0 * 2.0 * pi) + 6.0 * sin(hour / 6.0 * 2.0 * pi)
    return {"cm": round(248.0 + wave + 4.0 * level + jitter(0.6)), "battery": round(12.5 + 0.9 * sun(hour) + jitter(0.01), 2)}


def gauge(hour: float, level: float, jitter: Jitter) -> Values:
    """Return the stage of a river in m, near 2.3 m and higher where `level` is; where that is 1, a wave comes down from the hills."""
    wave = 2.6 * bump(hour, 7.5, 3.2) if level >= 1.0 else 0.1 * sin(hour / 12.0 * 2.0 * pi)
    return {"level": round(2.3 + 0.3 * level + wave + jitter(0.006), 3), "battery": round(12.6 + 0.8 * sun(hour) + jitter(0.01), 2)}


def probe(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what a probe in a small river below craft villages measures: little oxygen, more of it when the sun is up."""
    return {
        "ph": round(7.2 + 0.25 * sun(hour) + 0.1 * level + jitter(0.02), 2),
        "do": round(max(0.1, 2.6 + 2.4 * sun(hour) + jitter(0.08)), 2),
        "ntu": round(max(1.0, 46.0 + 30.0 * bump(hour, 17.5, 1.5) + jitter(1.5)), 1),
        "ec": round(690.0 + 90.0 * traffic(hour) + jitter(4.0)),
        "t": round(24.6 + 1.3 * cos((hour - 16.0) / 24.0 * 2.0 * pi) + jitter(0.03), 2),
    }


def pump(hour: float, level: float, jitter: Jitter) -> Values:
    """Return what the flow meter of a drainage pump sends, in m3/s."""
    return {"flow": round(0.32 + 0.1 * level + 0.4 * bump(hour, 17.2, 1.2) + jitter(0.004), 3)}
