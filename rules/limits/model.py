"""Limits as data: each value has its source and how sure we are of it, and holds from one day to another."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

# A: text of the official document as transcribed; B: two independent sources agree; C: one secondary source.
Certainty = Literal["A", "B", "C"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LegalLimit(_Row):
    """A mean over `average` must not be above `value`. A value for one averaging time says nothing about another.

    What a source does not tell stays empty: `average` "", `holds_from` None.
    """

    measurement: str = Field(description="measurement of the catalogue")
    field: str = Field(description="field of it")
    average: Literal["", "1h", "8h", "24h", "1y"] = Field("", description="over what time the mean is taken")
    value: float = Field(description="the limit, in the unit of the catalogue")
    unit: str = Field(description="that unit, said again so that a reader sees it")
    holds_from: date | None = Field(None, description="first day")
    holds_to: date | None = Field(None, description="last day; absent while it is in force")
    hours: str = Field("", description="hours of the day it holds for, as in 06-21; all when empty")
    area: str = Field("", description="kind of area it holds for, where limits differ")
    source: str = Field(description="document, with its number")
    certainty: Certainty

    def is_in_force(self, day: date) -> bool:
        return (self.holds_from is None or self.holds_from <= day) and (self.holds_to is None or day <= self.holds_to)


class Band(_Row):
    """A band of an index, from `low` to `high`, both included, with the name and colour that publications must use."""

    low: int
    high: int
    vi: str
    en: str
    color: str = Field(pattern=r"^#[0-9A-F]{6}$")


class Index(_Row):
    """An index with its bands and, for each quantity, the concentrations at which they end."""

    name: str
    source: str
    certainty: Certainty
    bands: tuple[Band, ...]


class Station(_Row):
    """A river gauge with its alarm levels, in metres above the datum the bulletins use; None for one that is not known."""

    device: str = Field(description="tag `device` of its readings")
    name: str
    river: str
    alarm_1: float | None = None
    alarm_2: float | None = None
    alarm_3: float | None = None
    source: str
    certainty: Certainty

    @property
    def levels(self) -> tuple[float | None, float | None, float | None]:
        """Return alarm I, II and III."""
        return self.alarm_1, self.alarm_2, self.alarm_3
