"""Frames of a packet capture → TCP segments. Link types as in https://www.tcpdump.org/linktypes.html.

Of frames that are no TCP, or fragments of one, None is returned; damaged ones raise ValueError, which says what is wrong.
"""

import ipaddress
import struct

from quanho.captures.tcp import Address, Segment

_ETHERNET, _RAW, _COOKED, _COOKED_2 = (1,), (12, 14, 101, 228, 229), 113, 276
_LOOPBACK = (0, 108)
_IPV4, _IPV6, _VLANS = 0x0800, 0x86DD, (0x8100, 0x88A8)
_TCP = 6
_EXTENSIONS = (0, 43, 60)  # IPv6: hop-by-hop, routing, destination options
LINK_TYPES = frozenset((*_ETHERNET, *_RAW, _COOKED, _COOKED_2, *_LOOPBACK))


def segment_of(frame: bytes, link_type: int) -> Segment | None:
    """Return the TCP segment in `frame`."""
    kind, packet = _network(frame, link_type)
    if kind == _IPV4:
        return _ipv4(packet)
    return _ipv6(packet) if kind == _IPV6 else None


def _network(frame: bytes, link_type: int) -> tuple[int, bytes]:
    """Return (Ethernet's number of the protocol, packet)."""
    if link_type in _RAW or link_type in _LOOPBACK:
        packet = frame[4:] if link_type in _LOOPBACK else frame
        return {4: _IPV4, 6: _IPV6}.get(packet[0] >> 4 if packet else 0, 0), packet
    at = {_COOKED: 14, _COOKED_2: 0}.get(link_type, 12)
    start = {_COOKED: 16, _COOKED_2: 20}.get(link_type, 14)
    if len(frame) < start:
        raise ValueError("shorter than its link header")
    kind = int.from_bytes(frame[at : at + 2], "big")
    while kind in _VLANS and len(frame) >= start + 4:
        kind = int.from_bytes(frame[start + 2 : start + 4], "big")
        start += 4
    return kind, frame[start:]


def _ipv4(packet: bytes) -> Segment | None:
    if len(packet) < 20 or packet[0] >> 4 != 4:
        raise ValueError("no IPv4 header")
    size, total = (packet[0] & 15) * 4, int.from_bytes(packet[2:4], "big")
    if packet[9] != _TCP:
        return None
    if int.from_bytes(packet[6:8], "big") & 0x3FFF:
        raise ValueError("a fragment of an IPv4 packet, which is not put together")
    if total == 0:
        total = len(packet)  # captured before the network card filled it in
    if size < 20 or total < size:
        raise ValueError("impossible IPv4 header")
    return _tcp(packet[size:total], packet[12:16], packet[16:20], total - size)


def _ipv6(packet: bytes) -> Segment | None:
    if len(packet) < 40:
        raise ValueError("no IPv6 header")
    following, at = packet[6], 40
    total = 40 + int.from_bytes(packet[4:6], "big")
    while following in _EXTENSIONS and at + 8 <= len(packet):
        following, size = packet[at], (packet[at + 1] + 1) * 8
        at += size
    if following != _TCP:
        return None
    return _tcp(packet[at:total], packet[8:24], packet[24:40], total - at)


def _tcp(content: bytes, source: bytes, target: bytes, size: int) -> Segment:
    if len(content) < 20:
        raise ValueError("no TCP header")
    source_port, target_port, sequence, acknowledged, offset, flags = struct.unpack_from(">HHIIBB", content)
    start = (offset >> 4) * 4
    if start < 20 or start > size:
        raise ValueError("impossible TCP header")
    hosts = (ipaddress.ip_address(one).compressed for one in (source, target))
    ends = [Address(host, port) for host, port in zip(hosts, (source_port, target_port), strict=True)]
    return Segment(ends[0], ends[1], sequence, acknowledged, flags, content[start:])
