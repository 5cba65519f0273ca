"""What a config may say about SenML packs.

    kind = "senml"
    measurement = "air"          default "senml"; with a name of the catalogue, values come in the catalogue's units
    device = "name"              the part of a record's name before the last separator is the device, what follows is the field
    device = "topic"             the topic names the device ({device}), the whole name is the field
    separators = ":/"            where names are cut; "" cuts nothing

Named levels of the topic become tags.
"""

from typing import Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field

from edge.decoders.topic import Topics
from telemetry.identifiers import MeasurementName


class Options(BaseModel):
    """Options of decoder `senml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: Topics = Field((), description="topic patterns with named levels, such as site/{site}/{device}; default: those of the source")
    measurement: MeasurementName = Field("senml", description="measurement of every reading")
    device: Literal["name", "topic"] = Field("name", description="what names the device: the record's name, or the topic's level {device}")
    separators: str = Field(":/", max_length=8, description="characters at the last of which a name is cut into device and field")
    max_records: int = Field(5_000, ge=1, le=100_000, description="most records of one pack")
    max_payload_bytes: ByteSize = Field(ByteSize(1 << 20), description="largest message, for example 1MiB")
