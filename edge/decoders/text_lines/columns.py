"""Named pieces of text (cells of a row, groups of a pattern) → one reading.

    measurement = "weather"                                        a name or a template: "{kind}" (column, or level of the topic)
    fields.temperature = "temp"                                    field = column; or { column, type, scale, unit } (cells.py)
    tags.device = "station"                                        tag = column, or a template: "{device}", "{site}-{station}"
    time = { columns = ["date", "time"], format = "%d/%m/%Y %H:%M", tz = "Asia/Ho_Chi_Minh" }

Without `fields`, every column that is neither tag nor time is a field of its own name. Fields are floats unless `type` says
otherwise. Text that stands for "no value" (`missing`) is absent, not an error. `status` marks readings that the device does not believe,
`where` picks the lines that count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.templates import is_template, pieces, placeholders
from edge.decoders.text_lines.cells import MISSING, ColumnField, ColumnStatus, Convert, is_missing, is_no_value
from edge.decoders.text_lines.line import LineOptions, as_list
from edge.decoders.timestamps import time_reader
from edge.decoders.topic import TopicMatcher, Topics
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

DEFAULT_MEASUREMENT = "reading"
_TOPICS_REMEMBERED = 5_000


def _checked_template(text: str) -> str:
    list(placeholders(text))
    return text


def _as_column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnTime(_Settings):
    """Where the device's time is and how it is written."""

    columns: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(description="column, or several: joined by a space", min_length=1)
    format: str = Field("rfc3339", description="unix, unix_ms, unix_us, unix_ns, rfc3339 or a strptime pattern")
    tz: str | None = Field(None, description="IANA zone of times written without one")

    @model_validator(mode="after")
    def _makes_sense(self) -> "ColumnTime":
        time_reader(self.format, self.tz)
        return self


class ColumnOptions(LineOptions):
    """What every decoder of named pieces may be told about readings."""

    topic: Topics = Field((), description="topic pattern(s) with placeholders; default: those of the source")
    measurement: Annotated[str, AfterValidator(_checked_template)] = Field(
        DEFAULT_MEASUREMENT, description="name, or a template", min_length=1
    )
    fields: dict[str, Annotated[ColumnField, BeforeValidator(_as_column)]] = Field({}, description="field = column or a table")
    tags: dict[str, Annotated[str, AfterValidator(_checked_template)]] = Field({}, description="tag = column or template")
    time: ColumnTime | None = Field(None, description="device time; without it the time of arrival counts")
    status: ColumnStatus | None = Field(None, description="column in which the device says whether its values are good")
    where: dict[str, Annotated[tuple[str, ...], BeforeValidator(as_list)]] = Field(
        {}, description='only lines whose columns have these texts, for example { kind = "$LVX" }; others are left out without a word'
    )
    skip: tuple[str, ...] = Field((), description="without fields: columns that are none")
    missing: tuple[str, ...] = Field(MISSING, description="texts that stand for no value, in any case; ----, --.-, /// and *** always do")
    decimal: str = Field(".", description="decimal mark: . or ,", pattern=r"^[.,]$")

    def check_names(self, columns: Collection[str]) -> None:
        """ValueError if the mapping names a column that is none of `columns`."""
        known = {*columns, *TopicMatcher(self.topic).names, "topic"}
        used = [name for field in self.fields.values() for name in (field.column, field.unit_column) if name]
        used += [*(self.time.columns if self.time else ()), *self.skip, *self.where, *([self.status.column] if self.status else ())]
        unknown = sorted({name for name in used if name not in columns} | ({*_names(self)} - known))
        if unknown:
            raise ValueError(f"unknown column {', '.join(map(repr, unknown))}; there are {', '.join(map(repr, columns))}")


class OfTopic(NamedTuple):
    """What a topic decides: its named levels, and the tags that they are. Do not change them."""

    levels: Mapping[str, str]
    tags: Mapping[str, str]


class Wanted(NamedTuple):
    """A field, its column, and how the text of a cell becomes its value; the other cells may name its unit."""

    name: str
    column: str
    convert: Convert


