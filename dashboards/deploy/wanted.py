"""What a Grafana should have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import SecretStr

from dashboards.alerting.rendered import Alerting, RuleGroup
from dashboards.built import Built
from dashboards.deploy.features import Features
from dashboards.deploy.mark import digest, is_ours
from dashboards.house import ALERTS_FOLDER, DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID, FOLDERS
from dashboards.model.json import Json
from dashboards.words import Language
from telemetry.errors import ConfigError, Problem
from telemetry.said import said


@dataclass(frozen=True, slots=True)
class Store:
    """The InfluxDB as Grafana reaches it. A user with a password (1.x), or a token (2.x, 3); secrets that are None stay as they are."""

    url: str
    database: str
    user: str = ""
    password: SecretStr | None = None
    token: SecretStr | None = None

    @property
    def content(self) -> Json:
        """Return the data source without secrets. `timeInterval`: gateways report every 10 s."""
        data: Json = {"dbName": self.database, "httpMode": "POST", "timeInterval": "10s"}
        if self.token is not None:
            data["httpHeaderName1"] = "Authorization"
        about = {"uid": DATASOURCE_UID, "name": DATASOURCE_NAME, "type": DATASOURCE_TYPE, "access": "proxy"}
        return about | {"url": self.url, "user": self.user, "jsonData": data}

    @property
    def secrets(self) -> dict[str, str]:
        """Return `secureJsonData`."""
        if self.token is not None:
            return {"httpHeaderValue1": f"Token {self.token.get_secret_value()}"}
        return {"password": self.password.get_secret_value()} if self.password is not None else {}


@dataclass(frozen=True, slots=True)
class WantedFolder:
    uid: str
    title: str


@dataclass(frozen=True, slots=True)
class WantedBoard:
    """A dashboard, the folder it belongs in, and the digest of both."""

    uid: str
    folder_uid: str
    json: Json

    @property
    def title(self) -> str:
        return str(self.json.get("title", self.uid))

    @property
    def digest(self) -> str:
        return digest([self.folder_uid, self.json])


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is wanted. `store` None leaves the data source as it is, `alerting` None all alerting.

    Without `has_contacts` contact points and the policy are left as they are: a forgotten file must not silence alerts.
    """

    folders: tuple[WantedFolder, ...]
    boards: tuple[WantedBoard, ...]
    store: Store | None = None
    alerting: Alerting | None = None
    has_contacts: bool = True

    def __post_init__(self) -> None:
        uids = [folder.uid for folder in self.folders] + [board.uid for board in self.boards]
        if self.alerting:
            uids += [point.uid for point in self.alerting.contact_points]
            uids += [str(rule.get("uid")) for group in self.alerting.groups for rule in group.rules]
            uids += [group.folder_uid for group in self.alerting.groups]
        strange = [uid for uid in uids if not is_ours(uid)]
        if strange:
            raise ValueError(f"what we make is known by its uid, and these are not ours: {strange}")


def wanted(
    languages: Sequence[Language], boards: Sequence[Built], store: Store | None, alerting: Alerting | None, *, has_contacts: bool = True
) -> Wanted:
    """Put together what is wanted: dashboards in the folder of their language, and the folder of the rules when there are rules."""
    folders = [WantedFolder(FOLDERS[language].uid, FOLDERS[language].title.to(language)) for language in languages]
    if alerting and alerting.groups:
        folders.append(WantedFolder(ALERTS_FOLDER.uid, ALERTS_FOLDER.title.to(languages[0] if languages else "vi")))
    of_boards = tuple(WantedBoard(board.uid, FOLDERS[board.language].uid, board.json) for board in boards)
    return Wanted(tuple(folders), of_boards, store, alerting, has_contacts)


def suited(of: Wanted, features: Features) -> Wanted:
    """Return the same without what this Grafana does not know. Raises ConfigError where that would tell secrets and silence people."""
    if of.alerting is None:
        return of
    if not features.has_signatures:
        _refuse_signatures(of.alerting, features.version)
    if features.has_missing_series:
        return of
    groups = tuple(_without(group, "missingSeriesEvalsToResolve") for group in of.alerting.groups)
    return replace(of, alerting=replace(of.alerting, groups=groups))


def _refuse_signatures(alerting: Alerting, version: str) -> None:
    text = said(
        "Grafana trước 12.0 không ký webhook, và giữ bí mật của nó dạng chữ thường: nâng cấp Grafana, hoặc bỏ webhook này",
        "Grafana before 12.0 signs no webhook, and keeps its secret in plain text: upgrade Grafana, or take this webhook out",
    )
    signed = [point for point in alerting.contact_points if "hmacConfig.secret" in point.secrets]
    if signed:
        raise ConfigError([Problem(f"Grafana {version}", point.uid, text) for point in signed])


def _without(group: RuleGroup, key: str) -> RuleGroup:
    return replace(group, rules=tuple({name: value for name, value in rule.items() if name != key} for rule in group.rules))
