"""Topics of Sparkplug B (Sparkplug 3.0.0, section 4): spBv1.0/<group>/<type>/<edge node>[/<device>], spBv1.0/STATE/<host>."""

from typing import NamedTuple

from edge.decoders.decoder import shown
from telemetry.errors import RejectedError

NAMESPACE = "spBv1.0"
_LONGEST = 512  # characters; names of nodes are remembered, and told to the ledger
OF_NODES = frozenset({"NBIRTH", "NDEATH", "NDATA", "NCMD"})
OF_DEVICES = frozenset({"DBIRTH", "DDEATH", "DDATA", "DCMD"})
COMMANDS = frozenset({"NCMD", "DCMD", "STATE"})  # of hosts, and what they say of themselves: never a reading


class Address(NamedTuple):
    """What a topic says. `device` is "" for the edge node itself."""

    kind: str
    group: str = ""
    node: str = ""
    device: str = ""


def parse_topic(topic: str) -> Address:
    """Return what `topic` says; RejectedError if it is none of Sparkplug B."""
    if len(topic) > _LONGEST or not topic.isprintable():
        raise RejectedError(f"topic {shown(topic)} is no printable text of at most {_LONGEST} characters")
    levels = topic.split("/")
    if levels[0] == "STATE" and len(levels) == 2:  # Sparkplug 2.2
        return Address("STATE")
    if levels[0] != NAMESPACE:
        raise RejectedError(f"topic {shown(topic)} is not below {NAMESPACE}/")
    if len(levels) == 3 and levels[1] == "STATE":
        return Address("STATE")
    is_whole = (
        all(levels)
        and not {"+", "#"} & set(topic)
        and ((len(levels) == 4 and levels[2] in OF_NODES) or (len(levels) == 5 and levels[2] in OF_DEVICES))
    )
    if not is_whole:
        raise RejectedError(f"topic {shown(topic)} is not {NAMESPACE}/group/type/node[/device]")
    return Address(levels[2], levels[1], levels[3], levels[4] if len(levels) == 5 else "")


def recognise(topic: str, payload: bytes) -> str:
    """Say why a message looks like Sparkplug B, "" if it does not. The topic decides: without one, nobody can tell births from data."""
    try:
        address = parse_topic(topic)
    except RejectedError:
        return ""
    if not topic.startswith(NAMESPACE):
        return ""
    if address.kind in COMMANDS:
        return f"topic of Sparkplug B, {address.kind}"
    from edge.decoders.sparkplug.schema import read_payload

    try:
        message = read_payload(payload)
    except RejectedError:
        return ""
    return f"topic of Sparkplug B, {address.kind}, with {len(message.metrics)} metrics in protobuf"
