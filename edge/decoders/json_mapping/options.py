"""What a config may say about JSON messages.

    kind = "json"
    measurement = "air"                       a name, or a template of placeholders and paths: "{kind}", "{$.type}"
    each = "sensors"                          one reading per element (path.py); default the whole message, or its elements
    where = { kind = "pm" }                   only elements where these paths have these values
    fields.pm2_5 = "values.pm25"              field = path; or { path, type, scale, default, required }
    tags.device = "{device}"                  tag = path or template; or { path, default, required }
    time = { path = "$.ts", format = "unix" } device time; without it the time of arrival counts
    readings = [ {...}, {...} ]               several mappings of one message, each with what stands above

Named levels of the topic become tags of the same name unless a tag of that name is mapped, the measurement uses them, or the
name begins with `_`. Without `fields`, every number and boolean becomes a field (flatten.py).
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, model_validator

from edge.decoders.json_mapping.path import STAR, parse_path
from edge.decoders.templates import is_template, placeholders
from edge.decoders.timestamps import time_reader
from edge.decoders.topic import TopicMatcher, Topics
from edge.decoders.values import FieldType

PATH_STARTS = ("$", "^", "@")  # in a template these begin a path, anything else is a placeholder of the topic


def _checked_path(text: str) -> str:
    if STAR in parse_path(text).steps:
        raise ValueError(f"path {text!r}: [*] stands in each only; here give an index, such as [0]")
    return text


def _checked_each(text: str) -> str:
    path = parse_path(text)
    if path.is_key or (path.up or 0) > 0:
        raise ValueError(f"each {text!r}: begins at the whole message")
    return text


def _checked_template(text: str) -> str:
    for name in placeholders(text):
        if name.startswith(PATH_STARTS):
            _checked_path(name)
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_path(value: object) -> object:
    return {"path": value} if isinstance(value, str | list) else value


JsonPath = Annotated[str, AfterValidator(_checked_path)]
PathOrTemplate = Annotated[str, AfterValidator(lambda text: _checked_template(text) if is_template(text) else _checked_path(text))]
Scalar = bool | int | float | str


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldMapping(_Settings):
    """Where a field's value is and what it becomes."""

    path: Annotated[tuple[JsonPath, ...], BeforeValidator(_as_list)] = Field(
        description="path, or several: the first that is present", min_length=1
    )
    type: FieldType | None = Field(None, description="float, int, uint, bool or str; default: numbers become floats, text is kept")
    scale: float | None = Field(None, description="factor, for example 0.1 for a device that sends tenths", gt=0, allow_inf_nan=False)
    default: Scalar | None = Field(None, description="value when absent or null, as a device would send it (before type and scale)")
    required: bool = Field(False, description="refuse the reading when this field is absent")  # noqa: FBT003


class TagMapping(_Settings):
    """Where a tag's value is."""

    path: PathOrTemplate = Field(description="path, or a template of placeholders and paths")
    default: str | None = Field(None, description="value when absent")
    required: bool = Field(False, description="refuse the reading when this tag is absent (always so for device)")  # noqa: FBT003


class TimeMapping(_Settings):
    """Where the device's time is and how it is written."""

    path: Annotated[tuple[JsonPath, ...], BeforeValidator(_as_list)] = Field(
        description="path; several are joined by a space", min_length=1
    )
    format: str = Field("rfc3339", description="unix, unix_ms, unix_us, unix_ns, rfc3339 or a strptime pattern")
    tz: str | None = Field(None, description="IANA zone of times written without one")
    required: bool = Field(False, description="refuse the reading when the time is absent; default: the time of arrival")  # noqa: FBT003

    @model_validator(mode="after")
    def _makes_sense(self) -> "TimeMapping":
        time_reader(self.format, self.tz)
        return self


class ReadingMapping(_Settings):
    """One kind of reading in a message."""

    measurement: Annotated[str, AfterValidator(_checked_template)] | None = Field(
        None, description="name, or a template; default: the placeholder {measurement} of the topic, else reading", min_length=1
    )
    each: Annotated[str, AfterValidator(_checked_each)] = Field("$", description="path to what yields one reading per element")
    optional: bool = Field(False, description="no refusal when nothing of this reading is in a message")  # noqa: FBT003
    where: dict[JsonPath, Scalar | tuple[Scalar, ...]] = Field(
        {}, description="only elements where each path has this value, or one of these"
    )
    has: tuple[JsonPath, ...] = Field((), description="only elements where these paths are present")
    fields: dict[str, Annotated[FieldMapping, BeforeValidator(_as_path)]] = Field({}, description="field = path or a table")
    tags: dict[str, Annotated[TagMapping, BeforeValidator(_as_path)]] = Field({}, description="tag = path, template or a table")
    time: TimeMapping | None = Field(None, description="device time; without it the time of arrival counts")
    strings: bool = Field(False, description="without fields: text becomes fields too")  # noqa: FBT003
    skip: tuple[JsonPath, ...] = Field((), description="without fields: leave out what is at these paths of the element")


class Options(ReadingMapping):
    """Options of decoder `json`."""

    topic: Topics = Field((), description="topic pattern(s) with placeholders; default: those of the source")
    readings: tuple[ReadingMapping, ...] = Field((), description="several kinds of reading in one message")
    max_payload_bytes: ByteSize = Field(ByteSize(1024 * 1024), description="larger messages are refused", gt=0)
    max_readings: int = Field(10_000, description="readings taken from one message; the rest are refused", gt=0)
    max_fields: int = Field(1_000, description="fields taken from one element without fields; the rest are refused", gt=0)
    max_depth: int = Field(32, description="nesting gone into without fields", gt=0, le=500)

    @property
    def mappings(self) -> tuple[ReadingMapping, ...]:
        """Every kind of reading; those of `readings` inherit measurement, tags and time."""
        if not self.readings:
            return (self,)
        return tuple(
            one.model_copy(
                update={
                    "measurement": one.measurement or self.measurement,
                    "tags": {**self.tags, **one.tags},
                    "time": one.time or self.time,
                }
            )
            for one in self.readings
        )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if self.readings and (self.fields or self.each != "$" or self.where or self.has):
            raise ValueError("fields, each, where and has belong into the entries of readings, not beside them")
        known = TopicMatcher(self.topic).names
        for name in sorted({name for mapping in self.mappings for name in _names_used(mapping)} - {*known, "topic"}):
            hint = f"those of the topic are {', '.join(known)}" if known else "the topic pattern names none"
            raise ValueError(f"placeholder {{{name}}} is unknown: {hint}; a path into the message begins with $., for example {{$.{name}}}")
        return self


def _names_used(mapping: ReadingMapping) -> Iterator[str]:
    for template in (mapping.measurement or "", *(tag.path for tag in mapping.tags.values())):
        if is_template(template):
            yield from (name for name in placeholders(template) if not name.startswith(PATH_STARTS))
