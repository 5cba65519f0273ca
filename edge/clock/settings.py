"""Settings of the clock."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ClockSettings(BaseModel):
    """Table [clock]: who vouches for the time of this host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trust: Literal["kernel", "host"] = Field(
        "kernel",
        description='"kernel": time is trusted once the kernel is synchronised (NTP, PTP), or an uplink over TLS has told the date; until '
        'then readings wait in the spool. "host": the host\'s clock is right as it is, for hosts without NTP',
    )
    max_error_s: float = Field(10.0, gt=0, le=86_400, description="error bound above which points are marked (quality bit 16)")
    drift_ppm: float = Field(50.0, ge=0, le=500, description="growth of the error bound while nobody corrects the clock, parts a million")
