"""A discovery message → what it says: `<prefix>/<component>/[<node>/]<object id>/config` (home-assistant.io, "MQTT Discovery").

Keys may be abbreviated; `~` at either end of a topic stands for the base topic; `<prefix>/device/<id>/config` describes a whole device with
its entities under `components`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edge.decoders.gathering import Target
from edge.decoders.ha_discovery.classes import OPENINGS, TEXTS, Described, target_of
from edge.decoders.ha_discovery.template import PLAIN, Template, parse_template
from edge.decoders.values import as_str, as_tag
from edge.names import lower_snake
from telemetry.errors import RejectedError

ABBREVIATIONS = {  # of the keys that are read here, and of those that are not to be mistaken for them
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmps": "components",
    "cns": "connections",
    "curr_hum_t": "current_humidity_topic",
    "curr_hum_tpl": "current_humidity_template",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "dev": "device",
    "dev_cla": "device_class",
    "ent_cat": "entity_category",
    "exp_aft": "expire_after",
    "ids": "identifiers",
    "json_attr_t": "json_attributes_topic",
    "mdl": "model",
    "mf": "manufacturer",
    "o": "origin",
    "obj_id": "object_id",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "sn": "serial_number",
    "stat_cla": "state_class",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "sw": "sw_version",
    "t": "topic",
    "temp_unit": "temperature_unit",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
MEASURING = frozenset({"sensor", "binary_sensor", "number", "switch"})
# What a thermostat measures beside what it is told: (class, topic, template)
_OF_CLIMATE = (
    ("temperature", "current_temperature_topic", "current_temperature_template"),
    ("humidity", "current_humidity_topic", "current_humidity_template"),
)
_CLIMATES = frozenset({"climate", "humidifier", "water_heater"})
_LONGEST_TOPIC = 512
_LONGEST_NAME = 64
_LONGEST_REASON = 400
_MAX_ENTITIES_OF_DEVICE = 500
_MAX_AVAILABILITY = 4


class Availability(NamedTuple):
    """A topic that says whether the device is there, and how that goes with the entity's other such topics."""

    topic: str
    template: Template
    online: str
    offline: str
    mode: str  # "all", "any", "latest"
    together: tuple[str, ...]  # all availability topics of the entity


class Entity(NamedTuple):
    """One entity, ready for its state messages."""

    key: str  # config topic, and the component's name in a device's message
    object_id: str
    device: str
    identity: str
    state_topic: str
    template: Template
    target: Target
    on: str | None  # for what is on or off
    off: str
    is_inverted: bool
    is_text: bool
    takes_text: bool
    availability: tuple[Availability, ...]
    tags: Mapping[str, str]


class ConfigError(ValueError):
    """What is wrong with one entity of a discovery message, and the topic whose states nobody can read now ("" where it is not known)."""

    def __init__(self, reason: str, state_topic: str = "") -> None:
        super().__init__(reason)
        self.state_topic = state_topic


def entities(prefix_topic: str, component: str, node: str, object_id: str, root: Mapping[str, object]) -> Iterator["Entity | ConfigError"]:
    """Yield the entities that measure something, or what is wrong with one."""
    config = _expanded(root)
    if component != "device":
        yield from _one(prefix_topic, component, node, object_id, config)
        return
    shared = {key: value for key, value in config.items() if key != "components"}
    parts = config.get("components")
    for number, (name, part) in enumerate(parts.items() if isinstance(parts, dict) else ()):
        if number >= _MAX_ENTITIES_OF_DEVICE:
            yield ConfigError(f"more than {_MAX_ENTITIES_OF_DEVICE} components; the rest is left out")
            return
        if isinstance(part, dict) and len(part) > 1:  # of a component that is taken away only its platform is left
            merged = {**shared, **_expanded(part)}
            platform = merged.get("platform")
            yield from _one(f"{prefix_topic}#{name}", platform if isinstance(platform, str) else "", object_id, name, merged)


def _one(key: str, component: str, node: str, object_id: str, config: Mapping[str, object]) -> Iterator["Entity | ConfigError"]:
    if component in _CLIMATES:
        for device_class, topic, template in _OF_CLIMATE:
            if config.get(topic):
                unit = "°F" if device_class == "temperature" and config.get("temperature_unit") == "F" else ""
                part = {"state_topic": config[topic], "value_template": config.get(template), "unit_of_measurement": unit}
                yield from _one(f"{key}#{device_class}", "sensor", node, object_id, {**config, **part, "device_class": device_class})
    if component not in MEASURING:
        return
    try:
        yield _entity(key, component, node, object_id, config)
    except (ValueError, RejectedError) as error:
        reason = _printable(error.reason if isinstance(error, RejectedError) else str(error))
        base = config.get("~")
        state_topic = _topic(config.get("state_topic"), base[:_LONGEST_TOPIC] if isinstance(base, str) else "")
        yield ConfigError(f"entity {_printable(object_id[:_LONGEST_NAME])}: {reason}", state_topic)


