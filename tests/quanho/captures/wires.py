"""Captures made by hand: what a logic analyser and a packet dump would have seen."""

import io
import struct
import zipfile
from collections.abc import Sequence

from quanho.captures.capture import Capture, CaptureOptions, Fault, Item, Note, Piece
from quanho.captures.table import open_capture


def opened(content: bytes, name: str = "-", format_name: str | None = None, **options: object) -> Capture:
    return open_capture(io.BytesIO(content), name, format_name, CaptureOptions(**options))  # type: ignore[arg-type]


def pieces(items: Sequence[Item]) -> list[bytes]:
    return [item.payload for item in items if isinstance(item, Piece)]


def faults(items: Sequence[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Fault)]


def notes(items: Sequence[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Note)]


def levels(
    data: bytes, bit: int, parity: str = "none", idle: int = 1, gap_bits: int = 3, stop_bits: int = 1, data_bits: int = 8
) -> list[int]:
    """Return the samples of a line that sends `data`, `bit` samples a bit, with silence around each byte."""
    line = [1] * (20 * bit)
    for byte in data:
        bits = [byte >> number & 1 for number in range(data_bits)]
        even = sum(bits) & 1
        extra = {"none": [], "even": [even], "odd": [even ^ 1]}[parity]
        for one in [0, *bits, *extra, *[1] * (stop_bits + gap_bits)]:
            line += [one] * bit
    line += [1] * (20 * bit)
    return line if idle else [one ^ 1 for one in line]


def sr(channels: dict[str, Sequence[int]], samplerate: str = "1 MHz", unit_bytes: int = 1, members: int = 1) -> bytes:
    """Return a .sr file with these samples a channel."""
    length = max(map(len, channels.values()))
    words = [0] * length
    for number, line in enumerate(channels.values()):
        padded = [*line, *[line[-1]] * (length - len(line))]
        words = [word | level << number for word, level in zip(words, padded, strict=True)]
    data = b"".join(word.to_bytes(unit_bytes, "little") for word in words)
    names = "\n".join(f"probe{number}={name}" for number, name in enumerate(channels, start=1))
    metadata = f"[global]\nsigrok version=0.5\n\n[device 1]\ncapturefile=logic-1\nsamplerate={samplerate}\n{names}\nunitsize={unit_bytes}\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("version", "2")
        archive.writestr("metadata", metadata)
        size = -(-len(data) // members)
        for number in range(members):
            archive.writestr(f"logic-1-{number + 1}", data[number * size : (number + 1) * size])
    return content.getvalue()


def tcp(source: tuple[str, int], target: tuple[str, int], sequence: int, data: bytes = b"", flags: int = 0x18, ack: int = 0) -> bytes:
    """Return an Ethernet frame with one TCP segment over IPv4."""
    hosts = [bytes(map(int, host.split("."))) for host, _ in (source, target)]
    segment = struct.pack(">HHIIBBHHH", source[1], target[1], sequence % 2**32, ack % 2**32, 0x50, flags, 512, 0, 0) + data
    packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0) + hosts[0] + hosts[1] + segment
    return b"\x02" * 12 + b"\x08\x00" + packet


def pcap(frames: Sequence[bytes], link_type: int = 1, order: str = "<", magic: int = 0xA1B2C3D4, fraction: int = 500) -> bytes:
    """Return a pcap file; the frames come one a second from second 1,000 on."""
    content = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, link_type)
    for number, frame in enumerate(frames):
        content += struct.pack(f"{order}IIII", 1000 + number, fraction, len(frame), len(frame)) + frame
    return content


def pcapng(frames: Sequence[bytes], link_type: int = 1, order: str = "<", resolution: int | None = None) -> bytes:
    """Return a pcapng file; the frames come one a second from second 1,000 on, in units of 10^-resolution s."""
    units = 10 ** (6 if resolution is None else resolution)

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(f"{order}I", 12 + len(body))
        return struct.pack(f"{order}I", kind) + length + body + length

    option = b"" if resolution is None else struct.pack(f"{order}HHB3xHH", 9, 1, resolution, 0, 0)
    content = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    content += block(1, struct.pack(f"{order}HHI", link_type, 0, 0) + option) + block(5, bytes(8))
    for number, frame in enumerate(frames):
        time = (1000 + number) * units
        content += block(6, struct.pack(f"{order}5I", 0, time >> 32, time & 0xFFFF_FFFF, len(frame), len(frame)) + frame)
    return content
