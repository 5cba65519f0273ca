"""Bytes → the records of a pack, whatever they are encoded in; and the look of a pack."""

from collections.abc import Mapping
from typing import cast

from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.senml.cbor import read_pack
from telemetry.errors import RejectedError

BASES = frozenset({"bver", "bn", "bt", "bu", "bv", "bs"})
VALUES = frozenset({"v", "vs", "vb", "vd"})
LABELS = BASES | VALUES | {"n", "u", "s", "t", "ut"}  # RFC 8428, table 1
# RFC 8428, table 4: no further integer labels will ever be defined
_CBOR_LABELS: Mapping[int | str, str] = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_BINARY = range(0x80, 0xC0)
_CBOR_ARRAY = (*range(0x80, 0x9C), 0x9F)
_MANY_RECORDS = 100_000


def read_records(payload: bytes, max_records: int) -> list[object]:
    """Return what the pack's array holds, CBOR labels by their JSON names; RejectedError for anything that is no array of records."""
    first = payload[:1]
    if (first and first[0] in _BINARY) or payload.startswith(b"$EXI"):
        if first[0] not in _CBOR_ARRAY or (first == b"\x80" and len(payload) > 1):  # EXI 1.0, section 5: 0x80 or 0xa0, or "$EXI"
            raise RejectedError("no CBOR array; SenML in EXI is not read, have the device send JSON or CBOR")
        return list(read_pack(payload, max_records, _CBOR_LABELS))
    if payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise RejectedError("SenML in XML is not read, have the device send JSON or CBOR")
    value = parse_payload(payload)
    if isinstance(value, dict):
        if "e" in value:
            raise RejectedError('an object with "e": a draft from before RFC 8428, which is an array of records')
        value = [value]  # some devices leave the array away around a single record
    if not isinstance(value, list):
        raise RejectedError("a SenML pack is an array of records (RFC 8428, section 5)")
    if len(value) > max_records:
        raise RejectedError(f"a pack of {len(value)} records; max_records is {max_records}")
    return value


def recognise(_topic: str, payload: bytes) -> str:
    """Say why a message looks like a SenML pack, "" if it does not."""
    if payload[:1] not in {b"[", b" ", b"\n", b"\r"} and payload[:1] not in {bytes((head,)) for head in _CBOR_ARRAY}:
        return ""
    try:
        records = read_records(payload, _MANY_RECORDS)
    except RejectedError:
        return ""
    if not records or not all(isinstance(record, dict) and record for record in records):
        return ""
    rows = cast(list[dict[str, object]], records)
    names = sum("n" in row or "bn" in row for row in rows)
    values = sum(not VALUES.isdisjoint(row) or "s" in row for row in rows)
    if not names or not values or any(not row.keys() & LABELS for row in rows):
        return ""
    if not isinstance(rows[0].get("bn", rows[0].get("n")), str):
        return ""
    kind = "JSON" if payload[0] < _BINARY.start else "CBOR"
    return f"{kind} array of {len(rows)} records with the labels of RFC 8428 ({', '.join(sorted(rows[0].keys() & LABELS))})"
