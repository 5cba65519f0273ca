"""The request to an edge node to say again who it is: NCMD with `Node Control/Rebirth` = true (Sparkplug 3.0.0, section 6.4.22).

A decoder has no clock, so the request carries the time of the node's own message that made it necessary.
"""

from edge.decoders.decoder import Reply
from edge.decoders.sparkplug.schema import DATA_TYPES, Payload
from edge.decoders.sparkplug.topics import NAMESPACE, Address

_REBIRTH = "Node Control/Rebirth"


def rebirth_request(address: Address, timestamp: int) -> Reply:
    """Return the message for the edge node of `address`; `timestamp` in ms since 1970 UTC."""
    payload = Payload(timestamp=timestamp)
    payload.metrics.add(name=_REBIRTH, timestamp=timestamp, datatype=DATA_TYPES.index("Boolean"), boolean_value=True)
    return Reply(f"{NAMESPACE}/{address.group}/NCMD/{address.node}", payload.SerializeToString())
