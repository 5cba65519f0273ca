"""What keys say of keys, as signed records (firmware_bridge/records/signed.py).

Rotation, signed by the old key: {"old", "new" (64 hex each), "made_at", "expires_at"}. Revocations, signed by any trusted key: {"serial",
"made_at", "revoked": [{"key", "since", "reason"}, …]}; a list holds everything that its issuer ever revoked, and its serial grows by one
each time.
"""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, field_validator

from firmware_bridge.bundle.keys import PUBLIC_BYTES, PublicKey, Purpose, SigningKey
from firmware_bridge.bundle.manifest import whole_seconds
from firmware_bridge.records.signed import RecordRefused, SignedRecord, sign, verify

REASON_CHARACTERS = 200
_MOST_REVOKED = 1000


def _key(value: object) -> PublicKey:
    if isinstance(value, PublicKey):
        return value
    if not isinstance(value, str) or len(value) != 2 * PUBLIC_BYTES:
        raise ValueError("no public key: 64 hex digits are expected")
    return PublicKey(bytes.fromhex(value))


_Key = Annotated[PublicKey, BeforeValidator(_key), PlainSerializer(lambda key: key.raw.hex(), return_type=str)]


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Rotation(_Statement):
    """`old` says that `new` follows it."""

    old: _Key = Field(description="key that signs this")
    new: _Key = Field(description="key that follows")
    made_at: AwareDatetime = Field(description="when, by the signer's clock")
    expires_at: AwareDatetime = Field(description="from when on the statement no longer counts")

    def has_expired(self, now: datetime) -> bool:
        return now >= self.expires_at


class Revoked(_Statement):
    """One key that is no longer believed."""

    key: _Key = Field(description="the key")
    since: AwareDatetime = Field(description="when it is thought to have been lost; for people, older bundles are refused too")
    reason: str = Field(max_length=REASON_CHARACTERS, description="why, on one line")

    @field_validator("reason")
    @classmethod
    def _is_one_line(cls, text: str) -> str:
        if not text.isprintable():
            raise ValueError("must have no line breaks or other control characters")
        return text


class Revocations(_Statement):
    """Everything that one issuer revoked."""

    serial: int = Field(ge=1, description="grows by one with each list of this issuer")
    made_at: AwareDatetime = Field(description="when, by the issuer's clock")
    revoked: tuple[Revoked, ...] = Field(min_length=1, max_length=_MOST_REVOKED, description="all keys that it ever revoked")


def sign_rotation(old: SigningKey, new: PublicKey, made_at: datetime, expires_at: datetime) -> bytes:
    """Return the file of the statement that `new` follows `old`."""
    rotation = Rotation(old=old.public, new=new, made_at=whole_seconds(made_at), expires_at=whole_seconds(expires_at))
    return sign(rotation.model_dump(mode="json"), old, Purpose.ROTATION)


def sign_revocations(issuer: SigningKey, revocations: Revocations) -> bytes:
    """Return the file of the list."""
    return sign(revocations.model_dump(mode="json"), issuer, Purpose.REVOCATION)


def read_rotation(data: bytes) -> Rotation:
    """Return the statement. Raises RecordRefused, also where another key than `old` signed it."""
    signed = verify(data, Purpose.ROTATION)
    rotation = _model(Rotation, signed)
    if rotation.old != signed.key:
        raise RecordRefused(f"key {signed.key.id} speaks for key {rotation.old.id}; only a key itself names who follows it")
    return rotation


def read_revocations(data: bytes) -> Revocations:
    """Return the list, whoever issued it. Raises RecordRefused."""
    return _model(Revocations, verify(data, Purpose.REVOCATION))


def issuer_of(data: bytes) -> PublicKey:
    """Return who signed a list of revocations. Raises RecordRefused."""
    return verify(data, Purpose.REVOCATION).key


def is_rotation(data: bytes) -> bool:
    """Whether the file is a rotation and not a list of revocations. Raises RecordRefused where it is neither."""
    try:
        verify(data, Purpose.ROTATION)
    except RecordRefused:
        verify(data, Purpose.REVOCATION)
        return False
    return True


_Model = TypeVar("_Model", bound=_Statement)


def _model(kind: type[_Model], signed: SignedRecord) -> _Model:
    record: Any = dict(signed.record)
    try:
        return kind.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RecordRefused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
