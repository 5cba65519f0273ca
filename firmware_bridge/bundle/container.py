"""The container of a bundle: a ZIP file (PKWARE APPNOTE 6.3) of the plainest kind, read strictly.

    local header, data | local header, data | … | central directory | end record

Every byte belongs to exactly one of these: members follow one another from byte 0 in the order of the directory, the directory follows the
last one and the end record, without a comment, ends the file. Each member is stored or deflated, has a plain name, no extra field, no
comment, no data descriptor, and says the same in its local header and in the directory. Python's zipfile and Info-ZIP's `zip -X` write such
files, any unzip reads them; the parser is our own because lenient ones differ in what they take for a member.

`members` looks at headers only; nothing is inflated, and nothing is kept beyond the file itself, before the limits hold.
"""

import re
import stat
import struct
import zlib
from dataclasses import dataclass

from firmware_bridge.bundle.manifest import IMAGE_BYTES, IMAGES, MANIFEST_NAME, SIGNATURE_NAME
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from telemetry.said import Said, said

BUNDLE_BYTES = 64 << 20
MANIFEST_BYTES = 64 << 10
SIGNATURE_FILE_BYTES = 1 << 10
MEMBERS = IMAGES + 2
RATIO = 100  # firmware deflates to a half or third; make.py stores what would go beyond

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_STORED, _DEFLATED = 0, 8
_IS_ENCRYPTED, _HAS_DESCRIPTOR, _IS_PATCH, _IS_STRONG = 1, 8, 32, 64
_UNIX = 3
_LIMITS = {MANIFEST_NAME: MANIFEST_BYTES, SIGNATURE_NAME: SIGNATURE_FILE_BYTES}


@dataclass(frozen=True, slots=True)
class Member:
    """One member: where its data stands, and what its headers promise."""

    name: str
    is_deflated: bool
    start: int
    packed_bytes: int
    size: int
    crc: int


def members(data: bytes) -> dict[str, Member]:
    """Return the members by name, in their order. Raises BundleRefused."""
    if len(data) > BUNDLE_BYTES:
        raise BundleRefused(
            said(
                f"tệp dài {len(data)} byte, gói nhiều nhất {BUNDLE_BYTES}",
                f"the file has {len(data)} bytes, a bundle at most {BUNDLE_BYTES}",
            ),
            Cause.TOO_LARGE,
        )
    count, directory_start = _end_record(data)
    found: dict[str, Member] = {}
    local_at, at = 0, directory_start
    for _ in range(count):
        member, at, local_at = _member(data, at, local_at)
        if member.name in found:
            raise BundleRefused(said(f"{member.name} có hai lần trong tệp", f"{member.name} is in the file twice"), Cause.DUPLICATE)
        found[member.name] = member
    if local_at != directory_start or at != len(data) - _END.size:
        raise BundleRefused(
            said(
                "giữa các thành phần và mục lục, hoặc sau mục lục, có byte không thuộc về đâu",
                "bytes stand between the members and the directory, or behind it, that belong to neither",
            ),
            Cause.HIDDEN_DATA,
        )
    return found


def read(data: bytes, member: Member) -> bytes:
    """Return the content of a member. Raises BundleRefused when it is not what its headers promise; never inflates more than that."""
    packed = memoryview(data)[member.start : member.start + member.packed_bytes]
    content = _inflated(packed, member) if member.is_deflated else bytes(packed)
    if zlib.crc32(content) != member.crc:
        raise BundleRefused(
            said(f"{member.name}: sai tổng kiểm tra; hãy sao chép lại gói", f"{member.name}: the checksum is wrong; copy the bundle again"),
            Cause.DAMAGED,
        )
    return content


