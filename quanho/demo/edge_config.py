"""The agent's config file of the demo: a real one, with comments, that `quanho edge check` accepts."""

import json
from pathlib import Path

from quanho.demo.devices import SITE

GATEWAY = "demo-gateway"

_HEAD = """\
# Config of the agent that `quanho demo` runs: a real one; copy from it. `quanho edge check --config FILE` explains it.

[gateway]
site = {site}             # a tag of every point
id = {gateway}             # unique in the province; also a tag
state_dir = {state_dir}
metrics_every_s = 5             # the agent reports its own health as measurement "gateway"
latitude = 21.1861              # where it stands: in the city of Bắc Ninh
longitude = 106.0763

[clock]
trust = "host"                  # this machine's clock is right as it is; a gateway in the field waits for NTP: trust = "kernel"

[spool]
batch_age_ms = 500              # a reading waits at most half a second before it is on the disk (and acknowledged)
quota_bytes = "64MiB"           # delivered segments stay as history until this room is needed

[uplink]
{uplink}
"""

_MQTT = """
[[source]]                      # {what}
id = "{id}"
kind = "mqtt"
{pace}host = "127.0.0.1"
port = {port}
topics = ["site/{{site}}/{id}/{{device}}"]    # the named levels become tags
[source.decoder]
kind = "json"
measurement = "{measurement}"
time = {{ path = "ts", format = "unix_ms" }}  # the device's own clock
{decoder}[source.normalise]
quality = 32                    # bit 32: simulated
{normalise}"""

_AIR = 'rename = { pm25 = "pm2_5" }'
_POWER_FIELDS = """\
fields.voltage_l1 = "u[0]"
fields.voltage_l2 = "u[1]"
fields.voltage_l3 = "u[2]"
fields.active_power = "p.kw"
fields.power_factor = "p.pf"
fields.energy = "kwh"
fields.frequency = "hz"
fields.current_l1 = "i[0]"
fields.current_l2 = "i[1]"
fields.current_l3 = "i[2]"
"""
_POWER_UNITS = 'units = { active_power = "kW", energy = "kWh" }    # stored in W and Wh'
_WEATHER_FIELDS = """\
fields.temperature = "t"
fields.humidity = "rh"
fields.pressure = "p"
fields.wind_speed = "ws"
fields.wind_direction = "wd"
fields.solar_radiation = "sr"
fields.wind_gust = "wg"
fields.rain_rate = "rr"
fields.rainfall = "rain"
fields.rain_total = "rt"
"""
_PROBE = 'rename = { do = "dissolved_oxygen", ntu = "turbidity", ec = "conductivity", t = "temperature" }'
_PUMP_PACE = """\
expect_every_s = 2.0            # silent for twice as long: the ledger tells of it
"""

_SERIAL = """
[[source]]                      # a dust sensor that sends a row of numbers
id = "dust"
kind = "serial"
port = {dust}
[source.decoder]
kind = "csv"
measurement = "air"
columns = ["pm1", "pm2_5", "pm10", "temperature", "humidity"]
[source.normalise]
tags = {{ device = "kiosk-01" }}
quality = 32

[[source]]                      # a water-level gauge that sends "WL=+248 BAT=12.61", the level in cm
id = "river"
kind = "serial"
port = {river}
priority = "high"               # floods first
[source.decoder]
kind = "regex"
measurement = "water_level"
patterns = ['^WL=(?P<level>[+-]?\\d+) BAT=(?P<battery>\\d+\\.\\d+)$']
[source.normalise]
tags = {{ device = "dap-cau" }}
units = {{ level = "cm" }}        # stored in m
quality = 32
"""

_BOARD = """
[[source]]                      # a real AVR: machine code in simavr that speaks the link (docs/sensors/link.md), acknowledged when durable
id = "board"
kind = "link"
port = {board}
device = "avr-01"
[source.normalise]
quality = 32
"""


def influx_uplink(url: str, database: str) -> str:
    """Return table [uplink] for an InfluxDB 1.x."""
    return f'kind = "influx"\nurl = {json.dumps(url)}\ndatabase = {json.dumps(database)}'


def file_uplink(folder: Path) -> str:
    """Return table [uplink] for daily files."""
    return f'kind = "file"                   # one .lp.gz a day\nfolder = {_quoted(folder)}'


def config_text(state_dir: Path, uplink: str, broker_port: int | None, dust: Path, river: Path, board: Path | None = None) -> str:
    """Return the file; without a broker only the serial sources are in it, and the board where there is one."""
    text = _HEAD.format(site=json.dumps(SITE), gateway=json.dumps(GATEWAY), state_dir=_quoted(state_dir), uplink=uplink)
    if broker_port is not None:
        text += _mqtt("air", "air stations", broker_port, normalise=_AIR)
        text += _mqtt("noise", "noise monitors", broker_port)
        text += _mqtt("power", "electricity meters, which nest what they send", broker_port, _POWER_FIELDS, _POWER_UNITS)
        text += _mqtt("weather", "weather masts, which use names of their own", broker_port, _WEATHER_FIELDS)
        text += _mqtt("water", "gauges at the rivers around", broker_port, measurement="water_level")
        text += _mqtt("probe", "a probe of water quality", broker_port, normalise=_PROBE, measurement="water_quality")
        text += _mqtt("pump", "a drainage pump that is silent now and then", broker_port, measurement="water_flow", pace=_PUMP_PACE)
    text += _SERIAL.format(dust=_quoted(dust), river=_quoted(river))
    return text + _BOARD.format(board=_quoted(board)) if board else text


def _mqtt(source: str, what: str, port: int, decoder: str = "", normalise: str = "", measurement: str = "", pace: str = "") -> str:
    return _MQTT.format(
        id=source,
        what=what,
        port=port,
        measurement=measurement or source,
        pace=pace,
        decoder=decoder,
        normalise=normalise + "\n" if normalise else "",
    )


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)
