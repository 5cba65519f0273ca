"""What a config may say about Sparkplug B.

kind = "sparkplug"
measurement = "power"        default "sparkplug"; with a name of the catalogue, values come in the catalogue's units
"""

from pydantic import BaseModel, ByteSize, ConfigDict, Field


class Options(BaseModel):
    """Options of decoder `sparkplug`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measurement: str = Field("sparkplug", min_length=1, description="measurement of every reading")
    integers: bool = Field(default=False, description="keep metrics of integer types as integers; else every number is a float")
    rebirth: bool = Field(default=True, description="ask an edge node for its births after a gap, or when it is not known")
    max_nodes: int = Field(1_000, ge=1, le=100_000, description="most edge nodes")
    max_metrics: int = Field(50_000, ge=1, le=1_000_000, description="most metrics and devices of all edge nodes together")
    max_elements: int = Field(64, ge=0, le=10_000, description="longest array, and most rows of a data set; longer ones are refused")
    max_payload_bytes: ByteSize = Field(ByteSize(256 << 10), description="largest message, for example 1MiB")