def _inflated(packed: memoryview, member: Member) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(packed, member.size + 1)
    except zlib.error as error:
        raise BundleRefused(
            said(
                f"{member.name}: dữ liệu nén bị hỏng; hãy sao chép lại gói",
                f"{member.name}: the compressed data is damaged; copy the bundle again",
            ),
            Cause.DAMAGED,
        ) from error
    if len(content) > member.size:
        raise BundleRefused(
            said(
                f"{member.name}: giải nén ra nhiều hơn {member.size} byte đã khai",
                f"{member.name}: it inflates to more than the {member.size} bytes that it promises",
            ),
            Cause.BOMB,
        )
    if len(content) < member.size or inflater.unused_data or not inflater.eof:
        raise BundleRefused(
            said(
                f"{member.name}: giải nén không ra đúng {member.size} byte đã khai",
                f"{member.name}: it does not inflate to the {member.size} bytes that it promises",
            ),
            Cause.DAMAGED,
        )
    return content


def _end_record(data: bytes) -> tuple[int, int]:
    """Return the number of members and where the directory starts."""
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise BundleRefused(_first_bytes(data), Cause.HIDDEN_DATA if b"PK\x03\x04" in data[:65_536] else Cause.NOT_A_BUNDLE)
    if len(data) < _END.size or data[-_END.size :][:4] != b"PK\x05\x06":
        if b"PK\x05\x06" not in data[-65_557 : len(data) - _END.size + 4]:
            raise BundleRefused(
                said("tệp thiếu phần cuối; hãy sao chép lại", "the end of the file is missing; copy it again"), Cause.TRUNCATED
            )
        raise BundleRefused(said("sau chỗ kết thúc gói còn byte thừa", "bytes follow the end of the bundle"), Cause.HIDDEN_DATA)
    _, disk, directory_disk, here, count, size, start, comment = _END.unpack(data[-_END.size :])
    if disk or directory_disk or here != count or comment:
        raise BundleRefused(
            said("bản ghi cuối không phải của một tệp đơn bình thường", "the end record is not that of a single plain file"),
            Cause.INCONSISTENT,
        )
    if count > MEMBERS:
        raise BundleRefused(
            said(f"tệp có {count} thành phần, gói nhiều nhất {MEMBERS}", f"the file has {count} members, a bundle at most {MEMBERS}"),
            Cause.TOO_LARGE,
        )
    if start + size != len(data) - _END.size:
        raise BundleRefused(
            said(
                "mục lục không nằm ở chỗ bản ghi cuối chỉ; có byte bị chèn vào hoặc mất",
                "the directory is not where the end record says; bytes were put in or lost",
            ),
            Cause.HIDDEN_DATA,
        )
    return count, start


def _first_bytes(data: bytes) -> Said:
    if not data:
        return said("tệp rỗng", "the file is empty")
    first = data[:4].hex(" ")
    vi = f"tệp bắt đầu bằng {first}, không phải gói (tệp ZIP, 50 4b 03 04)"
    return said(vi, f"it begins with {first}, which is no bundle (a ZIP file, 50 4b 03 04)")


