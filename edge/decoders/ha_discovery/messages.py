"""Discovery and state messages.

    homeassistant/sensor/nodemcu/pressure/config   {"state_topic": "nodemcu/bmp180_pres", "unit_of_measurement": "hPa", …}: learned
    nodemcu/bmp180_pres                            1009.3: a reading of air, pressure 1009.3, device nodemcu, sensor pressure
    nodemcu/sensor/pressure/state                  ESPHome's layout: a reading even before its discovery, by the object id
    nodemcu/status                                 online, offline: ESPHome's last will, or any topic that discovery names

Discovery is retained at the broker, so that all of it comes at the start. A state whose discovery has not come is refused, unless its topic
has ESPHome's layout: then its field is the object id, in measurement `reading`, with no unit. An empty message on a discovery topic
forgets. `expire_after` is Home Assistant's own alarm: here `expect_every_s` of the source tells of silence.
"""

import re
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusals, shown
from edge.decoders.gathering import OF_DEVICE, UNKNOWN, Gathering, target
from edge.decoders.ha_discovery.config import Availability, ConfigError, Entity, entities
from edge.decoders.ha_discovery.entities import MAX_ENTITIES, Entities
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.presence import Presence, is_online
from edge.decoders.values import as_bool, as_float, as_str
from edge.names import lower_snake
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MAX_PAYLOAD_BYTES = 256 * 1024  # discovery of a device with 500 entities
_MAX_STATE_BYTES = 64 * 1024
_CONFIG = re.compile(r"([a-z_]+)/(?:([^/]+)/)?([^/]+)/config")
_COMPONENTS = "sensor|binary_sensor|number|switch|text_sensor|text|light|fan|cover|valve|climate|select|lock|update|event|date|time"
_ESPHOME = re.compile(rf"(.+)/({_COMPONENTS})/([a-z0-9_\-]+)/state", re.ASCII)
_MIGRATION = frozenset({"migrate_discovery", "migr_discvry"})
_ABSENT = frozenset({"", "unknown", "unavailable", "none", "null", "na", "n/a"})
_NUMERIC = frozenset({"sensor", "number"})
_BINARY = frozenset({"binary_sensor", "switch"})
_RECOGNISED = _NUMERIC | _BINARY | {"text_sensor"}


class Options(BaseModel):
    """Options of decoders `ha_discovery` and `esphome`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    discovery_prefix: str = Field("homeassistant", description="first level of the discovery topics", min_length=1)


class HaDiscoveryDecoder:
    """Decoders `ha_discovery` and `esphome`."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._prefix = options.discovery_prefix.strip("/") + "/"
        self._entities = Entities()
        self._presence = Presence()
        self._is_online: dict[str, bool] = {}  # by availability topic, of those that entities name
        self._unreadable: dict[str, None] = {}  # state topics of refused entities: what they send was refused with their discovery

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if topic.startswith(self._prefix):
            return self._learn(topic, payload)
        known = self._entities.of(topic)
        if known:
            return _states(known, payload)
        if availability := self._entities.availability(topic):
            return self._of_availability(*availability, payload)
        return UNDERSTOOD if topic in self._unreadable else self._undiscovered(topic, payload)

    def _learn(self, topic: str, payload: bytes) -> Decoded:
        found = _CONFIG.fullmatch(topic[len(self._prefix) :])
        if found is None:
            return UNDERSTOOD  # homeassistant/status and the like
        self._entities.forget(topic)
        if not payload:
            return UNDERSTOOD
        if len(payload) > _MAX_PAYLOAD_BYTES:
            raise RejectedError(f"{len(payload)} bytes; {_MAX_PAYLOAD_BYTES} are taken")
        root = parse_payload(payload)
        if not isinstance(root, dict):
            raise RejectedError(f"{shown(root)} where an object of discovery is expected")
        if root.keys() <= _MIGRATION:
            return UNDERSTOOD  # nothing any more, or what is about to be said in the message of the whole device
        refusals = Refusals()
        for one in entities(topic, found[1], found[2] or "", found[3], root):
            reason = str(one) if isinstance(one, ConfigError) else self._entities.learn(topic, one)
            if reason:
                refusals.add(reason)
                self._pass_over(one.state_topic)
            else:
                self._unreadable.pop(one.state_topic, None)
        return Decoded((), refusals.listed(), is_understood=True)

    def _pass_over(self, state_topic: str) -> None:
        if state_topic and not self._entities.of(state_topic):
            if len(self._unreadable) >= MAX_ENTITIES:
                del self._unreadable[next(iter(self._unreadable))]
            self._unreadable[state_topic] = None

    def _of_availability(self, how: Availability, device: str, payload: bytes) -> Decoded:
        text = payload[:_MAX_STATE_BYTES].decode("utf-8", "replace")
        try:
            said = how.template.read(text, _json(payload) if how.template.is_json else None)
        except ValueError as error:
            raise RejectedError(f"availability of {shown(device)}: {error}") from None
        word = _word(said)
        if word not in {how.online, how.offline}:
            return UNDERSTOOD
        if how.topic not in self._is_online and len(self._is_online) >= MAX_ENTITIES:
            del self._is_online[next(iter(self._is_online))]
        is_there = self._is_online[how.topic] = word == how.online
        others = [self._is_online.get(topic, how.mode == "all") for topic in how.together if topic != how.topic]
        if how.mode == "all":
            is_there = is_there and all(others)
        elif how.mode == "any":
            is_there = is_there or any(others)
        return Decoded((), is_understood=True, missed=self._presence.told(device, is_online=is_there))

    def _undiscovered(self, topic: str, payload: bytes) -> Decoded:
        node, _, last = topic.rpartition("/")
        if last == "status" and node and (known := is_online(payload[:20].decode("ascii", "replace"))) is not None:
            return Decoded((), is_understood=True, missed=self._presence.told(node, is_online=known))
        found = _ESPHOME.fullmatch(topic)
        if found is None:
            if last == "debug" or topic.endswith("/command"):
                return UNDERSTOOD
            raise RejectedError(f"no discovery names topic {shown(topic)}; is {self._prefix}# among the topics of this source?")
        device, component, object_id = found.groups()
        if component not in _NUMERIC | _BINARY:
            return UNDERSTOOD
        text = _text(payload)
        refusals = Refusals()
        gathering = Gathering(refusals)
        if text.lower() not in _ABSENT:
            where = target(UNKNOWN, lower_snake(object_id))
            gathering.put(where if component in _NUMERIC else where._replace(convert=as_bool), text)
        return Decoded(gathering.readings({"device": device, "sensor": object_id}, None), refusals.listed(), is_understood=True)


