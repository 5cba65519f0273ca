"""The entities that are known, by the topic of their state; bounded, and no two of them share a field.

Tag `sensor` is the entity's object id, always: which of two temperatures of a device came first must not decide which series it has.
Two devices of one name are told apart by identity: the second has it behind its name.
"""

from collections.abc import Sequence

from edge.decoders.ha_discovery.config import Availability, Entity

MAX_ENTITIES = 5_000
_MAX_CHARACTERS = 8 * 1024 * 1024  # of all that is kept as text; 5,000 entities of Zigbee2MQTT take about 1.5 million


class Entities:
    """What discovery has told so far; one thread."""

    def __init__(self) -> None:
        self._by_key: dict[str, Entity] = {}
        self._keys: dict[str, list[str]] = {}  # of one discovery topic
        self._characters = 0
        self._by_topic: dict[str, tuple[Entity, ...]] = {}
        self._by_availability: dict[str, tuple[Availability, str]] = {}
        self._fields: dict[tuple[str, str, str, str], str] = {}  # (device, sensor, measurement, field) → key
        self._identities: dict[str, tuple[str, int]] = {}  # device's name → (identity, how many entities)

    def of(self, state_topic: str) -> Sequence[Entity]:
        return self._by_topic.get(state_topic, ())

    def availability(self, topic: str) -> tuple[Availability, str] | None:
        """Return how a topic says that a device is away, and the device."""
        return self._by_availability.get(topic)

    def forget(self, config_topic: str) -> None:
        """Drop all that one discovery topic said."""
        for key in self._keys.pop(config_topic, ()):
            self._drop(self._by_key.pop(key))

    def learn(self, config_topic: str, entity: Entity) -> str:
        """Add an entity; return why it cannot be, "" if it can."""
        entity = self._named(entity)
        if len(self._by_key) >= MAX_ENTITIES or self._characters + _size(entity) > _MAX_CHARACTERS:
            return f"{len(self._by_key)} entities are known; this one is left out"
        if entity.key in self._by_key:
            return f"entity {entity.object_id!r} is described twice"
        place = _place(entity)
        taken = self._fields.get(place)
        if taken is not None and taken != entity.key:
            return f"{entity.target.field} of sensor {entity.object_id!r} of {entity.device!r} is already what {taken[:200]!r} says"
        self._fields[place] = entity.key
        self._by_key[entity.key] = entity
        self._keys.setdefault(config_topic, []).append(entity.key)
        self._characters += _size(entity)
        self._by_topic[entity.state_topic] = (*self.of(entity.state_topic), entity)
        identity, count = self._identities.get(entity.device, (entity.identity, 0))
        self._identities[entity.device] = identity, count + 1
        for one in entity.availability:
            known = self._by_availability.get(one.topic)
            if known is None and len(self._by_availability) >= MAX_ENTITIES:
                del self._by_availability[next(iter(self._by_availability))]
            of_many = known is not None and known[1] != entity.device
            self._by_availability[one.topic] = (one, one.topic if of_many else entity.device)
        return ""

    def _named(self, entity: Entity) -> Entity:
        known = self._identities.get(entity.device)
        if known is None or known[0] == entity.identity:
            return entity
        device = f"{entity.device} {entity.identity}"[:128]
        return entity._replace(device=device, tags={**entity.tags, "device": device})

    def _drop(self, entity: Entity) -> None:
        del self._fields[_place(entity)]
        self._characters -= _size(entity)
        left = tuple(one for one in self.of(entity.state_topic) if one.key != entity.key)
        if left:
            self._by_topic[entity.state_topic] = left
        else:
            del self._by_topic[entity.state_topic]
        identity, count = self._identities[entity.device]
        if count > 1:
            self._identities[entity.device] = identity, count - 1
        else:
            del self._identities[entity.device]
            for topic in [topic for topic, (_, device) in self._by_availability.items() if device == entity.device]:
                del self._by_availability[topic]


def _place(entity: Entity) -> tuple[str, str, str, str]:
    return entity.device, entity.object_id, entity.target.measurement, entity.target.field


def _size(entity: Entity) -> int:
    availability = sum(len(one.topic) + one.template.size for one in entity.availability)
    return 2 * len(entity.key) + len(entity.state_topic) + len(entity.device) + availability + entity.template.size + 300