def _entity(key: str, component: str, node: str, object_id: str, config: Mapping[str, object]) -> Entity:
    base = _text(config, "~")
    state_topic = _topic(config.get("state_topic"), base)
    if not state_topic:
        raise ConfigError("no state_topic")
    device, identity = _device(config.get("device"), node or object_id)
    described = Described(
        component,
        as_tag(_printable(object_id[:_LONGEST_NAME])),
        _text(config, "device_class"),
        _text(config, "unit_of_measurement"),
        _text(config, "state_class"),
        _text(config, "entity_category"),
        frozenset(lower_snake(f"{object_id[:_LONGEST_NAME]} {state_topic.rpartition('/')[2][:_LONGEST_NAME]}").split("_")),
    )
    is_binary = component in {"binary_sensor", "switch"}
    on = _payload(config.get("state_on", config.get("payload_on")), "ON") if is_binary else None
    return Entity(
        key,
        described.object_id,
        device,
        identity,
        state_topic,
        _template(config, "value_template"),
        target_of(described),
        on,
        _payload(config.get("state_off", config.get("payload_off")), "OFF"),
        is_inverted=described.component == "binary_sensor" and described.device_class in OPENINGS,
        is_text=described.device_class in TEXTS,
        takes_text=not (described.unit or described.state_class or described.device_class),
        availability=_availabilities(config, base),
        tags={"device": device, "sensor": described.object_id},
    )


def _availabilities(config: Mapping[str, object], base: str) -> tuple[Availability, ...]:
    found = tuple(_availability(config, base))
    topics = tuple(one.topic for one in found)
    return tuple(one._replace(together=topics) for one in found)


def _availability(config: Mapping[str, object], base: str) -> Iterator[Availability]:
    mode = config.get("availability_mode")
    mode = mode if isinstance(mode, str) and mode in {"all", "any"} else "latest"
    listed = config.get("availability")
    rows: list[object] = [*listed[:_MAX_AVAILABILITY]] if isinstance(listed, list) else [listed]
    rows = [_expanded(row) for row in rows if isinstance(row, dict)]
    rows.append({**config, "topic": config.get("availability_topic"), "value_template": config.get("availability_template")})
    for row in rows:
        topic = _topic(row.get("topic"), base) if isinstance(row, dict) else ""
        if isinstance(row, dict) and topic:
            try:
                template = _template(row, "value_template")
            except ValueError:
                continue  # whether it is there cannot be told; what it measures can
            online = _payload(row.get("payload_available"), "online")
            yield Availability(topic, template, online, _payload(row.get("payload_not_available"), "offline"), mode, ())


def _device(device: object, fallback: str) -> tuple[str, str]:
    """Return (name, identity) of the device; the name is what people see, the identity tells two devices of one name apart."""
    if not isinstance(device, dict):
        return as_tag(fallback[:_LONGEST_NAME]), as_tag(fallback[:_LONGEST_TOPIC])
    config = _expanded(device)
    ids = config.get("identifiers") or config.get("connections")
    first = ids[0] if isinstance(ids, list) and ids else ids
    identity = "/".join(map(str, first)) if isinstance(first, list) else first if isinstance(first, str) else ""
    name = _text(config, "name") or identity or fallback
    return as_tag(name[:_LONGEST_NAME]), as_tag((identity or name)[:_LONGEST_TOPIC])


def _template(config: Mapping[str, object], key: str) -> Template:
    text = config.get(key)
    return parse_template(text) if isinstance(text, str) and text else PLAIN


def _topic(value: object, base: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TOPIC:
        return ""
    if base and value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if base and value.endswith("~") else value


def _payload(value: object, default: str) -> str:
    """Return a payload as a template would show it; `payload_on: false` is `false`."""
    return default if value is None or isinstance(value, dict | list) else as_str(value)[:_LONGEST_NAME].lower()


def _text(config: Mapping[str, object], key: str) -> str:
    value = config.get(key)
    return as_str(value)[:_LONGEST_TOPIC] if isinstance(value, str) else ""


def _expanded(config: Mapping[str, object]) -> dict[str, object]:
    return {ABBREVIATIONS.get(key, key): value for key, value in config.items()}


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST_REASON])