def _member(data: bytes, at: int, local_at: int) -> tuple[Member, int, int]:
    """Return the member of the directory entry at `at`, the place of the next entry, and where the next local header must be."""
    if data[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(data):
        raise BundleRefused(
            said("mục lục kể ít thành phần hơn bản ghi cuối đếm", "the directory names fewer members than the end record counts"),
            Cause.INCONSISTENT,
        )
    fields = _CENTRAL.unpack_from(data, at)
    _, made_by, needs, flags, method, clock, date, crc, packed, size, name_size, extra, comment, disk, _, outside, offset = fields
    raw_name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_size]
    name = _checked_name(raw_name)
    _check_kind(name, made_by, outside, flags, method)
    if extra or comment or disk:
        raise BundleRefused(
            said(f"{name}: gói không được có trường phụ hay chú thích", f"{name}: extra fields and comments have no place in a bundle"),
            Cause.HIDDEN_DATA,
        )
    _check_sizes(name, packed, size, is_deflated=method == _DEFLATED)
    if offset != local_at:
        raise BundleRefused(
            said(f"{name}: không bắt đầu ở chỗ thành phần trước kết thúc", f"{name}: it does not begin where the member before it ends"),
            Cause.HIDDEN_DATA,
        )
    local = (b"PK\x03\x04", needs, flags, method, clock, date, crc, packed, size, name_size, 0)
    start = offset + _LOCAL.size + name_size
    if data[offset:start] != _LOCAL.pack(*local) + raw_name:
        raise BundleRefused(
            said(f"{name}: phần đầu của nó và mục lục nói khác nhau", f"{name}: its own header and the directory say different things"),
            Cause.INCONSISTENT,
        )
    if start + packed > len(data):
        raise BundleRefused(
            said(f"{name}: sẽ kết thúc sau cuối tệp", f"{name}: it would end behind the end of the file"), Cause.INCONSISTENT
        )
    return Member(name, method == _DEFLATED, start, packed, size, crc), at + _CENTRAL.size + name_size, start + packed


def _checked_name(raw: bytes) -> str:
    if not _NAME.fullmatch(raw):
        shown = raw[:80].decode("utf-8", "backslashreplace")
        vi = f"tên thành phần {shown!r}: phải là tên thường, không thư mục (a-z, 0-9, '_', '-', '.')"
        en = f"member name {shown!r}: members have plain names without folders (a-z, 0-9, '_', '-', '.')"
        raise BundleRefused(said(vi, en), Cause.UNSAFE_NAME)
    return raw.decode("ascii")


def _check_kind(name: str, made_by: int, outside: int, flags: int, method: int) -> None:
    mode = outside >> 16 if made_by >> 8 == _UNIX else 0
    if (stat.S_IFMT(mode) and not stat.S_ISREG(mode)) or outside & 0x10:  # 0x10: a folder, by the attributes of FAT
        raise BundleRefused(
            said(f"{name}: là liên kết, thư mục hoặc thiết bị, không phải tệp", f"{name}: a link, a folder or a device, not a file"),
            Cause.UNSAFE_MEMBER,
        )
    if flags & (_IS_ENCRYPTED | _IS_STRONG):
        raise BundleRefused(
            said(f"{name}: bị mã hóa; gói được ký chứ không giữ bí mật", f"{name}: it is encrypted; bundles are signed, not secret"),
            Cause.ENCRYPTED,
        )
    if flags & (_HAS_DESCRIPTOR | _IS_PATCH) or method not in (_STORED, _DEFLATED):
        raise BundleRefused(
            said(
                f"{name}: không phải dạng lưu thẳng hay deflate có ghi cỡ ở trước; hãy đóng gói bằng quanho bundle make",
                f"{name}: neither stored nor deflated with its sizes in front; pack it with quanho bundle make",
            ),
            Cause.NOT_A_BUNDLE,
        )


def _check_sizes(name: str, packed: int, size: int, *, is_deflated: bool) -> None:
    limit = _LIMITS.get(name, IMAGE_BYTES)
    if size > limit:
        raise BundleRefused(
            said(f"{name}: {size} byte, chỉ nhận nhiều nhất {limit}", f"{name}: {size} bytes, and at most {limit} are taken"),
            Cause.TOO_LARGE,
        )
    if is_deflated and size > RATIO * max(packed, 1):
        raise BundleRefused(
            said(
                f"{name}: {packed} byte giải nén thành {size}, quá tỉ lệ {RATIO} trên 1",
                f"{name}: {packed} bytes would inflate to {size}, more than {RATIO} to 1",
            ),
            Cause.BOMB,
        )
    if not is_deflated and packed != size:
        raise BundleRefused(
            said(f"{name}: lưu thẳng mà có hai độ dài, {packed} và {size}", f"{name}: stored, but with two lengths, {packed} and {size}"),
            Cause.INCONSISTENT,
        )
