"""What a config may say about the readings of one source (`[source.normalise]`)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

from telemetry.catalogue.limits import Limits

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=128)]


class Calibration(BaseModel):
    """stored = gain × value + offset, in the stored unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offset: FiniteFloat = Field(0.0, description="added after the gain, in the stored unit")
    gain: FiniteFloat = Field(1.0, description="factor")


class LimitSettings(BaseModel):
    """When a value in range is not to be believed; what is not given is as the catalogue says (telemetry/catalogue/limits.py)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warm_up_s: float | None = Field(None, ge=0, description="seconds after the sensor got power in which its values drift")
    flat_s: float | None = Field(None, gt=0, description="seconds after which a value that never moves is a stuck sensor; inf: never")
    rests: tuple[FiniteFloat, ...] | None = Field(None, description="values that may stand for ever, such as 0 mm of rain")
    jump: float | None = Field(None, gt=0, description="the most that two readings may differ, in the stored unit; inf: any")
    jump_per_s: float | None = Field(None, ge=0, description="and how much more for each second between them")
    expires_s: float | None = Field(None, gt=0, description="seconds after which a last value says nothing of now; inf: never")

    def over(self, limits: Limits) -> Limits:
        """Return `limits` with what is given here."""
        return limits._replace(**self.model_dump(exclude_none=True))


class NormaliseSettings(BaseModel):
    """Settings of the normaliser."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measurements: dict[str, Name] = Field({}, description="measurement as decoded = stored name")
    rename: dict[str, Name] = Field({}, description="field as decoded = stored name; others are put into lower_snake")
    drop: frozenset[str] = Field(frozenset(), description="fields, as decoded or stored, that are not kept")
    drop_tags: frozenset[Name] = Field(frozenset(), description="tags that are not kept")
    tags: dict[Name, str] = Field({}, description="tags of every point; they replace what the device says")
    units: dict[str, str] = Field({}, description="field = unit the device sends, where it is not the catalogue's")
    calibration: dict[str, Calibration] = Field({}, description="field or device.field = offset and gain; the device's own goes first")
    ranges: dict[str, tuple[FiniteFloat, FiniteFloat]] = Field(
        {}, description="field = [lowest, highest] plausible value in the stored unit"
    )
    limits: dict[str, LimitSettings] = Field(
        {}, description="field = warm-up, flat line, jump and expiry, where they differ from the catalogue's"
    )
    quality: int = Field(0, description="quality bits of every point, for example 32 for simulated", ge=0, le=1023)
    max_fields: int = Field(1_000, description="field names of this source; more are refused", gt=0)

    @model_validator(mode="after")
    def _makes_sense(self) -> "NormaliseSettings":
        if "gateway" in self.tags:
            raise ValueError("tags.gateway: the gateway names itself; set gateway.id")
        for name, (low, high) in self.ranges.items():
            if low > high:
                raise ValueError(f"ranges.{name}: {low} is above {high}")
        return self
