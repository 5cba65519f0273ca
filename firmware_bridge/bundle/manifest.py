"""The manifest of a bundle: what the images are, for which board, and what the board should say when they run.

`manifest.json` is UTF-8 JSON, at most 64 KiB; the signature is over its bytes as they stand in the file, so nothing depends on how JSON is
written. Unknown keys are refused: whoever wrote one meant something that this version would ignore.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from firmware_bridge.bundle.version import Version, is_older
from telemetry.identifiers import FieldName, MeasurementName, check_id

FORMAT = 1
IMAGE_BYTES = 32 << 20
IMAGES = 16
MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
ImageKind = Literal["hex", "bin", "uf2"]
Id = Annotated[str, AfterValidator(check_id)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _member(name: str) -> str:
    if name in (MANIFEST_NAME, SIGNATURE_NAME):
        raise ValueError(f"an image cannot be called {name}")
    return check_id(name)


class ImageEntry(_Model):
    """One image of the bundle."""

    file: Annotated[str, AfterValidator(_member)] = Field(description="member of the bundle")
    address: int = Field(ge=0, le=0xFFFFFFFF, description="flash address; 0 for hex and uf2, which carry their own")
    size: int = Field(ge=1, le=IMAGE_BYTES, description="bytes of the file")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file")
    kind: ImageKind = Field(description="hex: Intel HEX, bin: raw bytes at `address`, uf2")


class FieldExpected(_Model):
    """One field of a sensor set, and the values that it may have on a bench."""

    name: FieldName = Field(description="name of the field, as in the catalogue")
    unit: str = Field(default="", max_length=16, description="unit, as the board says it")
    lowest: float | None = Field(default=None, description="lowest plausible value")
    highest: float | None = Field(default=None, description="highest plausible value")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise ValueError(f"field {self.name}: lowest {self.lowest} is above highest {self.highest}")
        return self


class SensorExpected(_Model):
    """One sensor set that the firmware announces on the link (docs/specs/link.md, SENSOR)."""

    name: Id = Field(description="what people call it")
    measurement: MeasurementName = Field(description="measurement of its readings")
    fields: tuple[FieldExpected, ...] = Field(min_length=1, max_length=24, description="its fields, in the order of the link")
    interval_ms: int = Field(default=0, ge=0, le=0xFFFFFFFF, description="ms between readings; 0: when something happens")


class Manifest(_Model):
    """What is signed."""

    format: Literal[1] = Field(default=1, description="version of this format")
    board: Id = Field(description="board as the firmware says it in HELLO, as in atmega328p-uno")
    chip: Id = Field(description="chip as in firmware_bridge/bundle/chips.py")
    firmware: Id = Field(description="name of the firmware")
    version: Version = Field(description="version of the firmware")
    minimum_previous: Version | None = Field(default=None, description="oldest version that may be replaced by this one")
    build_id: str = Field(default="", pattern=r"^[0-9A-Za-z_.+-]{0,64}$", description="what the build calls itself, a commit say")
    flash_bytes: int = Field(ge=1, le=1 << 30, description="flash that the images need at least")
    images: tuple[ImageEntry, ...] = Field(min_length=1, max_length=IMAGES, description="the images, in the order of writing")
    sensors: tuple[SensorExpected, ...] = Field(default=(), max_length=31, description="what the board announces and plausible values")
    created_at: AwareDatetime = Field(description="when the bundle was made, by its maker's clock")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if doubled := _doubled(image.file for image in self.images):
            raise ValueError(f"image {doubled} is listed twice")
        if doubled := _doubled(sensor.name for sensor in self.sensors):
            raise ValueError(f"sensor {doubled} is listed twice")
        if self.minimum_previous is not None and is_older(self.version, self.minimum_previous):
            raise ValueError(f"minimum_previous {self.minimum_previous} is above version {self.version}")
        return self


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the file: indented for people who look into the bundle."""
    return manifest.model_dump_json(indent=1).encode() + b"\n"


def whole_seconds(moment: datetime) -> datetime:
    """Return the moment as manifests and statements write it."""
    return moment.replace(microsecond=0)


def _doubled(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
