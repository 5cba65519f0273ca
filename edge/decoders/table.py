"""Every decoder by the name a config gives it. A new one is one file (or folder) and one row here; it is imported when used.

Each module has `Options` (a frozen pydantic model) and `build(options: Options) -> Decoder`; perhaps also
`recognise(topic: str, payload: bytes) -> str`, which says in a few words why a message looks like this decoder's ("" if it does not).
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NamedTuple, cast

from pydantic import BaseModel, ValidationError

from edge.decoders.decoder import Decoder
from runtime.config_problems import problems_of
from telemetry.errors import ConfigError, Problem
from telemetry.nearest import instead_of

Recognise = Callable[[str, bytes], str]


class Row(NamedTuple):
    """Where a decoder is, and what it is for, in the languages of technicians."""

    module: str
    vi: str
    en: str


DECODERS = {
    "json": Row("edge.decoders.json_mapping", "JSON bất kỳ, theo bảng ánh xạ", "any JSON, by a mapping of paths"),
    "csv": Row("edge.decoders.text_lines.csv", "dòng CSV", "CSV lines"),
    "senml": Row("edge.decoders.senml", "SenML (RFC 8428), JSON hoặc CBOR", "SenML (RFC 8428), JSON or CBOR"),
    "sparkplug": Row(
        "edge.decoders.sparkplug", "Sparkplug B, giao thức công nghiệp trên MQTT", "Sparkplug B, industrial edge nodes over MQTT"
    ),
    "modbus": Row("edge.decoders.modbus", "Modbus RTU và TCP, hỏi hoặc nghe lén trên dây", "Modbus RTU and TCP, polled or overheard"),
    "modbus_sniff": Row(
        "edge.decoders.modbus", "như modbus, cho đường dây do máy khác hỏi", "the same, for a line that another master polls"
    ),
    "regex": Row("edge.decoders.text_lines.regex", "dòng chữ, theo biểu thức chính quy", "lines of text, by regular expressions"),
    "nmea": Row("edge.decoders.nmea", "NMEA 0183: GPS/GNSS, gió, thời tiết, mực nước", "NMEA 0183: GNSS, wind, weather, water"),
    "ais": Row("edge.decoders.ais", "tàu thuyền qua AIS (câu AIVDM/AIVDO)", "ships by AIS (AIVDM/AIVDO sentences)"),
    "plantower": Row("edge.decoders.plantower", "Plantower PMS (bụi): 1003, 3003, 5003, 7003, A003", "Plantower PMS dust sensors"),
    "sds011": Row("edge.decoders.sds011", "Nova SDS011, SDS018, SDS021, SDS198 (bụi)", "Nova SDS011, SDS018, SDS021, SDS198 dust sensors"),
    "hpma115": Row("edge.decoders.hpma115", "Honeywell HPMA115 (bụi)", "Honeywell HPMA115 (particulate matter)"),
    "sps30": Row("edge.decoders.sps30", "Sensirion SPS30 (bụi)", "Sensirion SPS30 (particulate matter)"),
    "mhz19": Row("edge.decoders.mhz19", "Winsen MH-Z19, MH-Z14, MH-Z16 (khí CO2)", "Winsen MH-Z19, MH-Z14, MH-Z16 (CO2)"),
    "ze": Row("edge.decoders.ze", "Winsen ZE (khí) và ZH (bụi)", "Winsen ZE (gases) and ZH (particulate matter)"),
    "mcu680": Row("edge.decoders.mcu680", "mạch GY-MCU680 với BME680", "GY-MCU680 boards with a BME680"),
    "chirpstack": Row("edge.decoders.lorawan.chirpstack", "LoRaWAN qua ChirpStack v4 và v3", "LoRaWAN events of ChirpStack v4 and v3"),
    "ttn": Row("edge.decoders.lorawan.ttn", "LoRaWAN qua The Things Stack v3", "LoRaWAN uplinks of The Things Stack v3"),
    "loriot": Row("edge.decoders.lorawan.loriot", "LoRaWAN qua LORIOT", "LoRaWAN uplinks of LORIOT"),
    "airrohr": Row("edge.decoders.airrohr", "bộ đo không khí airRohr (Sensor.Community)", "airRohr air sensors (Sensor.Community)"),
    "esphome": Row("edge.decoders.esphome", "thiết bị ESPHome", "ESPHome devices, with or without their discovery"),
    "frigate": Row("edge.decoders.frigate", "camera qua Frigate: số đếm và sự kiện", "cameras by Frigate: counts and events"),
    "ha_discovery": Row(
        "edge.decoders.ha_discovery", "thiết bị tự khai báo cho Home Assistant", "devices that describe themselves to Home Assistant"
    ),
    "shelly": Row("edge.decoders.shelly", "thiết bị Shelly mọi thế hệ", "Shelly devices of all generations"),
    "tasmota": Row("edge.decoders.tasmota", "thiết bị chạy Tasmota", "devices that run Tasmota"),
    "zigbee2mqtt": Row("edge.decoders.zigbee2mqtt", "thiết bị Zigbee qua Zigbee2MQTT", "Zigbee devices by Zigbee2MQTT"),
}


def decoder_options(kind: str) -> type[BaseModel]:
    """Return the options model of decoder `kind`; ConfigError if there is no such decoder."""
    if kind not in DECODERS:
        raise ConfigError([Problem("decoder", "kind", f"no decoder {kind!r}; {instead_of(kind, sorted(DECODERS))}")])
    return cast(type[BaseModel], import_module(DECODERS[kind].module).Options)


def build_decoder(kind: str, options: Mapping[str, object], topics: Sequence[str] = ()) -> Decoder:
    """Return decoder `kind` with `options`; ConfigError with every problem at once.

    `topics` are the source's topic patterns (`site/{site}/air/{device}`), for decoders that know placeholders; a `topic`
    among the options goes first.
    """
    model = decoder_options(kind)
    given = dict(options)
    if topics and "topic" in model.model_fields:
        given.setdefault("topic", list(topics))
    try:
        checked = model.model_validate(given)
    except ValidationError as error:
        raise ConfigError(problems_of(error, f"decoder {kind}", model, given)) from error
    return cast(Decoder, import_module(DECODERS[kind].module).build(checked))
