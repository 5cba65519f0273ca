"""What a rollout is to do: waves, how many at once, when it stops by itself. The file is TOML or JSON; unknown keys are refused."""

import math
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from telemetry.identifiers import check_id

Id = Annotated[str, AfterValidator(check_id)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Wave(_Table):
    """One wave: so many boards, of all that there are, and how long their readings are looked at before the next."""

    count: int | None = Field(None, ge=1, description="boards of this wave; give this or share")
    share: float | None = Field(
        None, gt=0, le=1, description="boards of this wave as a share of all boards, rounded up; 1: all that are left"
    )
    hold_s: float = Field(0.0, ge=0, le=30 * 86_400, description="seconds from the wave's last board to the first of the next wave")

    @model_validator(mode="after")
    def _has_one_size(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError("give count or share, one of them")
        return self

    def size(self, boards: int) -> int:
        """Return how many boards this wave has, of so many. Never less when there are more."""
        return self.count if self.count is not None else max(1, math.ceil((self.share or 0) * boards))


class RolloutPlan(_Table):
    """A rollout of one firmware."""

    format: Literal[1] = Field(1, description="version of this format")
    id: Id = Field(description="name of the rollout; every order carries it")
    firmware: Id = Field(description="firmware that is rolled out")
    version: str = Field(min_length=1, max_length=64, description="its version")
    waves: tuple[Wave, ...] = Field(min_length=1, max_length=32, description="the waves, canary first; the last one has share = 1")
    most_at_once: int = Field(20, ge=1, le=10_000, description="boards that are being updated at one time")
    abort_share: float = Field(
        0.1, ge=0, lt=1, description="it stops when more than this share of the updated boards went back or read badly"
    )
    abort_least: int = Field(1, ge=1, description="and so many boards did at least")
    lost_after_s: float = Field(3600.0, ge=10, description="a board that does not say within this time how its update ended counts as bad")

    @model_validator(mode="after")
    def _ends_with_everybody(self) -> Self:
        if self.waves[-1].share != 1.0:
            raise ValueError("the last wave must have share = 1, so that every board belongs to one")
        return self
