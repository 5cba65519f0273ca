"""The JSON decoder: mappings compiled once to getters, then run per message.

What only the topic decides (measurement, tags from placeholders) is worked out once a topic and remembered.
"""

from typing import Literal, NamedTuple

from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.json_mapping.options import Options, ReadingMapping
from edge.decoders.json_mapping.path import Path, Scope, elements, parse_path
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.json_mapping.reading import OfTopic, ReadingPlan
from edge.decoders.topic import TopicMatcher
from telemetry.errors import RejectedError
from telemetry.point import Reading

_TOPICS_REMEMBERED = 5_000


class JsonDecoder:
    """Decoder `json`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._max_payload_bytes = int(options.max_payload_bytes)
        self._max_readings = options.max_readings
        self._matcher = TopicMatcher(options.topic, _TOPICS_REMEMBERED)
        self._rules = tuple(_Rule.of(mapping, options) for mapping in options.mappings)
        first = self._rules[0]
        self._plain = first.plan if len(self._rules) == 1 and first.is_whole_message and first.plan.is_plain else None
        self._by_topic: dict[str, tuple[OfTopic, ...]] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > self._max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {self._max_payload_bytes}")
        of_topic = self._by_topic.get(topic) or self._of_topic(topic)
        root = parse_payload(payload)
        refusals = Refusals()
        if self._plain is not None and root.__class__ is dict:
            reading = self._plain.read_plain(root, of_topic[0], refusals)
            return Decoded((reading,) if reading is not None else (), refusals.listed())
        return self._decode_all(Scope(root, None, None), of_topic, refusals)

    def _decode_all(self, root: Scope, of_topic: tuple[OfTopic, ...], refusals: Refusals) -> Decoded:
        readings: list[Reading] = []
        for rule, one in zip(self._rules, of_topic, strict=True):
            scopes = (root,) if rule.is_whole_message and isinstance(root.value, dict) else elements(rule.each, root)
            if scopes is None:
                if not rule.is_optional:
                    refusals.add(f"nothing at {rule.each_text}")
                continue
            for scope in scopes:
                if len(readings) >= self._max_readings:
                    refusals.add(f"more than {self._max_readings} readings in one message; the rest is left out (max_readings)")
                    break
                reading = rule.plan.read(scope, one, refusals)
                if reading is not None:
                    readings.append(reading)
        return Decoded(readings, refusals.listed())

    def _of_topic(self, topic: str) -> tuple[OfTopic, ...]:
        named = self._matcher.match(topic)
        if named is None and self._matcher.patterns:
            raise RejectedError(f"topic {shown(topic)} fits no pattern of this source")
        known = {"topic": topic, **(named or {})}
        if len(self._by_topic) >= _TOPICS_REMEMBERED:
            del self._by_topic[next(iter(self._by_topic))]
        made = self._by_topic[topic] = tuple(rule.plan.of_topic(known) for rule in self._rules)
        return made


class _Rule(NamedTuple):
    each: Path
    each_text: str
    is_whole_message: bool
    is_optional: bool
    plan: ReadingPlan

    @classmethod
    def of(cls, mapping: ReadingMapping, options: Options) -> "_Rule":
        return cls(parse_path(mapping.each), mapping.each, mapping.each == "$", mapping.optional, ReadingPlan(mapping, options))


def build(options: Options) -> JsonDecoder:
    """Return the decoder for checked options."""
    return JsonDecoder(options)
