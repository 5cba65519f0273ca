"""Named pieces of text (cells of a row, groups of a pattern) → one reading.

    measurement = "weather"                                        a name or a template: "{kind}" (column, or level of the topic)
    fields.temperature = "temp"                                    field = column; or { column, type, scale, unit } (cells.py)
    tags.device = "station"                                        tag = column, or a template: "{device}", "{site}-{station}"
    time = { columns = ["date", "time"], format = "%d/%m/%Y %H:%M", tz = "Asia/Ho_Chi_Minh" }

Without `fields`, every column that is neither tag nor time is a field of its own name. Fields are floats unless `type` says
otherwise. Text that stands for "no value" (`missing`) is absent, not an error. `status` marks readings that the device does not believe,
`where` picks the lines that count.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from edge.decoders.decoder import Refusals, shown
from edge.decoders.templates import is_template, pieces, placeholders
from edge.decoders.text_lines.cells import MISSING, ColumnField, ColumnStatus, is_missing
from edge.decoders.text_lines.line import LineOptions, as_list
from edge.decoders.timestamps import time_reader
from edge.decoders.topic import TopicMatcher, TopicPattern
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

DEFAULT_MEASUREMENT = "reading"
_MOST_UNMAPPED = 1_000


def _checked_topic(text: str) -> str:
    TopicPattern(text)
    return text


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

    topic: Annotated[tuple[Annotated[str, AfterValidator(_checked_topic)], ...], BeforeValidator(as_list)] = Field(
        (), description="topic pattern(s) with placeholders; default: those of the source"
    )
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


class ColumnMapping:
    """A mapping at work: `reading` turns the named pieces of one line into a reading."""

    def __init__(self, options: ColumnOptions) -> None:
        self._options = options
        self._matcher = TopicMatcher(options.topic)
        self._missing = frozenset(text.lower() for text in options.missing)
        self._unmapped: dict[str, ColumnField] = {}  # fields by their column, where the mapping names none
        self._read_time = time_reader(options.time.format, options.time.tz) if options.time else None
        self._reserved = {*options.skip, *_names(options), *(options.time.columns if options.time else ()), *options.where}
        if options.status:
            self._reserved.add(options.status.column)

    def named_levels(self, topic: str) -> Mapping[str, str]:
        """Return the placeholders of `topic`; RejectedError when it fits no pattern."""
        named = self._matcher.match(topic)
        if named is None and self._matcher.patterns:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        return {"topic": topic, **(named or {})}

    def reading(self, cells: Mapping[str, str], levels: Mapping[str, str], place: str, refusals: Refusals) -> Reading | None:
        """Return the reading of one line, None if it is refused. `place` begins each refusal ("line 3")."""
        stripped = {name: cell.strip() for name, cell in cells.items()}
        for name, texts in self._options.where.items():
            if stripped.get(name) not in texts:
                return None
        present = {name: text for name, text in stripped.items() if not is_missing(text, self._missing)}
        measurement = _filled(self._options.measurement, present, levels)
        tags = self._tags(present, levels)
        if not measurement or tags is None:
            refusals.add(f"{place}: measurement or device is absent")
            return None
        fields = self._fields(present, place, refusals)
        if not fields:
            refusals.add(f"{place}: no field in it")
            return None
        bits = self._options.status.quality(stripped) if self._options.status else quality.GOOD
        try:
            return Reading(measurement, tags, fields, self._time(present), bits)
        except ValueError as error:
            refusals.add(f"{place}: time: {error}")
            return None

    def _tags(self, present: Mapping[str, str], levels: Mapping[str, str]) -> dict[str, str] | None:
        options = self._options
        used = {*placeholders(options.measurement), *options.tags, "topic"}
        tags = {name: value for name, value in levels.items() if name not in used and not name.startswith("_")}
        for name, source in options.tags.items():
            value = _filled(source, present, levels) if is_template(source) else present.get(source)
            if value:
                tags[name] = value
            elif name == "device":
                return None  # readings of several devices would share one series
        return tags

    def _fields(self, present: Mapping[str, str], place: str, refusals: Refusals) -> dict[str, FieldValue]:
        fields: dict[str, FieldValue] = {}
        for name, field in self._wanted(present):
            try:
                value = field.value(present, self._options.decimal)
            except ValueError as error:
                refusals.add(f"{place}: field {shown(name)}: {error}")
                continue
            if value is not None:
                fields[name] = value
        return fields

    def _wanted(self, present: Mapping[str, str]) -> Iterable[tuple[str, ColumnField]]:
        if self._options.fields:
            return self._options.fields.items()
        return [(name, self._unnamed(name)) for name in present if name not in self._reserved]

    def _unnamed(self, name: str) -> ColumnField:
        field = self._unmapped.get(name)
        if field is None:
            if len(self._unmapped) >= _MOST_UNMAPPED:
                self._unmapped.clear()
            field = self._unmapped[name] = ColumnField.model_construct(
                column=name, type="float", scale=None, unit=None, unit_column=None, unit_codes={}
            )
        return field

    def _time(self, present: Mapping[str, str]) -> int | None:
        if self._options.time is None or self._read_time is None:
            return None
        texts = [present.get(column) for column in self._options.time.columns]
        return None if None in texts else self._read_time(" ".join(text for text in texts if text))


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
