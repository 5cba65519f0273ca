"""Which Grafana, and as whom. Imports no client, so that arguments are checked before anything heavy is loaded."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class GrafanaSettings(BaseModel):
    """Address and credentials of a Grafana; a token of a service account, or a user with a password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="address of Grafana, as in https://grafana.example; a path under which it is served is kept")
    token_file: Path | None = Field(None, description="file that holds a service account's token; one newline at its end is ignored")
    user: str | None = Field(None, min_length=1, description="user name, where a password is used instead of a token")
    password_file: Path | None = Field(None, description="file that holds the user's password; one newline at its end is ignored")
    ca_file: Path | None = Field(None, description="PEM file of the authority behind Grafana's certificate; those of certifi when absent")
    cert_file: Path | None = Field(None, description="PEM file of our own certificate, where a proxy asks for one")
    key_file: Path | None = Field(None, description="PEM file of the private key of cert_file")
    verify: bool = Field(default=True, description="check the certificate; false only for a trial on a line nobody else can reach")
    connect_timeout_s: float = Field(10.0, gt=0, le=300, description="seconds to wait for the connection")
    read_timeout_s: float = Field(60.0, gt=0, le=600, description="seconds of silence after which a request counts as failed")
    max_tries: int = Field(4, ge=1, le=10, description="tries of a request that may be repeated without harm")
    max_wait_s: float = Field(30.0, gt=0, le=900, description="longest pause between two tries, also when Grafana asks for more")
    max_answer_bytes: int = Field(32 << 20, ge=1 << 10, description="most bytes of an answer; more is refused")

    @field_validator("url")
    @classmethod
    def _is_http_without_secrets(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must look like http://host:3000 or https://grafana.example")
        if parts.port == 0:
            raise ValueError("must not hold port 0")
        if parts.username or parts.password:
            raise ValueError("must not hold a user or a password: every user of this machine could read it; use --user and --password-file")
        if parts.query or parts.fragment:
            raise ValueError("must not hold a query: give the address of Grafana's start page without what follows a ? or #")
        if parts.path.rstrip("/").endswith("/api"):
            raise ValueError("must be the address that a browser opens, without /api at its end")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_one_identity(self) -> "GrafanaSettings":
        if (self.user is None) != (self.password_file is None):
            raise ValueError("--user and --password-file go together: give both or neither")
        if (self.user is None) == (self.token_file is None):
            raise ValueError("give either --token-file, or --user and --password-file")
        if self.key_file and not self.cert_file:
            raise ValueError("--key-file needs --cert-file")
        return self
