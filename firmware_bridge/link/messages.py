"""Every message of the link but the records inside DATA (docs/specs/link.md, section 2).

`read` turns kind and body into a message; a body may be longer than this version knows, except where "to the end" stands.
"""

import struct
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.link import frame
from firmware_bridge.link.body import Cursor, Malformed, bytes8, read_text, text8
from firmware_bridge.link.frame import Kind

VERSION = 1
MAGIC = b"QL"
NO_SESSION = 0
ALL_SETS = 255
LARGEST_AGE_MS = 0xFFFF_FFFF  # "that long or longer"
SETS = 31
FIELDS = 24
EXPONENTS = range(-18, 10)  # 2^32 × 10^9 is below 2^63
SMALLEST_FRAME_MAX = 32
WINDOW = 32
WHOLE_HELLO, EVERY_SENSOR = 1, 2  # bits of ASK
NOT_WANTED = 0xFFFF_FFFF  # offset of WANT
_HEAD = struct.Struct("<2sBB")
_HELLO = struct.Struct("<HIHHIIBB")
_SENSOR = struct.Struct("<BBI")
_DATA = struct.Struct("<HI")
_ANSWER = struct.Struct("<HBB")
_PICTURE = struct.Struct("<HIIB")
_CHUNK = struct.Struct("<HI")
_OPEN = struct.Struct("<2sBHI")
_ACK = struct.Struct("<HHHBI")
_COMMAND = struct.Struct("<HBB")
_WANT = struct.Struct("<HHIB")
CHUNK_BYTES = frame.BODY_BYTES - _CHUNK.size
RECORDS_BYTES = frame.BODY_BYTES - _DATA.size


class Message(Protocol):
    """Something that one end says to the other."""

    @property
    def kind(self) -> Kind: ...

    def body(self) -> bytes: ...


def wire(message: Message) -> bytes:
    """Return the message as it goes onto the line. ValueError if it does not fit a frame."""
    return frame.encode(message.kind, message.body())


@dataclass(frozen=True, slots=True)
class Hello:
    """Who the board is, and which frames it keeps."""

    boot: int
    session: int = NO_SESSION
    oldest: int = 0
    next: int = 0
    uptime_ms: int = 0
    lost: int = 0
    frame_max: int = frame.FRAME_BYTES
    set_count: int = 0
    min_version: int = VERSION
    max_version: int = VERSION
    board: str = ""
    firmware: str = ""
    version: str = ""
    build_id: str = ""
    uid: bytes = b""
    device: str = ""
    site: str = ""
    kind = Kind.HELLO

    def body(self) -> bytes:
        fixed = (self.session, self.boot, self.oldest, self.next, self.uptime_ms, self.lost, self.frame_max, self.set_count)
        board, firmware, version, build_id, device, site = map(
            str.encode, (self.board, self.firmware, self.version, self.build_id, self.device, self.site)
        )
        items = enumerate((board, firmware, version, build_id, self.uid, device, site), start=1)
        head = _HEAD.pack(MAGIC, self.min_version, self.max_version) + _HELLO.pack(*fixed)
        return head + b"".join(bytes((tag,)) + bytes8(text) for tag, text in items if text)


@dataclass(frozen=True, slots=True)
class StrangeHello:
    """A HELLO of a board that speaks no version of ours: more than its range is not read."""

    min_version: int
    max_version: int
    kind = Kind.HELLO

    def body(self) -> bytes:
        return _HEAD.pack(MAGIC, self.min_version, self.max_version)


@dataclass(frozen=True, slots=True)
class SensorField:
    """One value of a set: type 0 integer, 1 counter (both × 10^exponent), 2 single, 3 bit."""

    type: int
    name: str
    unit: str = ""
    exponent: int = 0


@dataclass(frozen=True, slots=True)
class SensorSet:
    """What is measured together. `interval_ms` 0: when something happens."""

    index: int
    measurement: str
    fields: tuple[SensorField, ...]
    interval_ms: int = 0
    set_count: int = 1
    kind = Kind.SENSOR

    def body(self) -> bytes:
        head = _SENSOR.pack(self.index, self.set_count, self.interval_ms) + text8(self.measurement) + bytes((len(self.fields),))
        return head + b"".join(bytes((one.type, one.exponent & 0xFF)) + text8(one.name) + text8(one.unit) for one in self.fields)


