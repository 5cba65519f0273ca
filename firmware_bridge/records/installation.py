"""The record of an installation: who put which firmware on which board, where, and the first reading that proved it.

Times are RFC 3339 with a zone. `clock` says what the time rests on, because a laptop in the field may be wrong: a reader believes `at` only
as far as that. Values with a fraction are text (firmware_bridge/records/signed.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from firmware_bridge.bundle.manifest import whole_seconds
from firmware_bridge.records.signed import RecordRefused, SignedRecord, decimal_text
from telemetry.identifiers import DeviceId, FieldName, MeasurementName, SiteId
from telemetry.said import said

ClockState = Literal["synchronised", "unsynchronised", "unknown"]


def printable(text: str) -> str:
    """Return `text` if a terminal shows all of it; a record comes from strangers, and is shown."""
    if not text.isprintable():
        raise ValueError("must have no line breaks or other control characters")
    return text


def one_line(text: str) -> str:
    """Return the text as a record takes it: line breaks and other control characters become blanks."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


Printable = Annotated[str, AfterValidator(printable)]
_Text = Annotated[Printable, Field(max_length=200)]


def _hex(text: str) -> str:
    if set(text) - set("0123456789abcdef"):
        raise ValueError("lower-case hex digits are expected")
    return text


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(_Model):
    """One field of the first reading."""

    field: FieldName = Field(description="name of the field")
    value: Printable = Field(max_length=40, description="decimal number, or true or false")
    unit: Printable = Field(default="", max_length=16, description="its unit")


class FirstReading(_Model):
    """The reading that showed that the board works."""

    measurement: MeasurementName = Field(description="measurement")
    at: AwareDatetime = Field(description="when it was taken")
    values: tuple[Value, ...] = Field(min_length=1, max_length=24, description="its fields")
    is_plausible: bool = Field(description="all values were in the ranges of the manifest")


class Firmware(_Model):
    """What was installed."""

    name: _Text = Field(description="name of the firmware")
    version: _Text = Field(description="version")
    bundle_sha256: Annotated[str, AfterValidator(_hex)] = Field(min_length=64, max_length=64, description="SHA-256 of the bundle file")
    key_id: _Text = Field(description="key that signed the bundle")
    previous: _Text | None = Field(default=None, description="version before, null for a blank board")


class InstallationRecord(_Model):
    """What is signed and sent to the registry."""

    kind: Literal["installation"] = Field(default="installation", description="kind of this record")
    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="drawn at random; sending a record twice is recognised by it")
    at: AwareDatetime = Field(description="when the installation was finished")
    clock: ClockState = Field(description="what the computer's clock rested on at that moment")
    technician: _Text = Field(description="who did it")
    computer: _Text = Field(description="host name of the computer that flashed")
    board: _Text = Field(description="board, as in the manifest")
    chip: _Text = Field(description="chip that was found")
    uid: Printable = Field(default="", max_length=64, description="unique id that the board says in HELLO, hex")
    mac: str = Field(default="", pattern=r"^([0-9a-f]{2}(:[0-9a-f]{2}){5})?$", description="MAC address, where the chip has one")
    firmware: Firmware = Field(description="what was installed")
    device: DeviceId = Field(description="device, as written into the board")
    site: SiteId = Field(description="site, as written into the board")
    first_reading: FirstReading | None = Field(default=None, description="null where nobody waited for one")
    tools: Mapping[Printable, _Text] = Field(
        default_factory=dict, max_length=16, description="versions of what was used: quanho, esptool, avrdude …"
    )
    note: Printable = Field(default="", max_length=500, description="what the technician wants to say")


def value_of(field: str, value: float | bool, unit: str = "") -> Value:
    """Return a field of a reading as records hold it."""
    text = ("true" if value else "false") if isinstance(value, bool) else decimal_text(value)
    return Value(field=field, value=text, unit=unit)


def record_of(installation: InstallationRecord) -> dict[str, Any]:
    """Return what is signed (signed.sign)."""
    trimmed = installation.model_copy(update={"at": whole_seconds(installation.at)})
    return trimmed.model_dump(mode="json")


def installation_of(signed: SignedRecord) -> InstallationRecord:
    """Return the installation in a record. Raises RecordRefused."""
    try:
        return InstallationRecord.model_validate(dict(signed.record))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise RecordRefused(said(f"không phải biên bản lắp đặt: {where}", f"no installation: {where}")) from error
