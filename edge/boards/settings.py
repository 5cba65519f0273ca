"""Settings of the updates of attached boards."""

from pathlib import Path

from pydantic import ByteSize, Field, TypeAdapter

from runtime.settings import Settings

_SIZE = TypeAdapter(ByteSize)


class BoardsSettings(Settings):
    """Table [boards]: how the boards of link sources get new firmware (docs/specs/ota.md)."""

    trust_dir: Path = Field(Path("/etc/quanho/trust"), description="keys whose bundles are believed (quanho bundle key trust)")
    intervals: int = Field(
        5, ge=1, le=1000, description="readings of each field that must be plausible before new firmware is kept, and their time"
    )
    hello_s: float | None = Field(
        None, ge=1, le=600, description="longest from a flash to the board's hello; default: what its family needs, and 8 s"
    )
    grace_s: float = Field(5.0, ge=0.5, le=600, description="how late a reading may be, beyond three of its intervals")
    image_store_bytes: ByteSize = Field(
        _SIZE.validate_python("64MiB"), ge=1 << 20, description="room for images; what is needed to go back is never deleted"
    )
