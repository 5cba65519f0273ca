"""The agent's config file: one TOML file, every key described here, unknown keys refused."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator, model_validator

from edge.boards.settings import BoardsSettings
from edge.clock.settings import ClockSettings
from edge.normalise_settings import NormaliseSettings
from edge.sources.link_settings import LinkSourceSettings
from edge.sources.modbus_settings import ModbusSourceSettings, decoder_of
from edge.sources.serial_settings import SerialSourceSettings
from edge.spool.settings import SpoolSettings
from edge.talks.dust import Options as DustOptions
from edge.uplink.pacing import Budget
from runtime.influx_settings import InfluxSettings
from runtime.mqtt_settings import MqttSettings
from telemetry.batch import Priority
from telemetry.identifiers import GatewayId, SiteId, SourceId

RESERVED_SOURCES = ("gateway", "ledger")

_SOCKET = "agent.sock"
_MOST_SOCKET_BYTES = 107  # unix(7): sun_path holds 108, the last a NUL
_MQTT311_WINDOW = 20  # mosquitto >= 2.0.13; a broker that does otherwise is found out (edge/batching/window_guess.py)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GatewaySettings(_Table):
    """Table [gateway]: who this gateway is and where it keeps its state."""

    site: SiteId = Field(description="site of the gateway, a tag of every point")
    id: GatewayId = Field(description="name of the gateway, a tag of every point; unique in the province")
    state_dir: Path = Field(description="folder for the spool and the control socket; only the agent writes there")
    metrics_every_s: float = Field(10.0, ge=1, le=3600, description="how often the agent reports its own health")
    latitude: float | None = Field(
        None, ge=-90, le=90, allow_inf_nan=False, description="where the gateway stands, degrees north (WGS 84); its place on the map"
    )
    longitude: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False, description="degrees east (WGS 84)")

    @field_validator("state_dir")
    @classmethod
    def _leaves_room_for_the_socket(cls, folder: Path) -> Path:
        size = len(os.fsencode(folder / _SOCKET))
        if size > _MOST_SOCKET_BYTES:
            raise ValueError(f"{folder / _SOCKET} has {size} bytes, a socket's path at most {_MOST_SOCKET_BYTES}; use a shorter folder")
        return folder

    @model_validator(mode="after")
    def _has_both_coordinates_or_none(self) -> "GatewaySettings":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together: give both or neither")
        return self

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude, where they are given."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


class LogSettings(_Table):
    """Table [log]."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    format: Literal["text", "json"] = Field("text", description="one line of text or one JSON object an event")


class InfluxUplink(InfluxSettings):
    """Table [uplink], kind "influx": InfluxDB 1.6 or later, 2.x, 3 Core, or the cloud ingest."""

    kind: Literal["influx"]
    backlog_share: float = Field(
        0.8, gt=0, le=1, description="share of the measured link that an old backlog may take, beside live readings"
    )
    backlog_bytes_per_s: ByteSize | None = Field(
        None, ge=256, description="bytes a second that an old backlog may take, instead of the share; the core may make it less"
    )

    @property
    def budget(self) -> Budget:
        """What an old backlog may take."""
        return Budget(self.backlog_share, int(self.backlog_bytes_per_s) if self.backlog_bytes_per_s else None)

    @property
    def request_limits(self) -> tuple[int, int]:
        """Most lines, and most bytes of text, that are sent at once."""
        return self.max_lines, int(self.max_raw_bytes)


class FileUplink(_Table):
    """Table [uplink], kind "file": one `.lp.gz` a day in a folder, for a USB stick."""

    kind: Literal["file"]
    folder: Path = Field(description="folder of the daily files, which must exist; on a stick, one below the mount point")

    @property
    def budget(self) -> Budget:
        """A disk is written as fast as it goes."""
        return Budget(is_paced=False)

    @property
    def request_limits(self) -> tuple[int, int]:
        return 5000, 1 << 20


