"""Settings of a Modbus source. Imports no client library, so checking a config is cheap."""

from typing import Any, Literal

from pydantic import Field, model_validator

from edge.modbus.template import load_template
from runtime.serial_settings import SerialSettings
from runtime.settings import Settings
from telemetry.errors import ConfigError

_MOST_ID = 247  # MODBUS over Serial Line V1.02, section 2.2; what is above is reserved, and some devices answer there


class SlaveSettings(Settings):
    """Table [[source.slave]]: one device on the line."""

    id: int = Field(ge=1, le=255, description="its unit id, to 247; above only where the device has a general one (quirk general_id_…)")
    template: str = Field(min_length=1, description="its register map: a name (quanho decode --list modbus) or the path of a .toml file")
    device: str = Field("", max_length=255, description="name of the measuring point; default: slave-<id>")
    every_s: float = Field(10.0, ge=0.1, le=86_400, description="how often it is read")
    timeout_s: float = Field(1.0, ge=0.02, le=10, description="longest wait for an answer; less where other devices cannot spare it")
    gap_s: float = Field(0.0, ge=0, le=5, description="silence before each request, beyond what the standard asks for")

    @property
    def name(self) -> str:
        return self.device or f"slave-{self.id}"


class ModbusSourceSettings(SerialSettings):
    """A serial port or a TCP host, and the devices there."""

    port: str = Field("", description="serial port, best below /dev/serial/by-id; or host")
    host: str = Field("", max_length=255, description="Modbus/TCP: host name or address")
    tcp_port: int = Field(502, ge=1, le=65_535, description="Modbus/TCP: port")
    tcp_framing: Literal["tcp", "rtu"] = Field("tcp", description="over TCP: Modbus/TCP, or RTU frames through a plain serial server")
    slave: tuple[SlaveSettings, ...] = Field(min_length=1, max_length=247, description="the devices")

    @model_validator(mode="after")
    def _makes_sense(self) -> "ModbusSourceSettings":
        if bool(self.port) == bool(self.host):
            raise ValueError("give port (a serial port) or host (Modbus/TCP), one of them")
        ids = [slave.id for slave in self.slave]
        if len(set(ids)) < len(ids):
            raise ValueError("each slave has an id of its own; one is there twice")
        for slave in self.slave:
            if slave.id > _MOST_ID and _general_id(slave.template) != slave.id:
                raise ValueError(f"{slave.name}: unit ids end at {_MOST_ID}, and template {slave.template} names no general id {slave.id}")
            if slave.id > _MOST_ID and len(ids) > 1:
                raise ValueError(f"{slave.name}: at its general id {slave.id} a device answers for all others; give each an id of its own")
        return self

    @property
    def is_tcp(self) -> bool:
        """Whether frames are Modbus/TCP."""
        return bool(self.host) and self.tcp_framing == "tcp"


def _general_id(template: str) -> int | None:
    try:
        return load_template(template).effects.general_id
    except ConfigError:
        return None  # the decoder says what is wrong with it


def decoder_of(slaves: object) -> dict[str, Any]:
    """Return the decoder table of the slaves as they stand in a config."""
    listed = slaves if isinstance(slaves, list | tuple) else []
    kept = [{key: one[key] for key in ("id", "template", "device") if key in one} for one in listed if isinstance(one, dict)]
    return {"kind": "modbus", "slaves": kept, "others": "ignore"}
