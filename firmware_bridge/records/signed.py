"""A signed JSON record: one JSON object with its signature beside it.

    {"format": 1, "key": <public key, 64 hex>, "record": {...}, "signature": <128 hex>}

The signature is over the canonical bytes of `record`: UTF-8 JSON, keys sorted by code point, no blanks, no escapes but those JSON needs,
integers as they are. Numbers with a fraction are not canonical in JSON (1.0, 1e0 and 1 are one number in three spellings), so they are
written as strings by whoever builds a record (`decimal_text`), and a record with a float, a duplicate key or a lone surrogate is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from firmware_bridge.bundle.keys import PUBLIC_BYTES, SIGNATURE_BYTES, PublicKey, Purpose, SigningKey
from telemetry.errors import RejectedError
from telemetry.said import Said, said

FORMAT = 1
RECORD_BYTES = 1 << 20
_KEYS = {"format", "key", "record", "signature"}
_LARGEST = (1 << 63) - 1


class RecordRefused(RejectedError):
    """This is no record, or its signature is wrong."""

    def __init__(self, reason: Said) -> None:
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A record whose signature is right. Whether its key is trusted is for the reader to judge."""

    record: Mapping[str, Any]
    key: PublicKey
    signature: bytes


def canonical_bytes(record: Mapping[str, Any]) -> bytes:
    """Return what is signed. Raises RecordRefused where the record has no single spelling."""
    _check(record, "record")
    try:
        return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise RecordRefused(said(f"không ghi được bản ghi: {error}", f"the record cannot be written: {error}")) from error


def decimal_text(value: float) -> str:
    """Return the shortest decimal that reads back as `value`, as records write numbers with a fraction."""
    return format(Decimal(repr(value)), "f")


def sign(record: Mapping[str, Any], key: SigningKey, purpose: Purpose = Purpose.RECORD) -> bytes:
    """Return the file of the signed record."""
    body = canonical_bytes(record)
    envelope = {
        "format": FORMAT,
        "key": key.public.raw.hex(),
        "record": json.loads(body),
        "signature": key.sign(purpose, body).hex(),
    }
    return json.dumps(envelope, ensure_ascii=False, indent=1).encode() + b"\n"


def verify(data: bytes, purpose: Purpose = Purpose.RECORD) -> SignedRecord:
    """Return the record of the file and the key that signed it. Raises RecordRefused."""
    envelope = _parsed(data)
    if envelope.get("format") != FORMAT or isinstance(envelope["format"], bool):
        version = repr(str(envelope.get("format"))[:40])
        vi = f"không biết định dạng bản ghi {version}; quanho mới hơn có thể biết"
        raise RecordRefused(said(vi, f"record format {version} is not known here; a newer quanho may know it"))
    if set(envelope) != _KEYS or not isinstance(envelope["record"], dict):
        keys = ", ".join(sorted(_KEYS))
        raise RecordRefused(said(f"không phải bản ghi có ký: phải có các khóa {keys}", f"no signed record: it has the keys {keys}"))
    key = PublicKey(_hex(envelope, "key", PUBLIC_BYTES))
    signature = _hex(envelope, "signature", SIGNATURE_BYTES)
    if not key.is_signed(signature, purpose, canonical_bytes(envelope["record"])):
        raise RecordRefused(
            said("chữ ký sai: bản ghi bị sửa sau khi ký", "the signature is wrong: the record was changed after it was signed")
        )
    return SignedRecord(envelope["record"], key, signature)


def _parsed(data: bytes) -> dict[str, Any]:
    if len(data) > RECORD_BYTES:
        raise RecordRefused(
            said(
                f"{len(data)} byte không phải bản ghi; giới hạn là {RECORD_BYTES}",
                f"{len(data)} bytes are no record; the limit is {RECORD_BYTES}",
            )
        )
    try:
        envelope = json.loads(data.decode(), object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RecordRefused(said(f"không phải JSON: {str(error)[:200]}", f"no JSON: {str(error)[:200]}")) from error
    if not isinstance(envelope, dict):
        raise RecordRefused(said("không phải bản ghi có ký: phải là một đối tượng JSON", "no signed record: a JSON object is expected"))
    return envelope


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _hex(envelope: Mapping[str, Any], name: str, size: int) -> bytes:
    text = envelope[name]
    if not isinstance(text, str) or len(text) != 2 * size or not set(text) <= set("0123456789abcdef"):
        raise RecordRefused(
            said(
                f"{name} không phải {2 * size} chữ số hex thường; tệp có bị cụt không?",
                f"{name} is not {2 * size} lower-case hex digits; is the file cut off?",
            )
        )
    return bytes.fromhex(text)


def _check(value: object, where: str, depth: int = 0) -> None:
    if depth > 16:
        raise RecordRefused(said(f"{where}: lồng quá sâu", f"{where}: nested too deeply"))
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise RecordRefused(said(f"{where}: khóa {key!r} không phải chữ", f"{where}: the key {key!r} is no text"))
            _check(item, f"{where}.{key[:40]}", depth + 1)
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            _check(item, f"{where}[{at}]", depth + 1)
    elif isinstance(value, float):
        raise RecordRefused(
            said(
                f"{where}: {value!r} viết được nhiều cách; bản ghi ghi số như vậy bằng chữ",
                f"{where}: {value!r} has no single spelling; records write such numbers as text",
            )
        )
    elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise RecordRefused(said(f"{where}: số quá lớn", f"{where}: the number is too large"))
    elif not isinstance(value, str | int | None):
        raise RecordRefused(
            said(f"{where}: {type(value).__name__} không được có trong bản ghi", f"{where}: {type(value).__name__} cannot be in a record")
        )
