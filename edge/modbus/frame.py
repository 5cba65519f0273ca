"""Modbus frames: how long they are, what they ask, and what they answer.

    RTU   unit │ PDU │ CRC-16, low byte first            at most 256 bytes
    MBAP  transaction (2) │ 0 0 │ length (2) │ unit │ PDU      Modbus/TCP
    PDU   function │ data; a function with its high bit set answers with an exception code

A frame does not say whether it asks or answers: `request_size` and `answer_size` give how long it would be as either, and the CRC decides.
Read functions 1 to 4 carry readings; all others are cut right and named, no more.
"""

import struct
from typing import NamedTuple

from edge.framers.checksums import crc16_modbus

MAX_RTU_BYTES = 256
LEAST_RTU_BYTES = 4
READS = (1, 2, 3, 4)
READ_AND_WRITE = 23
BROADCAST = 0
FUNCTIONS = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write coil",
    6: "write register",
    7: "read exception status",
    8: "diagnostics",
    11: "read event counter",
    12: "read event log",
    15: "write coils",
    16: "write registers",
    17: "report server id",
    20: "read file",
    21: "write file",
    22: "mask register",
    23: "read and write registers",
    24: "read FIFO",
    43: "read device identification",
}
EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledged, still at work",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target does not answer",
}
_FIXED_REQUEST = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 7: 4, 8: 8, 11: 4, 12: 4, 17: 4, 22: 10, 24: 6, 43: 7}
_COUNTED_REQUEST = {15: (6, 9), 16: (6, 9), 20: (2, 5), 21: (2, 5), 23: (10, 13)}  # where the byte count is, and what is around it
_FIXED_ANSWER = {5: 8, 6: 8, 7: 5, 8: 8, 11: 8, 15: 8, 16: 8, 22: 10}
_COUNTED_ANSWER = {1: (2, 5), 2: (2, 5), 3: (2, 5), 4: (2, 5), 12: (2, 5), 17: (2, 5), 20: (2, 5), 21: (2, 5), 23: (2, 5)}
_READ = struct.Struct(">HH")
_MBAP_HEAD = 7


class Pdu(NamedTuple):
    """One frame without its envelope: `data` is what follows the function."""

    unit: int
    function: int
    data: bytes

    @property
    def exception(self) -> str:
        """The exception that the frame answers with, "" if none."""
        if not self.function & 0x80 or not self.data:
            return ""
        code = self.data[0]
        return f"exception {code}, {EXCEPTIONS.get(code, 'of the device’s own')}"


class Span(NamedTuple):
    """What a read asks for: `length` registers, coils or inputs from `address` (0-based)."""

    function: int
    address: int
    length: int

    @property
    def byte_count(self) -> int:
        """How many bytes of data an answer to it has."""
        return 2 * self.length if self.function in {3, 4} else (self.length + 7) // 8

    def holds(self, other: "Span") -> bool:
        """Whether `other` is wholly in it."""
        return (
            self.function == other.function and self.address <= other.address and other.address + other.length <= self.address + self.length
        )

    def hull(self, other: "Span") -> "Span":
        """Return the least that holds both; they are of one function."""
        first = min(self.address, other.address)
        return Span(self.function, first, max(self.address + self.length, other.address + other.length) - first)

    @property
    def pdu(self) -> bytes:
        """Function and data of the request."""
        return read_request(self)

    def size_of(self, answer: bytes) -> int | None:
        """Return the bytes of an RTU answer that begins so, 0 if it answers something else, None while that cannot be told."""
        if len(answer) < 3:
            return None
        return self.byte_count + 5 if answer[2] == self.byte_count else 0

    def is_answered_by(self, data: bytes) -> bool:
        """Whether an answer's data, without unit and function, is what was asked for."""
        return len(data) == self.byte_count + 1 and data[0] == self.byte_count

    def __str__(self) -> str:
        last = f" to {self.address + self.length - 1}" if self.length > 1 else ""
        return f"{FUNCTIONS[self.function]} {self.address}{last}"


class Call(NamedTuple):
    """A request other than a read, the same way: function, and the data behind it."""

    function: int
    data: bytes = b""

    @property
    def byte_count(self) -> int:
        """Not known before."""
        return -1

    @property
    def pdu(self) -> bytes:
        return bytes((self.function,)) + self.data

    def size_of(self, answer: bytes) -> int | None:
        return answer_size(answer)

    def is_answered_by(self, data: bytes) -> bool:
        """Whether there is something; a function with a MEI type (43) repeats it."""
        return len(data) > 0 and (self.function != 43 or data[:1] == self.data[:1])

    def __str__(self) -> str:
        return name_of(self.function)