def _states(known: Sequence[Entity], payload: bytes) -> Decoded:
    """Return a reading for each entity that the message has a value of."""
    text: str | None = None
    root: object = None
    is_parsed = False
    refusals = Refusals()
    readings: list[Reading] = []
    for entity in known:
        template = entity.template
        if not template.is_json:
            text = _text(payload) if text is None else text
        elif not is_parsed:
            root, is_parsed = _json(payload), True
        try:
            value = template.read(text or "", root)
        except ValueError as error:
            refusals.add(f"{entity.object_id}: {error}")
            continue
        if value is None or entity.is_text or (value.__class__ is str and value.strip().lower() in _ABSENT):
            continue
        if entity.on is not None:
            value = _truth(value, entity)
        elif entity.takes_text and not _is_number(value):
            continue  # a text, of which discovery did not say that it is a number
        measurement, field, convert = entity.target
        if value.__class__ is not float or convert is not as_float:
            try:
                value = convert(value)
            except (ValueError, RejectedError) as error:
                refusals.add(f"{entity.object_id}: {error}")
                continue
        readings.append(Reading(measurement or OF_DEVICE, entity.tags, {field: value}))
    return Decoded(readings, refusals.listed(), is_understood=True)


def _truth(value: object, entity: Entity) -> object:
    """Return true or false; anything else as it is, to be refused by name."""
    word = _word(value)
    if word == (entity.on or "").lower():
        return not entity.is_inverted
    return entity.is_inverted if word == entity.off.lower() else f"{word} (neither {entity.on} nor {entity.off})"


def _word(value: object) -> str:
    try:
        return as_str(value).strip().lower()[:200]
    except ValueError:
        return ""


def _is_number(value: object) -> bool:
    try:
        as_float(value)
    except ValueError:
        return False
    return True


def _json(payload: bytes) -> object:
    if len(payload) > _MAX_STATE_BYTES:
        raise RejectedError(f"{len(payload)} bytes; {_MAX_STATE_BYTES} are taken")
    return parse_payload(payload)


def _text(payload: bytes) -> str:
    if len(payload) > _MAX_STATE_BYTES:
        raise RejectedError(f"{len(payload)} bytes; {_MAX_STATE_BYTES} are taken")
    try:
        return payload.decode().strip()
    except UnicodeDecodeError as error:
        raise RejectedError(f"not UTF-8 at byte {error.start}") from None


def recognise(topic: str, payload: bytes) -> str:
    """Return the evidence that this is discovery of another system than ESPHome, "" if there is none."""
    if not topic.endswith("/config") or esphome_evidence(topic, payload):
        return ""
    if any(key in payload for key in (b'"state_topic"', b'"stat_t"', b'"cmps"')):
        return "discovery with a state topic"
    return "topic homeassistant/…/config" if topic.startswith("homeassistant/") else ""


def esphome_evidence(topic: str, payload: bytes) -> str:
    """Return the evidence that this is ESPHome's, "" if there is none."""
    if topic.endswith("/config"):
        return "discovery that names ESPHome" if b"esphome" in payload[:8_000].lower() else ""
    found = _ESPHOME.fullmatch(topic)
    return f"topic <node>/{found[2]}/<object id>/state" if found and found[2] in _RECOGNISED else ""


def build(options: Options) -> HaDiscoveryDecoder:
    """Return the decoder for checked options."""
    return HaDiscoveryDecoder(options)
