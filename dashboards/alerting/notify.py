"""Contact points and the route to them.

Settings are those of Grafana's receivers (grafana/alerting: receivers/email/v1, telegram/v1 and webhook/v1, config.go). A signature holds
the time only where `timestampHeader` is set; without it a message could be replayed. Telegram messages are plain text: with its HTML a
single "<" in a text loses the message.

The route is one child for the tree that is there, and catches nothing but what carries our label. Its group is a site and a subject: a
gateway that dies is one message, in which its sensors join it once their own time is over, and no flood waits behind it.
"""

from collections.abc import Sequence

from pydantic import SecretStr

from dashboards.alerting.contacts import Contact, Contacts, Email, Telegram, Webhook
from dashboards.alerting.messages import message, title
from dashboards.alerting.rendered import ContactPoint
from dashboards.alerting.rule import SEVERITIES, Severity
from dashboards.house import TAG
from dashboards.influxql.expand import duration_text
from dashboards.model.json import Json
from runtime.config import read_secret

_HEARTBEAT = f"{TAG}-heartbeat"
SIGNATURE_HEADER = "X-Grafana-Alerting-Signature"
TIMESTAMP_HEADER = "X-Grafana-Alerting-Timestamp"


def watches(contacts: Contacts) -> bool:
    """Tell whether somebody gets the heartbeat."""
    return any(webhook.watchdog for webhook in contacts.webhook)


def contact_points(contacts: Contacts) -> tuple[ContactPoint, ...]:
    """Return the contact points; those of one name are one receiver. Raises ConfigError for a secret that cannot be read."""
    points = [
        _point(contact, _receiver(severities), f"{TAG}-{contact.name}-{''.join(severity[0] for severity in severities)}")
        for severities, audience in audiences(contacts).items()
        for contact in audience
    ]
    heartbeat = [_point(webhook, _HEARTBEAT, f"{TAG}-{webhook.name}-heartbeat") for webhook in contacts.webhook if webhook.watchdog]
    return (*points, *heartbeat)


def audiences(contacts: Contacts) -> dict[tuple[Severity, ...], tuple[Contact, ...]]:
    """Return who is told of which severities together: each severity is in one key, so that no route has to go on to another."""
    told: dict[tuple[Contact, ...], list[Severity]] = {}
    for severity in SEVERITIES:
        told.setdefault(tuple(contact for contact in contacts.told if severity in contact.severities), []).append(severity)
    return {tuple(severities): audience for audience, severities in told.items()}


def route(contacts: Contacts) -> Json:
    """Return the route, with a child for each audience and one for the heartbeat. Its own receiver is that of critical alerts."""
    receivers = {severity: _receiver(severities) for severities in audiences(contacts) for severity in severities}
    people = [
        {"receiver": _receiver(severities), "object_matchers": [[TAG, "=", "rule"], ["severity", "=~", "|".join(severities)]]}
        for severities in audiences(contacts)
    ]
    heartbeat = {
        "receiver": _HEARTBEAT,
        "object_matchers": [[TAG, "=", "watchdog"]],
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": _time(contacts.watchdog_repeat_s),
    }
    return {
        "receiver": receivers["critical"],
        "object_matchers": [[TAG, "=~", "rule|watchdog" if watches(contacts) else "rule"]],
        "group_by": ["site", "subject"],
        "group_wait": _time(contacts.group_wait_s),
        "group_interval": _time(contacts.group_interval_s),
        "repeat_interval": _time(contacts.repeat_interval_s),
        "routes": [*([heartbeat] if watches(contacts) else []), *people],
    }


def _time(seconds: int) -> str:
    return duration_text(seconds * 1000) if seconds else "0s"


def _receiver(severities: Sequence[Severity]) -> str:
    return f"{TAG}-{'-'.join(severities)}"


def _point(contact: Contact, receiver: str, uid: str) -> ContactPoint:
    match contact:
        case Email():
            settings: Json = {
                "addresses": ";".join(contact.addresses),
                "singleEmail": False,
                "subject": title(contact.language),
                "message": message(contact.language),
            }
            return ContactPoint(uid, receiver, "email", settings, {})
        case Telegram():
            settings = {
                "chatid": contact.chat_id,
                "message": f"{title(contact.language)}\n\n{message(contact.language)}",
                "parse_mode": "None",
                "disable_web_page_preview": True,
            }
            if contact.topic_id is not None:
                settings["message_thread_id"] = str(contact.topic_id)
            return ContactPoint(uid, receiver, "telegram", settings, {"bottoken": SecretStr(read_secret(contact.token_file))})
        case Webhook():
            settings = {
                "url": contact.url,
                "httpMethod": "POST",
                "title": title(contact.language),
                "message": message(contact.language),
                "hmacConfig": {"header": SIGNATURE_HEADER, "timestampHeader": TIMESTAMP_HEADER},
            }
            secret = SecretStr(read_secret(contact.secret_file))
            return ContactPoint(uid, receiver, "webhook", settings, {"hmacConfig.secret": secret})
        case _:
            raise TypeError(f"no contact point for a {type(contact).__name__}")
