"""Whom alerts reach: a TOML file of each installation (deploy/contacts.example.toml); secrets are in files of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dashboards.alerting.rule import SEVERITIES, Severity
from dashboards.words import Language
from runtime import config

_Address = Annotated[str, StringConstraints(pattern=r"^[^\s,;@]+@[^\s,;@]+$")]


class Contact(BaseModel):
    """What every kind has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="stable name, lower case", pattern=r"^[a-z][a-z0-9-]{0,22}$")
    language: Language = Field("vi", description="language of the messages: vi or en")
    severities: tuple[Severity, ...] = Field(SEVERITIES, description="what is worth a message: info, warning, critical", min_length=1)


class Email(Contact):
    """E-mail, sent by Grafana's own SMTP settings."""

    addresses: tuple[_Address, ...] = Field(description="who gets it", min_length=1)


class Telegram(Contact):
    """A chat in which a bot of ours may write."""

    token_file: Path = Field(description="file with the bot's token, as BotFather gave it")
    chat_id: str = Field(description="number of the chat; groups are below 0", pattern=r"^-?\d+$|^@\w+$")
    topic_id: int | None = Field(None, description="topic of a group that has topics", ge=0, le=2**31 - 1)


class Webhook(Contact):
    """A web service. Every message is signed together with its time, so that no stranger can send one again. Needs Grafana 12."""

    url: str = Field(description="address; Grafana keeps it in plain text, so no secret may stand in it")
    secret_file: Path = Field(description="file with the HMAC-SHA256 secret that the receiver knows too")
    watchdog: bool = Field(default=False, description="gets the heartbeat, and shouts when it stays away")
    alerts: bool = Field(default=True, description="gets the alerts")

    @model_validator(mode="after")
    def _url_is_fit(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url must be the address of a web service, as in https://oncall.example/grafana")
        if parts.username is not None or parts.password is not None:
            raise ValueError("url must not hold a name or a password: Grafana keeps it in plain text")
        if not (self.watchdog or self.alerts):
            raise ValueError("gets neither alerts nor the watchdog; remove it, or set one of the two")
        return self


class Contacts(BaseModel):
    """The file. Times are as in Grafana's notification policies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    runbooks_url: str = Field("", description="where docs/runbooks/alerts.md is served; messages link to it")
    group_wait_s: int = Field(30, description="wait so long for more of the same before the first message", ge=0)
    group_interval_s: int = Field(300, description="wait so long before telling that more joined", ge=10)
    repeat_interval_s: int = Field(14_400, description="say it again so long after, while it lasts", ge=60)
    watchdog_repeat_s: int = Field(300, description="time between two heartbeats", ge=60)
    email: tuple[Email, ...] = Field((), description="[[email]]")
    telegram: tuple[Telegram, ...] = Field((), description="[[telegram]]")
    webhook: tuple[Webhook, ...] = Field((), description="[[webhook]]")

    @property
    def told(self) -> Sequence[Email | Telegram | Webhook]:
        """Return who gets alerts, in the order of the kinds."""
        return (*self.email, *self.telegram, *(webhook for webhook in self.webhook if webhook.alerts))

    @model_validator(mode="after")
    def _everything_reaches_somebody(self) -> Self:
        everybody = [contact.name for contact in (*self.email, *self.telegram, *self.webhook)]
        if twice := {name for name in everybody if everybody.count(name) > 1}:
            raise ValueError(f"names must differ: {', '.join(sorted(twice))}")
        heard = {severity for contact in self.told for severity in contact.severities}
        if deaf := [severity for severity in SEVERITIES if severity not in heard]:
            raise ValueError(f"nobody is told of {', '.join(deaf)}; give a contact these severities")
        return self


def load(path: Path) -> Contacts:
    """Return the contacts of a file; paths of secrets are relative to it. Raises ConfigError with all that is wrong."""
    contacts = config.load(path, Contacts, folder=path.parent)
    return contacts.model_copy(
        update={
            "telegram": tuple(each.model_copy(update={"token_file": path.parent / each.token_file}) for each in contacts.telegram),
            "webhook": tuple(each.model_copy(update={"secret_file": path.parent / each.secret_file}) for each in contacts.webhook),
        }
    )
