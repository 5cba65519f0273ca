"""Every hostile bundle is refused for its own reason, before anything of it is used."""

import os
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.bundle.container import BUNDLE_BYTES, MANIFEST_BYTES
from firmware_bridge.bundle.keys import new_key
from firmware_bridge.bundle.open import open_bundle, open_bytes
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from tests.stand_ins.bundles import (
    CODE,
    KEY,
    bundle_bytes,
    esp_file,
    hex_file,
    manifest_of,
    members_of,
    plain_manifest,
    signed,
    trusting,
    zip_of,
)

APP = hex_file()
GOOD = bundle_bytes({"app.hex": APP})
MEMBERS = members_of(GOOD)
BODY = MEMBERS["manifest.json"]


def end_record(data: bytes, **changes: int) -> bytes:
    """Return `data` with fields of its end record changed."""
    names = ("disk", "directory_disk", "here", "count", "size", "start", "comment")
    values = dict(zip(names, struct.unpack("<4H2LH", data[-18:]), strict=True)) | changes
    return data[:-18] + struct.pack("<4H2LH", *(values[name] for name in names))


def with_name(name: str) -> bytes:
    return zip_of({**MEMBERS, name: b"x"})


def marked(bit: int, *, local: bool = True) -> bytes:
    """Return the good bundle with a flag bit of its last member set, in the local header too or only in the directory."""
    data = bytearray(GOOD)
    central = data.rindex(b"PK\x01\x02")
    data[central + 8] |= bit
    if local:
        data[data.rindex(b"PK\x03\x04") + 6] |= bit
    return bytes(data)


def symlink(member: zipfile.ZipInfo) -> None:
    if member.filename == "app.hex":
        member.external_attr = 0o120777 << 16


def doubled() -> bytes:
    return zip_of({**MEMBERS, "manifest.jsox": b'{"format":1}'}).replace(b"manifest.jsox", b"manifest.json")


def with_comment() -> bytes:
    return end_record(GOOD, comment=5) + b"hello"


def bomb() -> bytes:
    return zip_of({**MEMBERS, "app.hex": bytes(8 << 20)}, mode="deflated")


def understated_bomb() -> bytes:
    """The deflated data holds 8 MiB, both headers promise 1,000 bytes."""
    data = bytearray(zip_of({**signed(plain_manifest({"app.hex": bytes(1000)})), "app.hex": bytes(8 << 20)}, mode="deflated"))
    for header, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.rindex(header) + at, 1000)
    return bytes(data)


def wrong_length() -> bytes:
    """Manifest and both headers promise one byte more than the stream holds."""
    data = bytearray(zip_of({**signed(plain_manifest({"app.hex": APP + b" "})), "app.hex": APP}, mode="deflated"))
    for header, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        size = struct.unpack_from("<L", data, data.rindex(header) + at)[0]
        struct.pack_into("<L", data, data.rindex(header) + at, size + 1)
    return bytes(data)


def local_differs() -> bytes:
    data = bytearray(GOOD)
    data[data.rindex(b"PK\x03\x04") + 14] ^= 1
    return bytes(data)


def hidden_between() -> bytes:
    """Bytes between the last member and the directory, all offsets of the end record mended."""
    at = GOOD.index(b"PK\x01\x02")
    return end_record(GOOD[:at] + b"secret" + GOOD[at:], start=at + 6)


def hidden_between_members() -> bytes:
    """Bytes between two members, all offsets mended: only the count of every byte shows them."""
    data = bytearray(GOOD)
    at = data.index(b"PK\x03\x04", 4)
    central = data.index(b"PK\x01\x02")
    while central >= 0:
        offset = struct.unpack_from("<L", data, central + 42)[0]
        struct.pack_into("<L", data, central + 42, offset + 6 if offset >= at else offset)
        central = data.find(b"PK\x01\x02", central + 4)
    start = struct.unpack_from("<L", data, len(data) - 6)[0]
    return end_record(bytes(data[:at]) + b"secret" + bytes(data[at:]), start=start + 6)


