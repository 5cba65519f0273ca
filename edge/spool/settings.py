"""Settings of the spool."""

from typing import Self

from pydantic import BaseModel, ByteSize, ConfigDict, Field, model_validator


class SpoolSettings(BaseModel):
    """Table [spool]: how much is kept, and how long a reading may wait for its batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quota_bytes: ByteSize = Field(ByteSize(1 << 30), ge=4 << 20, description="most bytes of all segments, history included")
    segment_bytes: ByteSize = Field(ByteSize(8 << 20), ge=256 << 10, le=1 << 30, description="size at which a new segment begins")
    high_share: float = Field(0.1, gt=0, lt=1, description="share of the quota for priority high (ledger, alarms)")
    bulk_share: float = Field(0.2, gt=0, lt=1, description="share of the quota for priority bulk; normal has the rest")
    batch_age_ms: int = Field(1000, ge=1, le=3_600_000, description="longest that a reading waits in memory before its batch is written")
    loss_window_s: float | None = Field(
        None,
        gt=0,
        le=3600,
        description="the same for sources without acknowledgement (serial, MQTT with QoS 0, the agent's own health): what a power cut may"
        " cost, for fewer syncs of the card; batch_age_ms when absent",
    )
    batch_raw_bytes: ByteSize = Field(
        ByteSize(512 << 10), ge=1024, le=1 << 20, description="size of line protocol at which a batch is written at once"
    )
    memory_bytes: ByteSize = Field(
        ByteSize(16 << 20), ge=1 << 20, description="line protocol of one source held in memory while the disk does not take it"
    )
    set_aside_bytes: ByteSize = Field(ByteSize(64 << 20), ge=8 << 20, description="most bytes of the set-aside store")

    @model_validator(mode="after")
    def _leaves_a_share_for_normal(self) -> Self:
        if self.high_share + self.bulk_share >= 1:
            raise ValueError("high_share + bulk_share must be below 1, or nothing is left for priority normal; make one of them smaller")
        return self

    def age_s(self, *, acknowledged: bool) -> float:
        """Return how long a reading may wait in memory, in seconds. An acknowledgement never waits for `loss_window_s`."""
        return self.batch_age_ms / 1000 if acknowledged or self.loss_window_s is None else self.loss_window_s

    @property
    def used_segment_bytes(self) -> int:
        """The segment size in force: small enough that giving one up frees a small part of the quota."""
        return min(int(self.segment_bytes), max(256 << 10, int(self.quota_bytes) // 32))