@dataclass(frozen=True, slots=True)
class Data:
    """A frame of readings; `records` is read by `records.py`, which needs the sets."""

    seq: int
    age_ms: int
    records: bytes
    kind = Kind.DATA

    def body(self) -> bytes:
        return _DATA.pack(self.seq, self.age_ms) + self.records


@dataclass(frozen=True, slots=True)
class LogText:
    """A line that the firmware wants read. `level` 0 debug, 1 info, 2 warning, 3 error (and what is above)."""

    level: int
    text: str
    kind = Kind.LOG

    def body(self) -> bytes:
        return bytes((self.level,)) + self.text.encode()[: frame.BODY_BYTES - 1]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command."""

    session: int
    id: int
    status: int
    returned: bytes = b""
    kind = Kind.ANSWER

    def body(self) -> bytes:
        return _ANSWER.pack(self.session, self.id, self.status) + self.returned


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the board offers."""

    picture: int
    size_bytes: int
    sha256: bytes
    age_ms: int = 0
    format: int = 1
    kind = Kind.PICTURE

    def body(self) -> bytes:
        return _PICTURE.pack(self.picture, self.size_bytes, self.age_ms, self.format) + self.sha256


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a picture."""

    picture: int
    offset: int
    data: bytes
    kind = Kind.CHUNK

    def body(self) -> bytes:
        return _CHUNK.pack(self.picture, self.offset) + self.data


@dataclass(frozen=True, slots=True)
class Ask:
    """The gateway wants to know who is there (`what`: bits of HELLO and SENSOR)."""

    what: int
    min_version: int = VERSION
    max_version: int = VERSION
    kind = Kind.ASK

    def body(self) -> bytes:
        return _HEAD.pack(MAGIC, self.min_version, self.max_version) + bytes((self.what,))


@dataclass(frozen=True, slots=True)
class Open:
    """The gateway begins a session with the board whose start has number `boot`."""

    session: int
    boot: int
    version: int = VERSION
    kind = Kind.OPEN

    def body(self) -> bytes:
        return _OPEN.pack(MAGIC, self.version, self.session, self.boot)


@dataclass(frozen=True, slots=True)
class Ack:
    """What was received, what is durable, how much more may come (section 5)."""

    session: int
    next: int
    durable: int
    credit: int
    have: int = 0
    kind = Kind.ACK

    def body(self) -> bytes:
        return _ACK.pack(self.session, self.next, self.durable, self.credit, self.have)


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do (section 6)."""

    session: int
    id: int
    code: int
    arguments: bytes = b""
    kind = Kind.COMMAND

    def body(self) -> bytes:
        return _COMMAND.pack(self.session, self.id, self.code) + self.arguments


@dataclass(frozen=True, slots=True)
class Want:
    """Chunks of a picture from `offset`; `offset` = size: forget it, `NOT_WANTED`: so too, unseen."""

    session: int
    picture: int
    offset: int
    chunks: int = 0
    kind = Kind.WANT

    def body(self) -> bytes:
        return _WANT.pack(self.session, self.picture, self.offset, self.chunks)


@dataclass(frozen=True, slots=True)
class Refuse:
    """The gateway speaks none of the board's versions, but these."""

    min_version: int = VERSION
    max_version: int = VERSION
    kind = Kind.REFUSE

    def body(self) -> bytes:
        return _HEAD.pack(MAGIC, self.min_version, self.max_version)


def _magic(cursor: Cursor) -> tuple[int, int]:
    magic, low, high = _HEAD.unpack(cursor.take(_HEAD.size))
    if magic != MAGIC:
        raise Malformed(f"{magic!r} where QL stands")
    if low > high:
        raise Malformed(f"versions {low} to {high}")
    return low, high


