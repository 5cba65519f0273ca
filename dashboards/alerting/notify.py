"""Contact points and the route to them.

Settings are those of Grafana's receivers (grafana/alerting: receivers/email/v1, telegram/v1 and webhook/v1, config.go). A signature holds
the time only where `timestampHeader` is set; without it a message could be replayed. Telegram messages are plain text: with its HTML a
single "<" in a text loses the message.

The route is one child for the tree that is there, and catches nothing but what carries our label. Its group is a site and a subject: a
gateway that dies with all its sensors is one message, and no flood waits behind it.
"""

from pydantic import SecretStr

from dashboards.alerting.contacts import Contacts, Email, Telegram, Webhook
from dashboards.alerting.messages import message, title
from dashboards.alerting.rendered import ContactPoint
from dashboards.house import TAG
from dashboards.influxql.expand import duration_text
from dashboards.model.json import Json
from runtime.config import read_secret

SIGNATURE_HEADER = "X-Grafana-Alerting-Signature"
TIMESTAMP_HEADER = "X-Grafana-Alerting-Timestamp"


def watches(contacts: Contacts) -> bool:
    """Tell whether somebody gets the heartbeat."""
    return any(webhook.watchdog for webhook in contacts.webhook)


def contact_points(contacts: Contacts) -> tuple[ContactPoint, ...]:
    """Return the contact points. Raises ConfigError for a secret that cannot be read."""
    return tuple(_point(contact) for contact in (*contacts.email, *contacts.telegram, *contacts.webhook))


def route(contacts: Contacts) -> Json:
    """Return the route; each contact has a child of its own for the severities it wants."""
    heartbeats = [
        {
            "receiver": _receiver(webhook),
            "object_matchers": [[TAG, "=", "watchdog"]],
            "group_by": ["alertname"],
            "group_wait": "0s",
            "group_interval": "1m",
            "repeat_interval": _time(contacts.watchdog_repeat_s),
            "continue": True,
        }
        for webhook in contacts.webhook
        if webhook.watchdog
    ]
    people = [
        {
            "receiver": _receiver(contact),
            "object_matchers": [[TAG, "=", "rule"], ["severity", "=~", "|".join(contact.severities)]],
            "continue": True,
        }
        for contact in contacts.told
    ]
    return {
        "receiver": _receiver(contacts.told[0]),
        "object_matchers": [[TAG, "=~", "rule|watchdog" if heartbeats else "rule"]],
        "group_by": ["site", "subject"],
        "group_wait": _time(contacts.group_wait_s),
        "group_interval": _time(contacts.group_interval_s),
        "repeat_interval": _time(contacts.repeat_interval_s),
        "routes": [*heartbeats, *people],
    }


def _time(seconds: int) -> str:
    return duration_text(seconds * 1000) if seconds else "0s"


def _receiver(contact: Email | Telegram | Webhook) -> str:
    return f"{TAG}-{contact.name}"


def _point(contact: Email | Telegram | Webhook) -> ContactPoint:
    match contact:
        case Email():
            settings: Json = {
                "addresses": ";".join(contact.addresses),
                "singleEmail": False,
                "subject": title(contact.language),
                "message": message(contact.language),
            }
            return _made(contact, "email", settings, {})
        case Telegram():
            settings = {
                "chatid": contact.chat_id,
                "message": f"{title(contact.language)}\n\n{message(contact.language)}",
                "parse_mode": "None",
                "disable_web_page_preview": True,
            }
            if contact.topic_id is not None:
                settings["message_thread_id"] = str(contact.topic_id)
            return _made(contact, "telegram", settings, {"bottoken": SecretStr(read_secret(contact.token_file))})
        case Webhook():
            settings = {
                "url": contact.url,
                "httpMethod": "POST",
                "title": title(contact.language),
                "message": message(contact.language),
                "hmacConfig": {"header": SIGNATURE_HEADER, "timestampHeader": TIMESTAMP_HEADER},
            }
            return _made(contact, "webhook", settings, {"hmacConfig.secret": SecretStr(read_secret(contact.secret_file))})


def _made(contact: Email | Telegram | Webhook, kind: str, settings: Json, secrets: dict[str, SecretStr]) -> ContactPoint:
    return ContactPoint(f"{TAG}-contact-{contact.name}", _receiver(contact), kind, settings, secrets)