def wrong_checksum() -> bytes:
    """Both headers of the image have the same wrong CRC-32."""
    data = bytearray(GOOD)
    for header, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.rindex(header) + at] ^= 1
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], Cause, str]] = {
    "nothing": (lambda: b"", Cause.NOT_A_BUNDLE, "empty"),
    "not a zip": (lambda: b"\x7fELF" + bytes(100), Cause.NOT_A_BUNDLE, "7f 45 4c 46"),
    "truncated in the middle": (lambda: GOOD[: len(GOOD) // 2], Cause.TRUNCATED, "end of the file"),
    "truncated by one byte": (lambda: GOOD[:-1], Cause.TRUNCATED, "end of the file"),
    "trailing data": (lambda: GOOD + b"\0", Cause.HIDDEN_DATA, "follow the end"),
    "trailing zip": (lambda: GOOD + zip_of({"x": b""}), Cause.HIDDEN_DATA, "directory is not where"),
    "prepended data": (lambda: b"#!/bin/sh\n" + GOOD, Cause.HIDDEN_DATA, "begins with"),
    "comment": (with_comment, Cause.HIDDEN_DATA, "follow the end"),
    "hidden between": (hidden_between, Cause.HIDDEN_DATA, "belong to neither"),
    "hidden between members": (hidden_between_members, Cause.HIDDEN_DATA, "where the member before it ends"),
    "wrong checksum": (wrong_checksum, Cause.DAMAGED, "checksum"),
    "zip-slip up": (lambda: with_name("../../etc/cron.d/x"), Cause.UNSAFE_NAME, "etc/cron.d"),
    "zip-slip absolute": (lambda: with_name("/etc/passwd"), Cause.UNSAFE_NAME, "/etc/passwd"),
    "zip-slip backslash": (lambda: with_name("..\\x"), Cause.UNSAFE_NAME, "x"),
    "folder": (lambda: with_name("images/"), Cause.UNSAFE_NAME, "images/"),
    "line feed in a name": (lambda: with_name("a\nb"), Cause.UNSAFE_NAME, "member name"),
    "symlink": (lambda: zip_of(MEMBERS, symlink), Cause.UNSAFE_MEMBER, "link"),
    "bomb": (bomb, Cause.BOMB, "100 to 1"),
    "bomb that understates itself": (understated_bomb, Cause.BOMB, "inflates to more"),
    "huge manifest": (lambda: zip_of({**MEMBERS, "manifest.json": bytes(MANIFEST_BYTES + 1)}), Cause.TOO_LARGE, "manifest.json"),
    "too many members": (lambda: zip_of({f"m{n}": b"" for n in range(19)}), Cause.TOO_LARGE, "19 members"),
    "a million members": (lambda: end_record(GOOD, count=65535, here=65535), Cause.TOO_LARGE, "65535"),
    "fewer members than counted": (lambda: end_record(GOOD, count=5, here=5), Cause.INCONSISTENT, "fewer"),
    "member left out of the count": (lambda: end_record(GOOD, count=2, here=2), Cause.HIDDEN_DATA, "belong to neither"),
    "two disks": (lambda: end_record(GOOD, disk=1), Cause.INCONSISTENT, "end record"),
    "two manifests": (doubled, Cause.DUPLICATE, "twice"),
    "wrong length": (wrong_length, Cause.DAMAGED, "does not inflate"),
    "local header differs": (local_differs, Cause.INCONSISTENT, "different things"),
    "encrypted": (lambda: marked(1), Cause.ENCRYPTED, "encrypted"),
    "sizes behind the data": (lambda: marked(8), Cause.NOT_A_BUNDLE, "quanho bundle make"),
    "another compression": (
        lambda: zip_of(MEMBERS).replace(b"\x14\0\0\0\0\0", b"\x14\0\0\0\x0c\0"),
        Cause.NOT_A_BUNDLE,
        "stored nor deflated",
    ),
    "flag only in the directory": (lambda: marked(2, local=False), Cause.INCONSISTENT, "different things"),
    "no manifest": (lambda: zip_of({"app.hex": APP}), Cause.NO_MANIFEST, "manifest.json"),
    "no signature": (lambda: zip_of({"manifest.json": BODY, "app.hex": APP}), Cause.NO_SIGNATURE, "manifest.sig"),
    "truncated signature": (
        lambda: zip_of({**MEMBERS, "manifest.sig": MEMBERS["manifest.sig"][:-8]}),
        Cause.SIGNATURE_MALFORMED,
        "cut off",
    ),
    "signature of another manifest": (
        lambda: zip_of({**MEMBERS, "manifest.sig": signed(BODY + b" ")["manifest.sig"]}),
        Cause.SIGNATURE_WRONG,
        "changed",
    ),
    "manifest changed": (lambda: zip_of({**MEMBERS, "manifest.json": BODY.replace(b"1.2.0", b"9.2.0")}), Cause.SIGNATURE_WRONG, "changed"),
    "foreign key": (lambda: bundle_bytes(key=new_key()), Cause.KEY_UNKNOWN, "not trusted"),
    "newer container": (
        lambda: zip_of({**MEMBERS, "manifest.sig": b"quanho bundle 2\nwhatever"}),
        Cause.FORMAT_UNKNOWN,
        "format 2",
    ),
    "newer manifest": (lambda: zip_of(signed(b'{"format": 2, "secrets": []}')), Cause.FORMAT_UNKNOWN, "format 2"),
    "manifest is no JSON": (lambda: zip_of(signed(b"\xff{")), Cause.MANIFEST_INVALID, "no JSON"),
    "manifest is nested without end": (lambda: zip_of(signed(b"[" * 60_000)), Cause.MANIFEST_INVALID, "no JSON"),
    "manifest with an unknown key": (
        lambda: zip_of({**signed(BODY.replace(b'"board"', b'"bored"')), "app.hex": APP}),
        Cause.MANIFEST_INVALID,
        "board",
    ),
    "swapped image": (
        lambda: zip_of({**MEMBERS, "app.hex": hex_file(code=CODE[::-1])}),
        Cause.IMAGE_CHANGED,
        "not the one that was signed",
    ),
    "image of another size": (lambda: zip_of({**MEMBERS, "app.hex": APP + b"\n"}), Cause.IMAGE_CHANGED, "bytes"),
    "image missing": (lambda: zip_of(signed(BODY)), Cause.IMAGE_MISSING, "app.hex"),
    "extra member": (lambda: with_name("extra.bin"), Cause.MEMBER_EXTRA, "extra.bin"),
    "image that cannot be for the chip": (
        lambda: zip_of({**signed(plain_manifest({"app.hex": esp_file()})), "app.hex": esp_file()}),
        Cause.IMAGE_UNFIT,
        "no Intel HEX",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bundle_is_refused_for_its_own_reason(name: str) -> None:
    build, cause, word = HOSTILE[name]
    with pytest.raises(BundleRefused) as refused:
        open_bytes(build(), trusting(KEY))
    assert (refused.value.cause, word in refused.value.reason) == (cause, True), refused.value.reason


def test_what_the_hostile_ones_are_made_from_is_a_good_bundle() -> None:
    for data in (GOOD, zip_of(MEMBERS), zip_of(MEMBERS, mode="deflated")):
        assert open_bytes(data, trusting(KEY)).manifest == manifest_of({"app.hex": APP})


def test_bombs_are_refused_without_being_inflated() -> None:
    for data in (bomb(), understated_bomb()):
        tracemalloc.start()
        with pytest.raises(BundleRefused):
            open_bytes(data, trusting(KEY))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 20


def test_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.qhb"
    with path.open("wb") as file:
        file.truncate(BUNDLE_BYTES + 1)  # sparse: reading it would show in the memory
    tracemalloc.start()
    with pytest.raises(BundleRefused) as refused:
        open_bundle(path, trusting(KEY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.cause is Cause.TOO_LARGE
    assert peak < 1 << 20


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo"])
def test_what_is_no_file_is_unreadable_and_never_hangs(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(BundleRefused) as refused:
        open_bundle(path, trusting(KEY))
    assert refused.value.cause is Cause.UNREADABLE