def read_hello(body: bytes, min_version: int = VERSION, max_version: int = VERSION) -> Hello | StrangeHello:
    """Return who says hello. A board that shares no version with ours may have said anything behind its range."""
    cursor = Cursor(body)
    low, high = _magic(cursor)
    if low > max_version or high < min_version:
        return StrangeHello(low, high)
    session, boot, oldest, after, uptime_ms, lost, frame_max, set_count = cursor.unpack(_HELLO)
    if not SMALLEST_FRAME_MAX <= frame_max <= frame.FRAME_BYTES or set_count > SETS:
        raise Malformed(f"frames of {frame_max} bytes, {set_count} sets")
    items: dict[int, bytes] = {}
    while cursor.left:
        tag = cursor.u8()
        items[tag] = cursor.bytes8()
    board, firmware, version, build_id, device, site = (read_text(items.get(tag, b"")) for tag in (1, 2, 3, 4, 6, 7))
    uid = items.get(5, b"")
    fixed = (boot, session, oldest, after, uptime_ms, lost, frame_max, set_count, low, high)
    return Hello(*fixed, board, firmware, version, build_id, uid, device, site)


def read_sensor(body: bytes) -> SensorSet:
    cursor = Cursor(body)
    index, set_count, interval_ms = cursor.unpack(_SENSOR)
    measurement, field_count = cursor.text8(), cursor.u8()
    if index >= min(set_count, SETS) or set_count > SETS or field_count > FIELDS:
        raise Malformed(f"set {index} of {set_count} with {field_count} fields")
    fields = []
    for _ in range(field_count):
        type_, exponent = cursor.u8(), cursor.i8()
        name, unit = cursor.text8(), cursor.text8()
        if type_ > 3 or exponent not in EXPONENTS:
            raise Malformed(f"field {name} has type {type_}, exponent {exponent}")
        fields.append(SensorField(type_, name, unit, exponent))
    if len({one.name for one in fields}) < field_count:
        raise Malformed(f"two fields of {measurement} have one name")
    return SensorSet(index, measurement, tuple(fields), interval_ms, set_count)


def read_data(body: bytes) -> Data:
    if len(body) < _DATA.size:
        raise Malformed(f"DATA of {len(body)} bytes")
    seq, age_ms = _DATA.unpack_from(body)
    return Data(seq, age_ms, body[_DATA.size :])


def read_log(body: bytes) -> LogText:
    cursor = Cursor(body)
    return LogText(cursor.u8(), read_text(cursor.rest()))


def read_answer(body: bytes) -> Answer:
    cursor = Cursor(body)
    session, command_id, status = cursor.unpack(_ANSWER)
    return Answer(session, command_id, status, cursor.rest())


def read_picture(body: bytes) -> Picture:
    cursor = Cursor(body)
    picture, size_bytes, age_ms, format_ = cursor.unpack(_PICTURE)
    return Picture(picture, size_bytes, cursor.take(32), age_ms, format_)


def read_chunk(body: bytes) -> Chunk:
    cursor = Cursor(body)
    picture, offset = cursor.unpack(_CHUNK)
    return Chunk(picture, offset, cursor.rest())


def read_ask(body: bytes) -> Ask:
    cursor = Cursor(body)
    low, high = _magic(cursor)
    return Ask(cursor.u8(), low, high)


def read_open(body: bytes) -> Open:
    cursor = Cursor(body)
    magic, version, session, boot = _OPEN.unpack(cursor.take(_OPEN.size))
    if magic != MAGIC or session == NO_SESSION:
        raise Malformed("OPEN without QL or session")
    return Open(session, boot, version)


def read_ack(body: bytes) -> Ack:
    return Ack(*Cursor(body).unpack(_ACK))


def read_command(body: bytes) -> Command:
    cursor = Cursor(body)
    session, command_id, code = cursor.unpack(_COMMAND)
    return Command(session, command_id, code, cursor.rest())


def read_want(body: bytes) -> Want:
    return Want(*Cursor(body).unpack(_WANT))


def read_refuse(body: bytes) -> Refuse:
    return Refuse(*_magic(Cursor(body)))


FROM_BOARD = {
    Kind.HELLO: read_hello,
    Kind.SENSOR: read_sensor,
    Kind.DATA: read_data,
    Kind.LOG: read_log,
    Kind.ANSWER: read_answer,
    Kind.PICTURE: read_picture,
    Kind.CHUNK: read_chunk,
}
FROM_GATEWAY = {
    Kind.ASK: read_ask,
    Kind.OPEN: read_open,
    Kind.ACK: read_ack,
    Kind.COMMAND: read_command,
    Kind.WANT: read_want,
    Kind.REFUSE: read_refuse,
}
