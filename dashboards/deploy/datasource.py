"""The plan for the data source. Grafana never gives its secrets back: those that are there stay, until they are to be renewed."""

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import Line, json_diff
from dashboards.deploy.forms import filled
from dashboards.deploy.live import Live
from dashboards.deploy.mark import DATASOURCE_KEY, digest
from dashboards.deploy.wanted import Store
from dashboards.house import DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

_OF_COMMAND = (
    *("uid", "name", "type", "access", "url", "user", "database", "basicAuth", "basicAuthUser"),
    *("withCredentials", "isDefault", "jsonData", "version"),
)
_MISSING = said(
    "chưa có, và không rõ InfluxDB ở đâu: cho --influx URL", "is not there, and where InfluxDB is was not said: give --influx URL"
)
_OTHER = said(
    "có uid của chúng tôi nhưng không phải InfluxDB: xóa nó hoặc đổi uid", "has our uid but is no InfluxDB: delete it or change its uid"
)
_FILE = said("được cấp từ tệp trên máy chủ Grafana: sửa tệp đó", "comes from a file on Grafana's host: change that file")
_EDITED = said("đã được sửa bằng tay: --force để ghi đè", "was edited by hand: --force overwrites it")
_TAKEN = said("một nguồn dữ liệu khác đã có tên này: đổi tên nó", "another data source has this name: rename that one")


def plan(store: Store | None, live: Live, wishes: Wishes) -> Action:
    """Return the step for the data source."""
    there = live.datasource
    if there is None:
        return _new(store, live)
    if there.get("type") != DATASOURCE_TYPE:
        return _step("refuse", _OTHER)
    if store is None:
        return _step("unchanged", as_is(""))
    diff = tuple(json_diff(_content(there, store.content), store.content))
    missing = [name for name in store.secrets if not (there.get("secureJsonFields") or {}).get(name)]
    if there.get("readOnly"):
        return _step("refuse", _FILE, diff) if diff else _step("unchanged", _FILE)
    is_renewed = bool(store.secrets) and (wishes.renew_secrets or bool(missing))
    if not diff and not is_renewed:
        kept = said("mật khẩu giữ nguyên; --renew-secrets để gửi lại", "the secret is kept; --renew-secrets sends it again")
        return _step("unchanged", kept if store.secrets else as_is(""))
    if diff and not wishes.force and _mark(there) != digest(_content(there, store.content)):
        return _step("refuse", _EDITED, diff)
    if is_renewed:
        diff = (*diff, Line("+", said("mật khẩu hoặc token (không hiển thị)", "password or token (not shown)")))
    return Action(
        "update", "datasource", DATASOURCE_UID, DATASOURCE_NAME, diff=diff, body=_update(there, store), before=there.get("version")
    )


def _new(store: Store | None, live: Live) -> Action:
    if store is None:
        return _step("refuse", _MISSING)
    if any(each.get("name") == DATASOURCE_NAME for each in live.datasources):
        return _step("refuse", _TAKEN)
    body = _marked(store.content) | {"isDefault": False} | _secret(store)
    diff = (Line("+", as_is(f"{store.url} {store.database}")),)
    return Action("create", "datasource", DATASOURCE_UID, DATASOURCE_NAME, diff=diff, body=body)


def _update(there: Json, store: Store) -> Json:
    """Return what is there with ours over it: whether it is the default one, and what else was set, is kept."""
    kept = {key: there[key] for key in _OF_COMMAND if key in there}
    content = _marked(store.content)
    data = (there.get("jsonData") or {}) | content["jsonData"]
    if store.password is not None:
        data.pop("httpHeaderName1", None)
    return kept | content | {"jsonData": data} | _secret(store)


def _content(there: Json, wanted: Json) -> Json:
    """Return of a live data source what a wanted one speaks of."""
    data = there.get("jsonData") or {}
    about = {key: there.get(key, "") for key in wanted if key != "jsonData"}
    return about | {"jsonData": {key: data[key] for key in wanted["jsonData"] if key in data}}


def _marked(content: Json) -> Json:
    return content | {"jsonData": content["jsonData"] | {DATASOURCE_KEY: digest(content)}}


def _mark(there: Json) -> str:
    return str((there.get("jsonData") or {}).get(DATASOURCE_KEY, ""))


def _secret(store: Store) -> Json:
    return filled({"secureJsonData": store.secrets})


def _step(verb: str, reason: Said, diff: tuple[Line, ...] = ()) -> Action:
    return Action("refuse" if verb == "refuse" else "unchanged", "datasource", DATASOURCE_UID, DATASOURCE_NAME, reason, diff)
