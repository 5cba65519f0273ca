"""Decoder `sparkplug`: messages of edge nodes, in order, as readings.

Births declare metrics and carry their first values; data messages name them by name or alias. Metrics of one time and quality become
one reading, at their own time: a historical one is never taken for live. Null and transient metrics hold nothing to store. Members of a
template's instance are read as metrics; an array and each row of a data set are readings of their own, with tag `metric`. Files and bytes
are refused. A death is told to the ledger, and data are refused until the next birth.

After a gap data go on to be read by the birth that is known, while the node is asked for a new one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from edge.decoders.decoder import UNDERSTOOD, Decoded, Missed, Refusals, Reply, shown
from edge.decoders.sparkplug.arrays import ARRAY, array_elements
from edge.decoders.sparkplug.births import BDSEQ, MAX_DEPTH, Birth, MetricPlan, metric_count, quality_of, read_birth
from edge.decoders.sparkplug.compressed import COMPRESSED, decompressed
from edge.decoders.sparkplug.data_sets import data_set_rows
from edge.decoders.sparkplug.nodes import Node, Nodes
from edge.decoders.sparkplug.options import Options
from edge.decoders.sparkplug.rebirth import rebirth_request
from edge.decoders.sparkplug.schema import read_payload
from edge.decoders.sparkplug.topics import COMMANDS, Address, parse_topic
from edge.decoders.sparkplug.values import type_name
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

_TOPICS_REMEMBERED = 5_000
_MS = 1_000_000
_LATEST_MS = (2**63 - 1) // _MS
_NO_TIME = "historical, and without a time of its own"
_TOO_LATE = "time {} ms is beyond what 64 bits of nanoseconds can hold"


class SparkplugDecoder:
    """See the module."""

    framing: Literal["message"] = "message"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._nodes = Nodes(options.max_nodes, options.max_metrics)
        self._addresses: dict[str, Address] = {}
        self._handlers: Mapping[str, Callable[[_Message], None]] = {
            "NBIRTH": self._node_birth,
            "DBIRTH": self._device_birth,
            "NDATA": self._data,
            "DDATA": self._data,
            "NDEATH": self._node_death,
            "DDEATH": self._device_death,
        }

    def decode(self, topic: str, payload: bytes) -> Decoded:
        address = self._addresses.get(topic) or self._address(topic)
        if address.kind in COMMANDS:
            return UNDERSTOOD
        if len(payload) > self._options.max_payload_bytes:
            raise RejectedError(f"{len(payload)} bytes; max_payload_bytes is {int(self._options.max_payload_bytes)}")
        content = read_payload(payload)
        if content.uuid == COMPRESSED:
            content = decompressed(content, int(self._options.max_payload_bytes))
        if content.seq > 255:
            raise RejectedError(f"sequence number {content.seq}; it ends at 255")
        message = _Message(address, content, self._nodes.of(f"{address.group}/{address.node}"), self._options)
        self._handlers[address.kind](message)
        return message.decoded()

    def _address(self, topic: str) -> Address:
        address = parse_topic(topic)
        if len(self._addresses) >= _TOPICS_REMEMBERED:
            del self._addresses[next(iter(self._addresses))]
        self._addresses[topic] = address
        return address

    def _node_birth(self, message: "_Message") -> None:
        content, address, node = message.content, message.address, message.node
        self._nodes.check_room(node, None, metric_count(content.metrics))
        birth = message.birth({"group": address.group, "device": address.node})
        bd_seq = next((one.long_value or one.int_value for one in content.metrics if one.name == BDSEQ), None)
        node.born(birth, message.seq, content.timestamp, bd_seq)
        message.read_values(birth)

    def _device_birth(self, message: "_Message") -> None:
        content, address, node = message.content, message.address, message.node
        if not message.is_of_born_node():
            return
        self._nodes.check_room(node, address.device, metric_count(content.metrics))
        message.count()
        birth = message.birth({"group": address.group, "node": address.node, "device": address.device})
        node.devices[address.device] = birth
        node.was_lost.discard(address.device)
        message.read_values(birth)

    def _data(self, message: "_Message") -> None:
        if not message.is_of_born_node():
            return
        message.count()
        device = message.address.device
        birth = message.node.devices.get(device) if device else message.node.birth
        if birth is None:
            message.refuse_unborn(f"device {shown(message.name)}")
        else:
            message.read_values(birth)

    def _node_death(self, message: "_Message") -> None:
        content, node = message.content, message.node
        bd_seq = next((one.long_value or one.int_value for one in content.metrics if one.name == BDSEQ), None)
        if node.birth is not None and None not in {bd_seq, node.bd_seq} and bd_seq != node.bd_seq:
            return  # the will of an earlier session, which a later birth has replaced
        if "" not in node.was_lost:
            known = f", with {len(node.devices)} devices" if node.devices else ""
            message.missed.append(Missed("device offline", None, f"edge node {node.name}{known}: NDEATH"))
        node.died()
        node.was_lost = {""}

    def _device_death(self, message: "_Message") -> None:
        device, node = message.address.device, message.node
        message.count()
        if device not in node.was_lost and "" not in node.was_lost:
            message.missed.append(Missed("device offline", None, f"device {message.name}: DDEATH"))
            self._nodes.remember_loss(node, device)
        node.devices.pop(device, None)


class _Message:
    """One message on its way to readings."""

    def __init__(self, address: Address, content: Any, node: Node, options: Options) -> None:
        self.address = address
        self.content = content
        self.node = node
        self.name = f"{node.name}/{address.device}" if address.device else node.name
        self.seq: int | None = content.seq if content.HasField("seq") else None
        self.missed: list[Missed] = []
        self._options = options
        self._readings: list[Reading] = []
        self._refusals = Refusals()
        self._replies: list[Reply] = []
        self._at_ms: int = content.timestamp
        self._birth: Birth | None = None
        self._bits = quality.GOOD  # of what has no property of its own: that of the template it is a member of
        self._open: dict[tuple[int, int, int, bool], dict[str, FieldValue]] = {}

    def decoded(self) -> Decoded:
        """A message that holds nothing to store is understood, unless something in it was refused."""
        refusals = self._refusals.listed()
        return Decoded(self._readings, refusals, not self._readings and not refusals, self.missed, self._replies)

    def birth(self, tags: Mapping[str, str]) -> Birth:
        options = self._options
        return read_birth(self.content.metrics, tags, options.measurement, self._refusals, integers=options.integers)

    def is_of_born_node(self) -> bool:
        """Tell whether the node's birth is known; if not, refuse the message and ask for it."""
        if self.node.birth is None:
            self.refuse_unborn(f"edge node {shown(self.node.name)}")
        return self.node.birth is not None

    def refuse_unborn(self, who: str) -> None:
        self._refusals.add(f"{who}: no birth since we listen, or since its death, so nobody knows its metrics")
        self._ask()

    def count(self) -> None:
        """Take note of the sequence number; a gap goes to the ledger, and the node is asked for its births."""
        gap = self.node.missed(self.seq, self.content.timestamp) if self.node.birth else None
        if gap:
            first, last = gap
            count = (last - first) % 256 + 1
            detail = f"{count} message{'s' if count > 1 else ''} of edge node {self.node.name}, sequence {first} to {last}"
            self.missed.append(Missed("not received", None, detail))
            self._ask()

    def read_values(self, birth: Birth) -> None:
        """Read every metric of the message by what the birth declares. A name, where it is given, counts more than an alias."""
        self._birth = birth
        by_name, by_alias = birth.by_name, birth.by_alias
        for metric in self.content.metrics:
            name = metric.name
            if name:
                plan = by_name.get(name)
            else:
                alias = metric.alias
                plan = by_alias.get(alias) if alias or metric.HasField("alias") else None
            if plan is None:
                self._refuse_undeclared(metric)
            elif plan.field and not metric.is_null and not metric.is_transient:
                try:
                    self._read(metric, plan)
                except ValueError as error:
                    self._refusals.add(f"metric {shown(plan.name)}: {error}")

    def _refuse_undeclared(self, metric: Any, prefix: str = "") -> None:
        if self.address.kind.endswith("BIRTH"):
            return  # it was refused as the birth was read
        which = f"metric {shown(f'{prefix}{metric.name}')}" if metric.name else f"the metric with alias {metric.alias}"
        self._refusals.add(f"{which} is not in the birth of {shown(self.name)}")
        self._ask()

    def _read(self, metric: Any, plan: MetricPlan) -> None:
        datatype = metric.datatype
        if datatype and datatype != plan.datatype:
            raise ValueError(f"{type_name(datatype)}, but {type_name(plan.datatype)} in the birth")
        which = metric.WhichOneof("value")
        read = plan.read.get(which)
        if read is None:
            self._read_whole(metric, plan, which)
            return
        value = read(getattr(metric, which))
        if plan.finish is not None:
            value = plan.finish(value)
        at_ms = metric.timestamp
        is_historical = metric.is_historical
        if is_historical and not at_ms:
            raise ValueError(_NO_TIME)
        bits = quality_of(metric) if metric.HasField("properties") else self._bits
        key = (id(plan.tags), at_ms or self._at_ms, bits, is_historical)
        fields = self._open.get(key)
        if fields is None or plan.field in fields:
            fields = self._reading(plan.tags, key)
        fields[plan.field] = value

    def _read_whole(self, metric: Any, plan: MetricPlan, which: str | None) -> None:
        """Read what holds several values; ValueError where nothing of it is stored."""
        kind = type_name(plan.datatype)
        if plan.problem:
            raise ValueError(plan.problem)
        if which == "template_value" and kind == "Template":
            if not metric.template_value.is_definition:
                self._read_members(metric, plan.name)
        elif which == "dataset_value" and kind == "DataSet":
            self._read_rows(metric, plan)
        elif which == "bytes_value" and kind.endswith(ARRAY):
            self._read_elements(metric, plan, kind.removesuffix(ARRAY))
        else:
            raise ValueError(f"{kind} in {which} is not stored" if which else "no value, and not null")

    def _read_members(self, metric: Any, name: str, depth: int = 1) -> None:
        """Read the members of a template's instance; time, quality and history are the template's where they say nothing else."""
        birth, bits_before = self._birth, self._bits
        if birth is None or depth > MAX_DEPTH:
            raise ValueError(f"templates in templates, {MAX_DEPTH} deep")
        bits = quality_of(metric) if metric.HasField("properties") else bits_before
        for member in metric.template_value.metrics:
            plan = birth.by_name.get(f"{name}/{member.name}") if member.name else birth.by_alias.get(member.alias)
            if plan is None:
                self._refuse_undeclared(member, f"{name}/")
            elif plan.field and not member.is_null and not member.is_transient:
                member.timestamp = member.timestamp or metric.timestamp
                member.is_historical = member.is_historical or metric.is_historical
                self._bits = bits
                try:
                    if member.WhichOneof("value") == "template_value" and not plan.problem:
                        self._read_members(member, plan.name, depth + 1)
                    else:
                        self._read(member, plan)
                except ValueError as error:
                    self._refusals.add(f"metric {shown(plan.name)}: {error}")
        self._bits = bits_before

    def _read_elements(self, metric: Any, plan: MetricPlan, element: str) -> None:
        values = array_elements(element, metric.bytes_value, self._options.max_elements)
        finish = plan.finish
        fields = {f"{plan.field}_{index}": value if finish is None else finish(value) for index, value in enumerate(values)}
        self._add(metric, plan.tags, fields)

    def _read_rows(self, metric: Any, plan: MetricPlan) -> None:
        def refuse(reason: str) -> None:
            self._refusals.add(f"metric {shown(plan.name)}: {reason}")

        options = self._options
        rows = data_set_rows(metric.dataset_value, options.measurement, options.max_elements, refuse, integers=options.integers)
        for number, fields in rows:
            self._add(metric, {**plan.tags, "row": str(number)}, fields)

    def _add(self, metric: Any, tags: Mapping[str, str], fields: Mapping[str, FieldValue]) -> None:
        """Add a reading that no other metric shares."""
        bits = quality_of(metric) if metric.HasField("properties") else self._bits
        if fields:
            at_ms, is_historical = _time_of(metric, self._at_ms)
            time_ns = at_ms * _MS if at_ms else None
            self._readings.append(Reading(self._options.measurement, tags, fields, time_ns, bits, is_historical=is_historical))

    def _reading(self, tags: Mapping[str, str], key: tuple[int, int, int, bool]) -> dict[str, FieldValue]:
        """Begin a reading and return its fields."""
        _, at_ms, bits, is_historical = key
        if at_ms > _LATEST_MS:
            raise ValueError(_TOO_LATE.format(at_ms))
        fields = self._open[key] = {}
        time_ns = at_ms * _MS if at_ms else None
        self._readings.append(Reading(self._options.measurement, tags, fields, time_ns, bits, is_historical=is_historical))
        return fields

    def _ask(self) -> None:
        if self._options.rebirth and self.node.is_to_be_asked():
            self._replies.append(rebirth_request(self.address, self.content.timestamp))


def _time_of(metric: Any, at_ms: int) -> tuple[int, bool]:
    """Return time (0: none) and whether it is historical; ValueError if that cannot be."""
    own_ms: int = metric.timestamp
    if metric.is_historical and not own_ms:
        raise ValueError(_NO_TIME)
    if (own_ms or at_ms) > _LATEST_MS:
        raise ValueError(_TOO_LATE.format(own_ms or at_ms))
    return own_ms or at_ms, bool(metric.is_historical)


def build(options: Options) -> SparkplugDecoder:
    """Return the decoder for checked options."""
    return SparkplugDecoder(options)
