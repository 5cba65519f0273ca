"""What a config may say about LoRaWAN uplinks, whichever network server they come from."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, model_validator

from edge.decoders.lorawan.codec.library import load
from telemetry.identifiers import FieldName, MeasurementName
from telemetry.units import base_unit


def _known_unit(name: str) -> str:
    if base_unit(name) is None:
        raise ValueError(f"unit {name!r} is not known; use one such as kPa, mV, mm or ppm")
    return name


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _checked_codec(choice: str | dict[str, Any]) -> str | dict[str, Any]:
    load(choice)
    return choice


def _as_choice(value: object) -> object:
    return {"codec": value} if isinstance(value, str) else value


CodecName = Annotated[str | dict[str, Any], AfterValidator(_checked_codec)]


class Choice(_Settings):
    """What holds for some devices."""

    codec: CodecName | None = Field(None, description="codec of their payloads")
    measurement: MeasurementName | None = Field(None, description="measurement of their fields")


class UplinkOptions(_Settings):
    """Options that the LoRaWAN decoders share."""

    codec: CodecName | None = Field(
        None, description='codec of the payload bytes: "milesight", "AM308", "my/acme.toml", "my/acme.toml#TH-2", or a table'
    )
    codecs: dict[str, Annotated[Choice, BeforeValidator(_as_choice)]] = Field(
        {}, description="pattern = codec, or { codec, measurement }: the first pattern that fits DevEUI, name, profile or model (* and ?)"
    )
    recognise_codec: bool = Field(
        True,  # noqa: FBT003
        description="without a codec, take that of the model that the profile names, or of the vendor of the DevEUI",
    )
    measurement: MeasurementName | None = Field(
        None, description="measurement of the sensor's fields; default: that of the codec, reading for what the server decoded"
    )
    fields: dict[str, FieldName] = Field({}, description="field as the codec or server names it (lower_snake) = field that is stored")
    units: dict[str, Annotated[str, AfterValidator(_known_unit)]] = Field(
        {}, description="stored field = unit the network server's decoder gives, where it is not the catalogue's"
    )
    device: Literal["eui", "name"] = Field("eui", description="tag device: the DevEUI, or the name the network server has for the device")
    time: Literal["network", "arrival"] = Field("network", description="time of readings: the network server's, or that of arrival here")
    link: bool = Field(True, description="a reading of measurement lorawan for each uplink: rssi, snr, gateways, counter, frequency")  # noqa: FBT003
    unknown_payload: Literal["refuse", "ignore"] = Field(
        "refuse", description="payload bytes for which there is no codec: set the message aside, or keep the radio figures only"
    )
    max_payload_bytes: ByteSize = Field(ByteSize(256 * 1024), description="larger messages are refused", gt=0)
    max_fields: int = Field(200, description="fields taken from what the network server decoded; the rest are refused", gt=0, le=2_000)

    @model_validator(mode="after")
    def _codecs_fit_their_measurements(self) -> "UplinkOptions":
        for one in (Choice(codec=None, measurement=None), *self.codecs.values()):
            codec, measurement = one.codec if one.codec is not None else self.codec, one.measurement or self.measurement
            if codec is not None and measurement is not None:
                load(codec, measurement)
        return self
