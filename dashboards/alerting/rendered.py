"""Alerting as Grafana's provisioning calls take it, ready to be written to files or sent."""

from dataclasses import dataclass

from pydantic import SecretStr

from dashboards.model.json import Json


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, every `interval_s`. `rules` are ProvisionedAlertRule objects of Grafana's spec."""

    folder_uid: str
    name: str
    interval_s: int
    rules: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """Where alerts go. `secrets` are further settings by their path in `settings` ("bottoken", "hmacConfig.secret")."""

    uid: str
    name: str
    type: str
    settings: Json
    secrets: dict[str, SecretStr]
    disable_resolve_message: bool = False


@dataclass(frozen=True, slots=True)
class Alerting:
    """`route` is one Route object, to stand among the children of the tree that is there; None without contact points."""

    groups: tuple[RuleGroup, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    route: Json | None = None
