"""The files: a data source, providers of dashboards, dashboards, alerting.

Format: https://grafana.com/docs/grafana/latest/administration/provisioning/ (apiVersion 1). In those files, not in dashboards, Grafana puts
the environment in place of `$NAME` and `${NAME}` and a file's text in place of `$__file{PATH}`; `$$` is a dollar sign
(pkg/services/provisioning/values/values.go, pkg/setting/expanders.go). Secrets are therefore only named here, never written, and a secret
with a dollar sign in it is garbled by Grafana.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from dashboards.alerting.rendered import Alerting
from dashboards.built import Built
from dashboards.files.alerts import Routing, alert_files
from dashboards.house import DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID, FOLDERS
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Language

_ORG = 1
_RELOAD_S = 30


class Secret(BaseModel):
    """Where Grafana finds a secret: in a file of its machine, or in its environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["file", "env"] = Field(description="file of Grafana's machine, or variable of its environment")
    name: str = Field(min_length=1, pattern=r"^[^${}\n]+$", description="path of the file, or name of the variable")

    @property
    def reference(self) -> str:
        return f"$__{self.source}{{{self.name}}}"


class Store(BaseModel):
    """The InfluxDB as Grafana reaches it; with a user (1.x, or a v1 user of 2.x), a token (2.x, 3), or neither."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field("http://127.0.0.1:8086", description="address of the InfluxDB, seen from Grafana")
    database: str = Field("quanho", min_length=1, description="database (1.x), or bucket with a DBRP mapping (2.x)")
    username: str | None = Field(None, min_length=1, description="user with the right to read")
    password: Secret | None = Field(None, description="where Grafana finds the user's password")
    token: Secret | None = Field(None, description="where Grafana finds a token with the right to read")
    least_interval_s: int = Field(10, gt=0, description="shortest interval that queries group by")

    @field_validator("url")
    @classmethod
    def _is_http_without_secrets(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s@?#]+", url):
            raise ValueError("the store's address must look like http://host:8086, without a user or a query")
        return url.rstrip("/")


class FileSettings(BaseModel):
    """What decides the text of the files, beside dashboards and rules."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seen_at: str = Field(description="absolute path of the folder on Grafana's machine")
    store: Store = Field(Store(), description="the InfluxDB")
    languages: tuple[Language, ...] = Field(
        LANGUAGES, min_length=1, description="languages of the dashboards; alerts' folder is in the first"
    )
    routing: Routing = Field("rules", description="how alerts find their contact point: by each rule, by a whole new tree, or not at all")
    default_receiver: str = Field("grafana-default-email", description="contact point of all other alerts, where the tree is replaced")
    secrets_dir: str = Field(
        "/run/secrets", pattern="^/[^${}]*$", description="folder of Grafana's machine with the secrets of contact points"
    )

    @field_validator("seen_at", "secrets_dir")
    @classmethod
    def _is_absolute(cls, path: str) -> str:
        if not re.fullmatch(r"/[^${}\n]*", path):
            raise ValueError("must be an absolute path on Grafana's machine, without $ and braces")
        return str(PurePosixPath(path))


def files(dashboards: Sequence[Built], alerting: Alerting, settings: FileSettings) -> dict[str, bytes]:
    """Return every file by its path below the folder. The same input gives the same bytes."""
    of_alerts = alert_files(
        alerting,
        settings.languages[0],
        routing=settings.routing,
        default_receiver=settings.default_receiver,
        secrets_dir=settings.secrets_dir,
    )
    provisioning = {
        "datasources/quanho.yaml": _datasource(settings.store),
        "dashboards/quanho.yaml": _providers(settings),
        **{f"alerting/{name}": content for name, content in of_alerts.items()},
    }
    wanted = [each for each in dashboards if each.language in settings.languages]
    return {
        **{f"provisioning/{name}": _yaml(content) for name, content in provisioning.items()},
        **{f"dashboards/{each.language}/{each.uid}.json": _json(each.json) for each in wanted},
    }


def _literal(text: str) -> str:
    """Return the text as Grafana's provisioning files spell it where they would take a dollar sign for a variable."""
    return text.replace("$", "$$")


def _datasource(store: Store) -> Json:
    options: Json = {"dbName": _literal(store.database), "httpMode": "POST", "timeInterval": f"{store.least_interval_s}s"}
    source: Json = {
        "name": DATASOURCE_NAME,
        "uid": DATASOURCE_UID,
        "orgId": _ORG,
        "type": DATASOURCE_TYPE,
        "access": "proxy",
        "url": _literal(store.url),
        "editable": False,
        "jsonData": options,
    }
    if store.username and store.password:
        source["user"] = _literal(store.username)
        source["secureJsonData"] = {"password": store.password.reference}
    elif store.token:
        options["httpHeaderName1"] = "Authorization"
        source["secureJsonData"] = {"httpHeaderValue1": f"Token {store.token.reference}"}
    return {"apiVersion": 1, "datasources": [source]}


def _providers(settings: FileSettings) -> Json:
    """A dashboard whose file goes stays in Grafana, so that a folder that is not mounted one day empties no Grafana."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": FOLDERS[language].uid,
                "orgId": _ORG,
                "folder": _literal(FOLDERS[language].title.to(language)),
                "folderUid": FOLDERS[language].uid,
                "type": "file",
                "allowUiUpdates": False,
                "disableDeletion": True,
                "updateIntervalSeconds": _RELOAD_S,
                "options": {"path": _literal(str(PurePosixPath(settings.seen_at) / "dashboards" / language))},
            }
            for language in settings.languages
        ],
    }


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _yaml(content: Mapping[str, Any]) -> bytes:
    head = "# Made by `quanho dashboards build`; changes belong into quanho, this file is written over.\n"
    return (head + yaml.safe_dump(_plain(content), allow_unicode=True, sort_keys=False, width=140)).encode()


def _plain(content: Any) -> Any:
    """The same in YAML's own types: lists for tuples, and copies, so that no `&anchor` stands for what occurs twice."""
    if isinstance(content, Mapping):
        return {key: _plain(value) for key, value in content.items()}
    return [_plain(value) for value in content] if isinstance(content, list | tuple) else content
