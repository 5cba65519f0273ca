"""One kind of reading, compiled: which elements it takes, and how their measurement, tags, fields and time are found."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.decoders.decoder import Refusals, shown
from edge.decoders.json_mapping.fields import FieldTable
from edge.decoders.json_mapping.flatten import Flattening, Way
from edge.decoders.json_mapping.options import PATH_STARTS, Options, ReadingMapping, TagMapping, TimeMapping
from edge.decoders.json_mapping.path import Scope, getter, parse_path
from edge.decoders.templates import is_template, pieces, placeholders
from edge.decoders.timestamps import time_reader
from edge.decoders.values import as_str
from telemetry.point import FieldValue, Reading

DEFAULT_MEASUREMENT = "reading"

Get = Callable[[Scope], object]
GetText = Callable[[Scope, Mapping[str, str]], str | None]


class OfTopic(NamedTuple):
    """What a topic decides of one kind of reading; `measurement` is None where the message decides it. Do not change the tags."""

    named: Mapping[str, str]
    measurement: str | None
    tags: Mapping[str, str]


class ReadingPlan:
    """`of_topic` once a topic, `read` once an element."""

    def __init__(self, mapping: ReadingMapping, options: Options) -> None:
        limits = {"max_fields": options.max_fields, "max_depth": options.max_depth}
        self._measurement = mapping.measurement
        self._get_measurement = _text_getter(mapping.measurement) if mapping.measurement and is_template(mapping.measurement) else None
        self._topic_tags = {name: tag for name, tag in mapping.tags.items() if _is_of_topic(tag.path)}
        self._message_tags = [_Tag(name, tag) for name, tag in mapping.tags.items() if name not in self._topic_tags]
        self._table = FieldTable(mapping.fields, Flattening((), takes_strings=True, **limits)) if mapping.fields else None
        self._flattening = Flattening(_ways_used(mapping), takes_strings=mapping.strings, **limits)
        self._where = [(_getter(path), value if isinstance(value, tuple) else (value,)) for path, value in mapping.where.items()]
        self._has = [_getter(path) for path in mapping.has]
        self._time = _Time(mapping.time) if mapping.time else None
        is_of_topic = self._get_measurement is None or _is_of_topic(mapping.measurement or "")
        self.is_plain = (
            is_of_topic
            and not (self._message_tags or self._where or self._has or mapping.time)
            and (self._table is None or self._table.is_plain)
        )

    def of_topic(self, named: Mapping[str, str]) -> OfTopic:
        """Return what the named levels of a topic (and `topic` itself) decide."""
        template = self._measurement or ("{measurement}" if "measurement" in named else DEFAULT_MEASUREMENT)
        used = {*placeholders(template), *self._topic_tags, *(tag.name for tag in self._message_tags), "topic"}
        tags = {name: value for name, value in named.items() if name not in used and not name.startswith("_")}
        tags.update((name, tag.path.format_map(named)) for name, tag in self._topic_tags.items())
        return OfTopic(named, template.format_map(named) if _is_of_topic(template) or not is_template(template) else None, tags)

    def read(self, scope: Scope, topic: OfTopic, refusals: Refusals) -> Reading | None:
        """Return the reading of one element; None where it is not of this kind, or refused."""
        if (self._where or self._has) and not self._is_wanted(scope):
            return None
        measurement = topic.measurement
        if measurement is None:
            measurement = self._get_measurement(scope, topic.named) if self._get_measurement else None
            if not measurement:
                refusals.add(f"measurement {self._measurement} is absent")
                return None
        tags = topic.tags if not self._message_tags else self._tags(scope, topic, refusals)
        if tags is None:
            return None
        fields = self._fields(scope, refusals)
        if not fields:
            if fields is not None:
                refusals.add(f"no field of {measurement} in {shown(scope.value)}")
            return None
        time_ns = None
        if self._time is not None:
            try:
                time_ns = self._time.read(scope)
            except ValueError as error:
                refusals.add(f"time: {error}")
                return None
        return Reading(measurement, tags, fields, time_ns)

    def read_plain(self, element: dict[str, object], topic: OfTopic, refusals: Refusals) -> Reading | None:
        """Return what `read` does for an element that is the whole message, if `is_plain`: without a scope and what needs one."""
        if self._table is not None:
            fields = self._table.read_plain(element, refusals)
        else:
            fields = self._flattening.plain(element) or {}
            if not fields:
                return self.read(Scope(element, None, None), topic, refusals)
        if fields and topic.measurement:
            return Reading(topic.measurement, topic.tags, fields, None)
        refusals.add(f"no field of {topic.measurement} in {shown(element)}")
        return None

    def _is_wanted(self, scope: Scope) -> bool:
        for get, wanted in self._where:
            value = get(scope)
            if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted):
                return False
        return all(get(scope) is not None for get in self._has)

    def _tags(self, scope: Scope, topic: OfTopic, refusals: Refusals) -> dict[str, str] | None:
        tags = dict(topic.tags)
        for tag in self._message_tags:
            try:
                value = tag.get(scope, topic.named) or tag.default
            except ValueError as error:
                refusals.add(f"tag {tag.name}: {error}")
                return None
            if value:
                tags[tag.name] = value
            elif tag.is_required:
                refusals.add(f"tag {tag.name} is absent ({tag.path})")
                return None
        return tags

    def _fields(self, scope: Scope, refusals: Refusals) -> dict[str, FieldValue] | None:
        if self._table is not None:
            return self._table.read(scope, refusals)
        fields: dict[str, FieldValue] = {}
        value = scope.value if isinstance(scope.value, dict | list) else {"value": scope.value}
        self._flattening.flatten(value, "", fields, refusals)
        return fields


class _Tag:
    def __init__(self, name: str, mapping: TagMapping) -> None:
        self.name = name
        self.path = mapping.path
        self.default = mapping.default
        self.is_required = mapping.required or (name == "device" and mapping.default is None)  # else devices would share a series
        self.get = _text_getter(mapping.path) if is_template(mapping.path) else _path_getter(mapping.path)


class _Time:
    def __init__(self, mapping: TimeMapping) -> None:
        self._getters = [_getter(path) for path in mapping.path]
        self._read = time_reader(mapping.format, mapping.tz)
        self._is_required = mapping.required

    def read(self, scope: Scope) -> int | None:
        """Return ns since 1970 UTC, None when absent; ValueError when it cannot be read or is absent though required."""
        values = [get(scope) for get in self._getters]
        if None in values:
            if self._is_required:
                raise ValueError("absent")
            return None
        return self._read(values[0] if len(values) == 1 else " ".join(map(as_str, values)))


def _getter(path: str) -> Get:
    return getter(parse_path(path))


def _path_getter(path: str) -> GetText:
    get = _getter(path)
    return lambda scope, _: _as_text(get(scope))


def _text_getter(template: str) -> GetText:
    """Return a function that fills `template` from an element and the named levels; it gives None when one is absent."""
    parts = [(text, name, _getter(name) if name.startswith(PATH_STARTS) else None) for text, name in pieces(template)]

    def fill(scope: Scope, named: Mapping[str, str]) -> str | None:
        out: list[str] = []
        for text, name, get in parts:
            value = "" if not name else _as_text(get(scope)) if get else named.get(name)
            if value is None:
                return None
            out += (text, value)
        return "".join(out)

    return fill


def _as_text(value: object) -> str | None:
    return None if value is None else as_str(value)


def _is_of_topic(template: str) -> bool:
    return is_template(template) and not any(name.startswith(PATH_STARTS) for name in placeholders(template))


def _ways_used(mapping: ReadingMapping) -> list[Way]:
    """Return the ways, from the element, to what is tag, time or skipped: these are no fields."""
    texts = [*mapping.skip, *(mapping.time.path if mapping.time else ())]
    for tag in mapping.tags.values():
        texts += [name for name in placeholders(tag.path) if name.startswith(PATH_STARTS)] if is_template(tag.path) else [tag.path]
    if mapping.measurement:
        texts += [name for name in placeholders(mapping.measurement) if name.startswith(PATH_STARTS)]
    paths = [parse_path(text) for text in texts]
    is_root = mapping.each == "$"
    return [path.steps for path in paths if not path.is_key and (path.up == 0 or (path.up is None and is_root))]