class _Source(BaseModel):
    """What every source has."""

    id: SourceId = Field(description="name of the source, unique in this file")
    priority: Priority = Field(
        Priority.NORMAL, description="high, normal or bulk: what goes first over a thin line and last when room is short"
    )
    expect_every_s: float | None = Field(
        None, gt=0, le=604_800, description="how often a message comes at least; silence is noticed after twice as long (default: learned)"
    )
    device_time_past_s: float = Field(
        7 * 86_400.0, ge=0, description="a time of the device's own further back than this is not believed: the arrival counts"
    )
    device_time_ahead_s: float = Field(60.0, ge=0, le=86_400, description="nor one further ahead than this")
    max_series: int = Field(5000, ge=1, description="most series of this source; readings of more are set aside")
    refusals_per_minute: int = Field(
        20, ge=0, description="refused messages kept a minute and topic, ten times as many over all topics; more are only counted"
    )
    decoder: Mapping[str, object] = Field(description="the decoder: its kind and its options")
    normalise: NormaliseSettings = Field(NormaliseSettings(), description="names, units, calibration and ranges")

    @property
    def device_window_ns(self) -> tuple[int, int]:
        """How far a device's own time may be behind and ahead of the arrival."""
        return round(self.device_time_past_s * 1e9), round(self.device_time_ahead_s * 1e9)

    @property
    def expected_s(self) -> float | None:
        """How often a message comes at least: as configured, else as the source itself knows."""
        return self.expect_every_s

    @property
    def is_warm_up_told(self) -> bool:
        """Whether the source itself knows when its sensor warms up."""
        return False

    @property
    def topic_patterns(self) -> tuple[str, ...]:
        """What the decoder may name levels of."""
        return ()

    @property
    def is_acknowledged(self) -> bool:
        """Whether what is lost before it is durable comes again."""
        return False

    @property
    def window(self) -> int | None:
        """Unacknowledged messages that the other side allows, where that is known before connecting."""
        return None


class MqttSource(_Source, MqttSettings):
    """Table [[source]], kind "mqtt"."""

    kind: Literal["mqtt"]

    @property
    def topic_patterns(self) -> tuple[str, ...]:
        return self.topics

    @property
    def is_acknowledged(self) -> bool:
        return self.qos == 1

    @property
    def window(self) -> int | None:
        return _MQTT311_WINDOW if self.version == "3.1.1" else None


class SerialSource(_Source, SerialSourceSettings):
    """Table [[source]], kind "serial"."""

    kind: Literal["serial"]

    @property
    def expected_s(self) -> float | None:
        return self.expect_every_s or (self.talk.pace_s if self.talk else None)

    @property
    def is_warm_up_told(self) -> bool:
        return isinstance(self.talk, DustOptions)

    @model_validator(mode="after")
    def _talks_to_its_device(self) -> "SerialSource":
        decoder = self.decoder.get("kind")
        if isinstance(self.talk, DustOptions) and decoder != self.talk.sensor:
            raise ValueError(
                f'the talk is for {self.talk.sensor}, the decoder is {decoder}; write decoder = {{ kind = "{self.talk.sensor}" }}'
            )
        return self


class ModbusSource(_Source, ModbusSourceSettings):
    """Table [[source]], kind "modbus"."""

    kind: Literal["modbus"]
    decoder: Mapping[str, object] = Field({}, description="made from the slaves; not for a config")

    @model_validator(mode="before")
    @classmethod
    def _decode_by_slaves(cls, given: object) -> object:
        return {**given, "decoder": decoder_of(given.get("slave"))} if isinstance(given, dict) and "decoder" not in given else given


class LinkSource(_Source, LinkSourceSettings):
    """Table [[source]], kind "link": a board with our firmware library at the other end of a serial line (docs/sensors/link.md)."""

    kind: Literal["link"]
    decoder: Mapping[str, object] = Field({}, description="none: the board describes what it sends")
    device_time_past_s: float = Field(
        30 * 86_400.0,
        ge=0,
        le=4_294_967,
        description="a reading that is older than this when it arrives counts from its arrival, and is marked",
    )

    @field_validator("decoder")
    @classmethod
    def _is_described_by_its_board(cls, decoder: Mapping[str, object]) -> Mapping[str, object]:
        if decoder:
            raise ValueError("the board describes what it sends; leave the decoder out")
        return decoder

    @property
    def is_acknowledged(self) -> bool:
        return True


SourceSettings = Annotated[MqttSource | SerialSource | ModbusSource | LinkSource, Field(discriminator="kind")]
UplinkSettings = Annotated[InfluxUplink | FileUplink, Field(discriminator="kind")]


class AgentConfig(_Table):
    """The whole file; edge/config_file.py checks besides that source ids are unique and decoders' options right."""

    gateway: GatewaySettings
    log: LogSettings = LogSettings()
    clock: ClockSettings = ClockSettings()
    spool: SpoolSettings = SpoolSettings()
    uplink: UplinkSettings
    boards: BoardsSettings = BoardsSettings()
    source: tuple[SourceSettings, ...] = Field(min_length=1, description="the configured inputs")

    @property
    def spool_dir(self) -> Path:
        return self.gateway.state_dir / "spool"

    @property
    def control_socket(self) -> Path:
        return self.gateway.state_dir / _SOCKET
