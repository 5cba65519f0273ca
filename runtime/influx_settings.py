"""Settings of an InfluxDB, or of anything that speaks its write call. Imports no client, so checking a config is cheap."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator, model_validator


class InfluxSettings(BaseModel):
    """Where to write and as whom. `database` addresses an InfluxDB 1.x, `org` and `bucket` a 2.x, 3 or a cloud ingest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address of the server, as in http://127.0.0.1:8086; a path is kept in front of the server's own")
    database: str | None = Field(None, min_length=1, description="database (InfluxDB 1.x)")
    retention_policy: str | None = Field(None, min_length=1, description="retention policy of the database; its default one when absent")
    org: str | None = Field(None, min_length=1, description="organisation (InfluxDB 2.x)")
    bucket: str | None = Field(None, min_length=1, description="bucket (InfluxDB 2.x), or database (InfluxDB 3)")
    username: str | None = Field(None, min_length=1, description="user name (InfluxDB 1.x with authentication, or a v1 user of 2.x)")
    password_file: Path | None = Field(None, description="file that holds the password; one newline at its end is ignored")
    token_file: Path | None = Field(None, description="file that holds the token (2.x, 3, ingest); one newline at its end is ignored")
    ca_file: Path | None = Field(None, description="PEM file of the authority behind the server's certificate; the system's when absent")
    cert_file: Path | None = Field(None, description="PEM file of our own certificate, where the server asks for one")
    key_file: Path | None = Field(None, description="PEM file of the private key of cert_file")
    verify: bool = Field(default=True, description="check the server's certificate; false only for a trial on a line nobody else can reach")
    connect_timeout_s: float = Field(10.0, gt=0, le=300, description="seconds to wait for the connection")
    read_timeout_s: float = Field(60.0, gt=0, le=600, description="seconds of silence after which a request counts as failed")
    max_lines: int = Field(5000, ge=1, le=50_000, description="most lines in a request")
    max_raw_bytes: ByteSize = Field(ByteSize(1 << 20), ge=1 << 16, le=10 << 20, description="most bytes of text in a request, before gzip")

    @field_validator("url")
    @classmethod
    def _is_http_without_secrets(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like http://host:8086 or https://host")
        if parts.username or parts.password:
            raise ValueError("must not hold a user or a password: use username and password_file, or token_file")
        if parts.query or parts.fragment:
            raise ValueError("must not hold a query: database or bucket are settings of their own")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _names_one_place_and_one_identity(self) -> "InfluxSettings":
        if (self.database is None) == (self.bucket is None):
            raise ValueError("give either database (InfluxDB 1.x) or bucket (2.x, 3, ingest)")
        if self.retention_policy and not self.database:
            raise ValueError("retention_policy needs database; in InfluxDB 2.x the bucket decides how long data is kept")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together: give both or neither")
        if self.username and self.token_file:
            raise ValueError("give either username and password_file, or token_file")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: give both or neither")
        return self

    @property
    def bucket_name(self) -> str:
        """What the v2 write call names: the bucket, or `database[/retention_policy]` (InfluxDB 1.8 reads it so)."""
        if self.bucket:
            return self.bucket
        return f"{self.database}/{self.retention_policy}" if self.retention_policy else f"{self.database}"

    @property
    def database_name(self) -> tuple[str, str | None]:
        """What the v1 write call names: the database and the retention policy, also when they were given as a bucket."""
        if self.database:
            return self.database, self.retention_policy
        database, _, policy = f"{self.bucket}".partition("/")
        return database, policy or None
