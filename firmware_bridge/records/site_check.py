"""The record of an acceptance at a site: what was checked, what was found, by whom and when. The words are added when it is shown."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from firmware_bridge.bundle.manifest import whole_seconds
from firmware_bridge.records.installation import ClockState, Printable
from firmware_bridge.records.signed import RecordRefused, SignedRecord
from telemetry.identifiers import GatewayId, SiteId
from telemetry.said import said

_Text = Annotated[Printable, Field(max_length=200)]
_Degrees = Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,7})?$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Found(_Model):
    """One finding (edge/site_check/finding.py)."""

    check: _Text = Field(description="which check")
    code: _Text = Field(description="what was found; its words are quanho/site_words.py")
    verdict: Literal["passed", "remark", "failed", "not-done"] = Field(description="what that means")
    facts: Mapping[_Text, Annotated[Printable, Field(max_length=1000)] | int] = Field(
        default_factory=dict, description="what stands in the words"
    )


class Photo(_Model):
    """The photo that belongs to the record; the picture itself stands on the page."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the picture on the page")
    original_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file that was given")


class SiteCheckRecord(_Model):
    """What is signed."""

    kind: Literal["site-check"] = Field(default="site-check", description="kind of this record")
    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="drawn at random; sending a record twice is recognised by it")
    at: AwareDatetime = Field(description="when the check ended")
    clock: ClockState = Field(description="what `at` rests on: synchronised where the agent's time was trusted")
    technician: _Text = Field(min_length=1, description="who did it")
    computer: _Text = Field(description="host name of the gateway")
    site: SiteId = Field(description="site")
    gateway: GatewayId = Field(description="gateway")
    software: _Text = Field(description="version of quanho")
    outcome: Literal["passed", "remark", "failed", "not-done"] = Field(description="the verdict on the whole")
    findings: tuple[Found, ...] = Field(min_length=1, max_length=100, description="what was found, in order")
    latitude: _Degrees | None = Field(default=None, description="degrees, north positive, WGS 84")
    longitude: _Degrees | None = Field(default=None, description="degrees, east positive, WGS 84")
    photo: Photo | None = Field(default=None, description="the photo")
    note: Printable = Field(default="", max_length=500, description="what the technician wants to say")


def site_check_record(check: SiteCheckRecord) -> dict[str, Any]:
    """Return what is signed (signed.sign)."""
    return check.model_copy(update={"at": whole_seconds(check.at)}).model_dump(mode="json")


def site_check_of(signed: SignedRecord) -> SiteCheckRecord:
    """Return the site check in a record. Raises RecordRefused."""
    try:
        return SiteCheckRecord.model_validate(dict(signed.record))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise RecordRefused(said(f"không phải biên bản kiểm tra trạm: {where}", f"no site check: {where}")) from error
