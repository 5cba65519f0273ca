"""The edge nodes that are known: their births, their sequence, and when to ask for a rebirth. Bounded.

Sequence (Sparkplug 3.0.0, section 6.4.2): each message of an edge node but NDEATH, its devices' among them, counts on, from 0 to 255
and from 0 again. A number left out is a message that never came; then, as when data come before a birth, the node is asked for its
births, once until it is born or ASK_AGAIN_AFTER messages have needed it.
"""

from edge.decoders.decoder import shown
from edge.decoders.sparkplug.births import Birth
from telemetry.errors import RejectedError

ASK_AGAIN_AFTER = 20
_SEQUENCE = 256


class Node:
    """One edge node."""

    __slots__ = ("_asked_before", "_expected", "_last_timestamp", "bd_seq", "birth", "devices", "name", "was_lost")

    def __init__(self, name: str) -> None:
        self.name = name  # group/node
        self.birth: Birth | None = None  # None until it is born, and after its death
        self.devices: dict[str, Birth] = {}
        self.bd_seq: int | None = None
        self.was_lost: set[str] = set()  # devices, and "" for the node itself, whose death was told and that were not born since
        self._expected: int | None = None
        self._last_timestamp = 0
        self._asked_before = 0

    @property
    def size(self) -> int:
        return (len(self.birth) if self.birth else 1) + sum(map(len, self.devices.values())) + len(self.was_lost)

    def born(self, birth: Birth, seq: int | None, timestamp: int, bd_seq: int | None) -> None:
        """The node said who it is: what was known of it and of its devices is over."""
        self.birth, self.bd_seq = birth, bd_seq
        self.devices.clear()
        self.was_lost.clear()
        self._asked_before = 0
        self._expected = None
        self.missed(seq, timestamp)

    def died(self) -> None:
        self.birth, self._expected = None, None
        self.devices.clear()

    def missed(self, seq: int | None, timestamp: int) -> tuple[int, int] | None:
        """Take note of a message's number; return the first and the last number that were left out, if there are any."""
        expected = self._expected
        if seq is None:
            return None
        if expected is not None and seq == (expected - 1) % _SEQUENCE and timestamp == self._last_timestamp:
            return None  # the same message again
        self._expected, self._last_timestamp = (seq + 1) % _SEQUENCE, timestamp
        return None if expected in {None, seq} else (expected or 0, (seq - 1) % _SEQUENCE)

    def is_to_be_asked(self) -> bool:
        """A message needs births that we do not have; tell whether to ask for them now."""
        is_now = self._asked_before == 0
        self._asked_before = (self._asked_before + 1) % ASK_AGAIN_AFTER
        return is_now


class Nodes:
    """All nodes of one source."""

    def __init__(self, max_nodes: int, max_metrics: int) -> None:
        self._max_nodes = max_nodes
        self._max_metrics = max_metrics
        self._nodes: dict[str, Node] = {}

    def of(self, name: str) -> Node:
        """Return the node, new if need be; one that was never born makes room for it. RejectedError if all have been."""
        node = self._nodes.get(name)
        if node is None:
            if len(self._nodes) >= self._max_nodes:
                idle = next((key for key, one in self._nodes.items() if one.birth is None), None)
                if idle is None:
                    raise RejectedError(f"{self._max_nodes} edge nodes are known, {shown(name)} is one more (max_nodes)")
                del self._nodes[idle]
            node = self._nodes[name] = Node(name)
        return node

    def check_room(self, node: Node, device: str | None, metric_count: int) -> None:
        """RejectedError if a birth of so many metrics is too much; `device` is None for the node's own."""
        taken = self._size_without(node)
        if device is not None:
            taken += node.size - (len(node.devices[device]) if device in node.devices else 0)
        if taken + metric_count + 1 > self._max_metrics:
            raise RejectedError(f"a birth of {metric_count} metrics, {taken} are known already; max_metrics is {self._max_metrics}")

    def remember_loss(self, node: Node, device: str) -> None:
        """The death of `device` was told; where there is no room to remember it, it may be told again."""
        if self._size_without(node) + node.size < self._max_metrics:
            node.was_lost.add(device)

    def _size_without(self, node: Node) -> int:
        return sum(one.size for one in self._nodes.values() if one is not node)
