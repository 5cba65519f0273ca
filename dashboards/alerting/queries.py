"""What a rule asks, as data. From one and the same value come the statement for Grafana (statements.py) and a replay (replay.py).

Two ideas keep silence from resolving an alert. `memory` is how far back a value is remembered: a station that falls silent above its
limit stays in the answer with its last value. And what is counted in a short `window` has a 0 added for everybody who was seen within
`memory`, so that "nothing came" is a number and no missing series.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from dashboards.house import MISSED_WITHIN, SEEN_WITHIN
from dashboards.influxql.expand import duration_ms
from dashboards.influxql.whose import OF_DEVICE, OF_GATEWAY, OF_LEDGER
from telemetry import quality

_BUT_FOR_TIME = (
    quality.GOOD,
    quality.CLOCK_ESTIMATED,
    quality.TIME_RECONSTRUCTED,
    quality.CLOCK_ESTIMATED | quality.TIME_RECONSTRUCTED,
)


def _is_duration(text: str) -> str:
    if duration_ms(text) <= 0:
        raise ValueError("must be longer than nothing")
    return text


Duration = Annotated[str, AfterValidator(_is_duration)]
Tags = tuple[str, ...]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Remembering(_Query):
    memory: Duration = Field(SEEN_WITHIN, description="how far back the last value of a silent series is remembered")

    @property
    def memory_ms(self) -> int:
        return duration_ms(self.memory)


class _Windowed(_Remembering):
    window: Duration = Field(description="what is counted: the last so long")

    @property
    def window_ms(self) -> int:
        return duration_ms(self.window)

    @model_validator(mode="after")
    def _window_is_remembered(self) -> "_Windowed":
        if self.window_ms >= self.memory_ms:
            raise ValueError("memory must be longer than window")
        return self


class Level(_Remembering):
    """The last known value of a field; with `mean_of`, the mean of the last so many steps that have readings.

    24 steps of 1h are the mean of 24 hours as the legal limits have it, and a silent station keeps the one it had. `divided_by` puts the
    value into the unit of the texts (bytes to GB).
    """

    kind: Literal["level"] = "level"
    measurement: str = Field(description="measurement of the catalogue")
    field: str = Field(description="field of it")
    mean_of: int = Field(0, ge=0, le=1000, description="number of steps the mean is taken over; 0 for the last value")
    step: Duration = Field("1h", description="length of a step")
    divided_by: float = Field(1.0, gt=0, description="what the value is divided by")
    qualities: tuple[int, ...] = Field(
        _BUT_FOR_TIME,
        description="sums of quality bits that are believed (telemetry/quality.py); a doubt about the time is none about the value",
        min_length=1,
    )
    by: Tags = Field(OF_DEVICE, description="tags that make an instance", min_length=1)

    @property
    def step_ms(self) -> int:
        return duration_ms(self.step)

    @model_validator(mode="after")
    def _steps_are_remembered(self) -> "Level":
        if self.mean_of == 1:
            raise ValueError("a mean is of two steps or more")
        if self.mean_of * self.step_ms > self.memory_ms:
            raise ValueError("memory must be at least mean_of times step")
        return self


class Flag(_Remembering):
    """1 when a boolean field was last known to be `is`, else 0."""

    kind: Literal["flag"] = "flag"
    measurement: str = Field(description="measurement of the catalogue")
    field: str = Field(description="boolean field of it")
    is_: bool = Field(alias="is", description="the value that is bad news")
    by: Tags = Field(OF_GATEWAY, description="tags that make an instance", min_length=1)


class LastSeen(_Windowed):
    """How many points came within `window`, 0 from who was seen within `memory` but not since."""

    kind: Literal["last_seen"] = "last_seen"
    measurement: str = Field(description="measurement of the catalogue")
    memory: Duration = Field(MISSED_WITHIN, description="who was seen within it is expected")
    by: Tags = Field(OF_DEVICE, description="tags that make an instance", min_length=1)


class Rate(_Windowed):
    """How much a counter grew within `window`; a counter that starts again at 0 counts from there."""

    kind: Literal["rate"] = "rate"
    measurement: str = Field(description="measurement of the catalogue")
    field: str = Field(description="counter of it")
    by: Tags = Field(OF_GATEWAY, description="tags that make an instance", min_length=1)


class OpenGaps(_Remembering):
    """1 when the newest gap of the ledger (docs/specs/wire.md) has not ended, else 0; a source has one gap of a reason at a time."""

    kind: Literal["open_gaps"] = "open_gaps"
    memory: Duration = Field(MISSED_WITHIN, description="gaps that began earlier are not known")
    by: Tags = Field(OF_LEDGER, description="tags that make an instance; source and reason among them", min_length=1)


class Losses(_Windowed):
    """How many readings at least the ledger accounts for within `window` under some of its reasons (docs/specs/wire.md).

    An entry that does not know how many it is about counts for one more than it says.
    """

    kind: Literal["losses"] = "losses"
    reasons: Tags = Field(
        description="reasons of the ledger that mean a loss; others only tell of what was set aside or late", min_length=1
    )
    by: Tags = Field(OF_LEDGER, description="tags that make an instance", min_length=1)


class Arrival(_Query):
    """How many points of a measurement came within `window`, from anybody. Nobody at all is no data, not 0."""

    kind: Literal["arrival"] = "arrival"
    measurement: str = Field(description="measurement of the catalogue")
    window: Duration = Field(description="what is counted: the last so long")

    @property
    def window_ms(self) -> int:
        return duration_ms(self.window)


class Heartbeat(_Query):
    """Always 1, and the store is not asked."""

    kind: Literal["heartbeat"] = "heartbeat"


Query = Annotated[Level | Flag | LastSeen | Rate | OpenGaps | Losses | Arrival | Heartbeat, Field(discriminator="kind")]


def range_ms(query: Query) -> int:
    """Return how far back a query looks: the time range that Grafana gives it."""
    if isinstance(query, Arrival):
        return query.window_ms
    return query.memory_ms if isinstance(query, _Remembering) else 0


def tags_of(query: Query) -> Tags:
    """Return the tags by which a query tells instances apart."""
    return () if isinstance(query, (Arrival, Heartbeat)) else query.by
