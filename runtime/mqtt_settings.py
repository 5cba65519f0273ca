"""Settings of an MQTT session, and what makes a topic filter valid. Imports no client, so checking a config is cheap."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ByteSize, ConfigDict, Field, model_validator

_PLACEHOLDER = re.compile(r"\{[a-z][a-z0-9_]*\}")
_MAX_FILTER_BYTES = 65_535
_DAY_S = 86_400


def filter_problem(text: str) -> str | None:
    """Return what is wrong with a topic filter and how to put it right, or None (MQTT 5, section 4.7).

    A level may be a named placeholder, `{device}`, which subscribes like `+`.
    """
    if not text:
        return "a topic filter must not be empty"
    if len(text.encode("utf-8", "replace")) > _MAX_FILTER_BYTES:
        return f"a topic filter has at most {_MAX_FILTER_BYTES} bytes"
    if any(ord(char) < 32 or 0x7F <= ord(char) <= 0x9F or 0xD800 <= ord(char) <= 0xDFFF for char in text):
        return "a topic filter must not hold control characters"
    *front, last = text.split("/")
    if any("#" in level for level in front) or ("#" in last and last != "#"):
        return "'#' must be the whole last level, as in site/#"
    if any("+" in level and level != "+" for level in (*front, last)):
        return "'+' must be a whole level, as in site/+/air"
    bad = [level for level in (*front, last) if ("{" in level or "}" in level) and not _PLACEHOLDER.fullmatch(level)]
    if bad:
        return f"{bad[0]!r} must be a whole level of the form {{name}}, with name of a-z, 0-9 and _"
    return None


def valid_filter(text: str) -> bool:
    """Tell whether `text` can be subscribed to, named placeholders allowed."""
    return filter_problem(text) is None


def wildcard_filter(text: str) -> str:
    """Return the filter as the broker knows it: every named placeholder becomes `+`."""
    return "/".join("+" if _PLACEHOLDER.fullmatch(level) else level for level in text.split("/"))


def _checked_filter(text: str) -> str:
    problem = filter_problem(text)
    if problem:
        raise ValueError(problem)
    return text


class TlsSettings(BaseModel):
    """TLS towards the broker; the files are read at each connect, so a renewed certificate needs no restart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca_file: Path | None = Field(None, description="PEM file of the authority behind the broker's certificate; the system's when absent")
    cert_file: Path | None = Field(None, description="PEM file of our own certificate, where the broker asks for one")
    key_file: Path | None = Field(None, description="PEM file of the private key of cert_file")

    @model_validator(mode="after")
    def _certificate_and_key_go_together(self) -> "TlsSettings":
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together: give both or neither")
        return self


class MqttSettings(BaseModel):
    """How to reach a broker and what to ask of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, description="name or address of the broker")
    port: int = Field(1883, ge=1, le=65_535, description="TCP port of the broker, usually 1883, or 8883 with TLS")
    topics: tuple[Annotated[str, AfterValidator(_checked_filter)], ...] = Field(
        min_length=1, description="topic filters to subscribe to; a level may be + or a named placeholder {device}, the last one #"
    )
    version: Literal["5", "3.1.1"] = Field("5", description="MQTT version; 5 lets us ask for more than 20 messages in flight")
    qos: Literal[0, 1] = Field(1, description="1: every message is acknowledged once it is durable; 0: the broker forgets at once")
    keepalive_s: int = Field(60, ge=5, le=65_535, description="seconds of silence after which the line is probed")
    session_expiry_s: int = Field(
        7 * _DAY_S, ge=0, le=0xFFFF_FFFF, description="seconds the broker keeps our messages while we are away (5 only)"
    )
    receive_maximum: int = Field(65_535, ge=1, le=65_535, description="messages the broker may send before our acknowledgement (5 only)")
    max_packet_bytes: ByteSize = Field(
        ByteSize(1 << 20), ge=1024, le=256 << 20, description="larger messages are reported and acknowledged without being read into memory"
    )
    username: str | None = Field(None, description="user name, where the broker asks for one")
    password_file: Path | None = Field(None, description="file that holds the password; one newline at its end is ignored")
    tls: TlsSettings | None = Field(None, description="TLS settings; plain TCP when absent")
    client_id_suffix: str = Field("", max_length=64, description="added to our client id, to tell two sources on one broker apart")
    connect_timeout_s: float = Field(10.0, gt=0, le=300, description="seconds to wait for the connection and for the broker's welcome")
    reconnect_first_s: float = Field(1.0, gt=0, description="longest wait in seconds before the first new try; doubles each time")
    reconnect_ceiling_s: float = Field(60.0, gt=0, allow_inf_nan=False, description="longest wait in seconds between tries")
    watch_broker_drops: bool = Field(default=True, description="watch the broker's own counter of dropped messages ($SYS)")
    state_file: Path | None = Field(None, description="remembers subscriptions, so that filters taken out of the config are unsubscribed")

    @model_validator(mode="after")
    def _password_needs_a_user(self) -> "MqttSettings":
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file needs username")
        return self

    @model_validator(mode="after")
    def _waits_are_in_order(self) -> "MqttSettings":
        if not self.reconnect_first_s <= self.reconnect_ceiling_s:
            raise ValueError("reconnect_first_s must not be above reconnect_ceiling_s")
        return self

    @property
    def server(self) -> str:
        """The broker as `host:port`, for logs and messages."""
        return f"{self.host}:{self.port}"

    @property
    def filters(self) -> tuple[str, ...]:
        """The topic filters as the broker knows them, each once."""
        return tuple(dict.fromkeys(map(wildcard_filter, self.topics)))