Question = Span | Call


def request_size(head: bytes | bytearray | memoryview) -> int | None:
    """Return the bytes of the RTU request that begins with `head`, 0 if there is none such, None while `head` is too short to tell."""
    if len(head) < 2:
        return None
    return _FIXED_REQUEST.get(head[1]) or _counted(head, _COUNTED_REQUEST)


def answer_size(head: bytes | bytearray | memoryview) -> int | None:
    """The same for an answer."""
    if len(head) < 2:
        return None
    function = head[1]
    if function & 0x80:
        return 5 if function & 0x7F in FUNCTIONS else 0
    if function == 43:
        return _identification_size(head)
    if function == 24:
        return 6 + int.from_bytes(head[2:4], "big") if len(head) >= 4 else None
    return _FIXED_ANSWER.get(function) or _counted(head, _COUNTED_ANSWER)


def read_span(pdu: Pdu) -> Span | None:
    """Return what a frame asks to be read, None when it is no such request. Function 23 reads holding registers, and writes some."""
    function, data = pdu.function, pdu.data
    if function == READ_AND_WRITE and len(data) > _READ.size:
        function, data = 3, data[: _READ.size]
    if function not in READS or len(data) != _READ.size:
        return None
    address, count = _READ.unpack(data)
    most = 125 if function in {3, 4} else 2000
    return Span(function, address, count) if 0 < count <= most and address + count <= 1 << 16 else None


def read_request(span: Span) -> bytes:
    """Return function and data of the request for `span`."""
    return bytes((span.function,)) + _READ.pack(span.address, span.length)


def name_of(function: int) -> str:
    """Return what a function does, in a few words; its high bit does not matter."""
    return FUNCTIONS.get(function & 0x7F, f"function {function & 0x7F}")


def rtu(unit: int, pdu: bytes) -> bytes:
    """Return the RTU frame of function and data."""
    body = bytes((unit,)) + pdu
    return body + crc16_modbus(body).to_bytes(2, "little")


def has_right_crc(frame: bytes | bytearray | memoryview) -> bool:
    """Whether the last two bytes of an RTU frame are right: a CRC over its own value, low byte first, is 0."""
    return len(frame) >= LEAST_RTU_BYTES and not crc16_modbus(frame)


def open_rtu(frame: bytes) -> Pdu:
    """Return the PDU of a whole RTU frame."""
    return Pdu(frame[0], frame[1], frame[2:-2])


def mbap(transaction: int, unit: int, pdu: bytes) -> bytes:
    """Return the Modbus/TCP frame of function and data."""
    return struct.pack(">HHHB", transaction & 0xFFFF, 0, len(pdu) + 1, unit) + pdu


def split_mbap(payload: bytes) -> list[tuple[int, Pdu]] | None:
    """Return (transaction, PDU) of each Modbus/TCP frame in `payload`, None when it is not made of such frames alone."""
    found: list[tuple[int, Pdu]] = []
    at = 0
    while at < len(payload):
        if len(payload) - at <= _MBAP_HEAD:
            return None
        transaction, protocol, length = struct.unpack_from(">HHH", payload, at)
        if protocol or not 2 <= length <= 254 or at + 6 + length > len(payload):
            return None
        end = at + 6 + length
        found.append((transaction, Pdu(payload[at + 6], payload[at + 7], payload[at + 8 : end])))
        at = end
    return found or None


def _counted(head: bytes | bytearray | memoryview, table: dict[int, tuple[int, int]]) -> int | None:
    place = table.get(head[1])
    if place is None:
        return 0
    at, around = place
    if len(head) <= at:
        return None
    return head[at] + around if head[at] else 0


def _identification_size(head: bytes | bytearray | memoryview) -> int | None:
    """43/14: unit, 43, 14, code, conformity, more, next, number of objects, then id, length, text of each; CRC."""
    if len(head) > 2 and head[2] != 14:
        return 0
    at = 8
    if len(head) < at:
        return None
    for _ in range(head[7]):
        if len(head) < at + 2:
            return None
        at += 2 + head[at + 1]
        if at > MAX_RTU_BYTES:
            return 0
    return at + 2
