"""Settings of a link source. Imports no serial library, so checking a config is cheap."""

from typing import Annotated

from pydantic import AfterValidator, ByteSize, Field, TypeAdapter

from runtime.serial_settings import SerialSettings
from runtime.settings import Settings
from telemetry.identifiers import check_id

_SIZE = TypeAdapter(ByteSize)


class PictureSettings(Settings):
    """Table [source.pictures]: what is kept of the pictures that a board takes."""

    max_bytes: ByteSize = Field(
        _SIZE.validate_python("1MiB"), ge=1, le=4 << 20, description="largest picture that is taken; larger ones are refused"
    )
    keep_bytes: ByteSize = Field(
        _SIZE.validate_python("64MiB"), ge=1 << 16, description="room for the finished ones of this board; the oldest go first"
    )
    keep_count: int = Field(1000, ge=1, le=100_000, description="most finished ones of this board; the oldest go first")


class LinkSourceSettings(SerialSettings):
    """A serial port with a board that speaks the link (docs/specs/link.md)."""

    baudrate: int = Field(115_200, ge=1200, le=4_000_000, description="bits per second, as the firmware has it")
    device: Annotated[str, AfterValidator(lambda name: name and check_id(name))] = Field(
        "", description="name of the measuring point; default: the identity written to the board, else the source and its unique id"
    )
    age_believed_s: float = Field(
        7200.0,
        ge=0,
        description="a reading that is older when it arrives is marked, clock estimated: the board's own oscillator may be 0.5 % off",
    )
    pictures: PictureSettings | None = Field(None, description="take the board's pictures; without this table they are refused")