class ColumnMapping:
    """A mapping at work: `of_topic` once a topic, `fields_of` once a set of columns, `reading` once a line."""

    def __init__(self, options: ColumnOptions) -> None:
        self._matcher = TopicMatcher(options.topic)
        self._missing = frozenset(text.lower() for text in options.missing)
        self._where = [(name, frozenset(texts)) for name, texts in options.where.items()]
        self._status = options.status
        self._measurement = options.measurement
        self._is_measurement_named = not is_template(options.measurement)
        self._tags = [(name, source, is_template(source)) for name, source in options.tags.items()]
        self._no_tags = {*placeholders(options.measurement), *options.tags, "topic"}
        self._wanted = [Wanted(name, field.column, field.reader(options.decimal)) for name, field in options.fields.items()]
        self._convert = ColumnField(column="any").reader(options.decimal)
        self._time_columns = options.time.columns if options.time else ()
        self._read_time = time_reader(options.time.format, options.time.tz) if options.time else None
        self._reserved = {*options.skip, *_names(options), *self._time_columns, *options.where}
        self._reserved |= {options.status.column} if options.status else set()
        self._by_topic: dict[str, OfTopic] = {}

    def of_topic(self, topic: str) -> OfTopic:
        """Return what `topic` decides; RejectedError when it fits no pattern."""
        known = self._by_topic.get(topic)
        if known is not None:
            return known
        named = self._matcher.match(topic)
        if named is None and self._matcher.patterns:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        levels = {"topic": topic, **(named or {})}
        tags = {name: value for name, value in levels.items() if name not in self._no_tags and not name.startswith("_")}
        if len(self._by_topic) >= _TOPICS_REMEMBERED:
            del self._by_topic[next(iter(self._by_topic))]
        made = self._by_topic[topic] = OfTopic(levels, tags)
        return made

    def fields_of(self, columns: Iterable[str]) -> list[Wanted]:
        """Return what becomes a field of lines with these columns: what the options name, else each column that is nothing else."""
        return self._wanted or [Wanted(name, name, self._convert) for name in dict.fromkeys(columns) if name and name not in self._reserved]

    def reading(
        self, cells: Iterable[tuple[str, str]], wanted: Iterable[Wanted], of_topic: OfTopic, number: int, refusals: Refusals
    ) -> Reading | None:
        """Return the reading of line `number`, whose `cells` are (name, text), None if it is refused. Cells without a name are skipped."""
        missing = self._missing
        stripped = [(name, cell.strip()) for name, cell in cells if name]
        present = {name: text for name, text in stripped if not is_missing(text, missing)}
        bits = quality.GOOD
        if self._where or self._status:
            texts = dict(stripped)
            if any(texts.get(name) not in wanted_texts for name, wanted_texts in self._where):
                return None
            bits = self._status.quality(texts) if self._status else quality.GOOD
        measurement = self._measurement if self._is_measurement_named else _filled(self._measurement, present, of_topic.levels)
        tags = self._tags_of(present, of_topic) if self._tags else of_topic.tags
        if not measurement or tags is None:
            refusals.add(f"line {number}: measurement or device is absent")
            return None
        fields = _fields(wanted, present, number, refusals)
        if not fields:
            refusals.add(f"line {number}: no field in it")
            return None
        try:
            return Reading(measurement, tags, fields, self._time(present), bits)
        except ValueError as error:
            refusals.add(f"line {number}: time: {error}")
            return None

    def _tags_of(self, present: Mapping[str, str], of_topic: OfTopic) -> dict[str, str] | None:
        tags = dict(of_topic.tags)
        for name, source, is_filled in self._tags:
            value = _filled(source, present, of_topic.levels) if is_filled else present.get(source)
            if value:
                tags[name] = value
            elif name == "device":
                return None  # readings of several devices would share one series
        return tags

    def _time(self, present: Mapping[str, str]) -> int | None:
        if self._read_time is None:
            return None
        texts = [present.get(column, "") for column in self._time_columns]
        return None if any(map(is_no_value, texts)) else self._read_time(" ".join(texts))


def decoded(payload: bytes, readings: Sequence[Reading], refusals: Refusals) -> Decoded:
    """Return what a message gave; one of nothing but lines that are left out on purpose (comments, headers) is understood."""
    listed = refusals.listed()
    return Decoded(readings, listed, is_understood=not readings and not listed and bool(payload.strip()))


def _fields(wanted: Iterable[Wanted], present: Mapping[str, str], number: int, refusals: Refusals) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    for name, column, convert in wanted:
        text = present.get(column)
        if text is None:
            continue
        try:
            value = convert(text, present)
        except ValueError as error:
            refusals.add(f"line {number}: field {shown(name)}: {error}")
            continue
        if value is not None:
            fields[name] = value
    return fields


def _names(options: ColumnOptions) -> list[str]:
    """Return the columns and placeholders that measurement and tags use."""
    names = list(placeholders(options.measurement))
    for source in options.tags.values():
        names += placeholders(source) if is_template(source) else [source]
    return names


def _filled(template: str, present: Mapping[str, str], levels: Mapping[str, str]) -> str | None:
    out: list[str] = []
    for text, name in pieces(template):
        value = present.get(name, levels.get(name)) if name else ""
        if value is None:
            return None
        out += (text, value)
    return "".join(out)
