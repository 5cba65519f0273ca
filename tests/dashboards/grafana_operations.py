"""The operations of Grafana's HTTP API that a deployment uses, written by hand from Grafana's documentation of its HTTP API.

They are what the requests of a deployment are held against where the specifications of ../shared are absent; where they are present, a test
holds these operations against them. Objects are closed: a key that is not written here is an error. What is free in Grafana is free here:
`dashboard`, `model`, `settings`, `jsonData`, `secureJsonData`, labels and annotations.
"""

from typing import Any

from tests.dashboards.fake_grafana.contract import Operation

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
FREE: Schema = {"type": "object"}
ANY: Schema = {}
NOTHING = None


def closed(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def several(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def flags(names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), FLAG)


def texts(names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), TEXT)


def numbers(names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), NUMBER)


ERROR = closed(texts("message error status"), "message")
DENIED = closed({"body": closed({**texts("message messageId"), "statusCode": NUMBER, "extra": FREE}, "messageId", "statusCode")})
INVALID = closed(texts("message"))
MESSAGE = closed(texts("message"))

HEALTH = closed(texts("commit database version enterpriseCommit apiserver"))
FOLDER = closed(
    {**texts("uid title url created createdBy updated updatedBy parentUid managedBy"), **numbers("id orgId version")}
    | {**flags("canAdmin canDelete canEdit canSave hasAcl"), "accessControl": FREE}
)
DATASOURCE_BASE = {**texts("uid name type access url user database basicAuthUser"), **flags("basicAuth isDefault withCredentials")}
DATASOURCE_COMMAND = closed({**DATASOURCE_BASE, "jsonData": FREE, "secureJsonData": FREE})
DATASOURCE_CHANGE = closed({**DATASOURCE_BASE, "jsonData": FREE, "secureJsonData": FREE, "version": NUMBER})
DATASOURCE = closed(
    {**DATASOURCE_BASE, "jsonData": FREE, "secureJsonFields": FREE, "accessControl": FREE, "typeLogoUrl": TEXT}
    | {**numbers("id orgId version"), "readOnly": FLAG}
)
DATASOURCE_ITEM = closed(
    {**texts("uid name type typeName typeLogoUrl access url user database"), **numbers("id orgId")}
    | {**flags("basicAuth isDefault readOnly"), "jsonData": FREE}
)
DATASOURCE_DONE = closed({"id": NUMBER, "name": TEXT, "message": TEXT, "datasource": DATASOURCE}, "id", "name", "message", "datasource")
HIT = closed(
    {**texts("uid title uri url slug type folderUid folderTitle folderUrl sortMetaName description permanentlyDeleteDate")}
    | {**numbers("id orgId folderId sortMeta"), **flags("isStarred isDeleted"), "tags": several(TEXT)}
)
META = closed(
    {**texts("slug url folderUid folderTitle folderUrl created createdBy updated updatedBy type expires provisionedExternalId apiVersion")}
    | {**numbers("version folderId"), "annotationsPermissions": FREE}
    | flags("canAdmin canDelete canEdit canSave canStar hasAcl isFolder isSnapshot isStarred provisioned publicDashboardEnabled")
)
BOARD = closed({"dashboard": FREE, "meta": META})
VERSION = closed({**texts("uid created createdBy message"), **numbers("id dashboardId parentVersion restoredFrom version"), "data": FREE})
VERSIONS: Schema = {"anyOf": [closed({"continueToken": TEXT, "versions": several(VERSION)}), several(VERSION)]}
SAVE = closed({"dashboard": FREE, "folderUid": TEXT, "message": TEXT, "overwrite": FLAG})
SAVED = closed({**texts("status title uid url folderUid"), **numbers("id version")}, "id", "status", "title", "uid", "url", "version")

QUERY = closed(
    {**texts("refId queryType datasourceUid"), "model": FREE, "relativeTimeRange": closed(numbers("from to"))},
    "refId",
    "datasourceUid",
    "model",
)
RECEIVED = closed(
    {**texts("receiver group_wait group_interval repeat_interval"), "group_by": several(TEXT)}
    | {"mute_time_intervals": several(TEXT), "active_time_intervals": several(TEXT)},
    "receiver",
)
RULE = closed(
    {
        **texts("uid title folderUID ruleGroup condition updated provenance for keep_firing_for"),
        **numbers("id orgID missingSeriesEvalsToResolve"),
    }
    | {"data": several(QUERY), "labels": FREE, "annotations": FREE, "isPaused": FLAG, "notification_settings": RECEIVED, "record": FREE}
    | {
        "noDataState": {"enum": ["Alerting", "NoData", "OK", "KeepLast"]},
        "execErrState": {"enum": ["Alerting", "Error", "OK", "KeepLast"]},
    },
    *("title", "folderUID", "ruleGroup", "orgID", "condition", "data", "noDataState", "execErrState", "for"),
)
GROUP = closed({**texts("folderUid title"), "interval": NUMBER, "rules": several(RULE)})
TYPES = (
    *("alertmanager", "dingding", "discord", "email", "googlechat", "kafka", "line", "opsgenie", "pagerduty", "pushover", "sensugo"),
    *("slack", "teams", "telegram", "threema", "victorops", "webhook", "wecom"),
)
POINT = closed(
    {**texts("uid name provenance"), "type": {"enum": list(TYPES)}, "settings": FREE, "disableResolveMessage": FLAG}, "type", "settings"
)
ROUTE: Schema = closed(
    {**texts("receiver group_wait group_interval repeat_interval provenance"), "continue": FLAG, "match": FREE, "match_re": FREE}
    | {"group_by": several(TEXT), "mute_time_intervals": several(TEXT), "active_time_intervals": several(TEXT)}
    | {"matchers": several(ANY), "object_matchers": several(several(TEXT))}
)
ROUTE["properties"]["routes"] = several({"$ref": "#/components/schemas/Route"})

_PROVISIONING = "/api/v1/provisioning"
_UNLOCK = ("X-Disable-Provenance",)
_USUAL = {401: ERROR, 403: ERROR, 500: ERROR}
_DENIED = {403: DENIED}


def _operation(
    method: str,
    path: str,
    answers: dict[int, Schema | None],
    body: Schema | None = None,
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
) -> Operation:
    return Operation(method, path, frozenset(query), frozenset(headers), body, answers, {"Route": ROUTE})


def _rule_group(method: str, answers: dict[int, Schema | None], body: Schema | None = None) -> Operation:
    path = f"{_PROVISIONING}/folder/{{FolderUID}}/rule-groups/{{Group}}"
    return _operation(method, path, answers, body, headers=_UNLOCK if method == "PUT" else ())


OPERATIONS = (
    _operation("GET", "/api/health", {200: HEALTH, 503: ERROR}),
    _operation("GET", "/api/folders/{folder_uid}", {200: FOLDER, 404: ERROR, **_USUAL}),
    _operation("POST", "/api/folders", {200: FOLDER, 400: ERROR, 409: ERROR, **_USUAL}, closed(texts("uid title parentUid description"))),
    _operation(
        "PUT",
        "/api/folders/{folder_uid}",
        {200: FOLDER, 400: ERROR, 404: ERROR, 409: ERROR, **_USUAL},
        closed({**texts("title description"), "version": NUMBER, "overwrite": FLAG}),
    ),
    _operation(
        "DELETE",
        "/api/folders/{folder_uid}",
        {200: closed({**texts("message title"), "id": NUMBER}, "id", "message", "title"), 400: ERROR, 404: ERROR, **_USUAL},
        query=("forceDeleteRules",),
    ),
    _operation("GET", "/api/folders/{folder_uid}/counts", {200: {"additionalProperties": NUMBER}, 404: ERROR, **_USUAL}),
    _operation("GET", "/api/datasources", {200: several(DATASOURCE_ITEM), **_USUAL}),
    _operation("POST", "/api/datasources", {200: DATASOURCE_DONE, 409: ERROR, **_USUAL}, DATASOURCE_COMMAND),
    _operation("GET", "/api/datasources/uid/{uid}", {200: DATASOURCE, 400: ERROR, 404: ERROR, **_USUAL}),
    _operation("PUT", "/api/datasources/uid/{uid}", {200: DATASOURCE_DONE, 409: ERROR, **_USUAL}, DATASOURCE_CHANGE),
    _operation(
        "GET",
        "/api/search",
        {200: several(HIT), 401: ERROR, 422: ERROR, 500: ERROR},
        query=("query", "tag", "type", "limit", "page", "folderUIDs"),
    ),
    _operation("GET", "/api/dashboards/uid/{uid}", {200: BOARD, 404: ERROR, 406: ERROR, **_USUAL}),
    _operation(
        "DELETE", "/api/dashboards/uid/{uid}", {200: closed(texts("message title uid"), "message", "title", "uid"), 404: ERROR, **_USUAL}
    ),
    _operation("GET", "/api/dashboards/uid/{uid}/versions", {200: VERSIONS, 404: ERROR, **_USUAL}, query=("limit", "start")),
    _operation("POST", "/api/dashboards/db", {200: SAVED, 400: ERROR, 404: ERROR, 412: ERROR, 422: ERROR, **_USUAL}, SAVE),
    _operation("GET", f"{_PROVISIONING}/alert-rules", {200: several(RULE), **_DENIED}),
    _operation("DELETE", f"{_PROVISIONING}/alert-rules/{{UID}}", {204: NOTHING, **_DENIED}, headers=_UNLOCK),
    _rule_group("GET", {200: GROUP, 404: NOTHING, **_DENIED}),
    _rule_group("PUT", {200: GROUP, 400: INVALID, **_DENIED}, GROUP),
    _operation("GET", f"{_PROVISIONING}/contact-points", {200: several(POINT), **_DENIED}, query=("name",)),
    _operation("POST", f"{_PROVISIONING}/contact-points", {202: POINT, 400: INVALID, **_DENIED}, POINT, headers=_UNLOCK),
    _operation("PUT", f"{_PROVISIONING}/contact-points/{{UID}}", {202: ANY, 400: INVALID, **_DENIED}, POINT, headers=_UNLOCK),
    _operation("DELETE", f"{_PROVISIONING}/contact-points/{{UID}}", {202: NOTHING, **_DENIED}),
    _operation("GET", f"{_PROVISIONING}/policies", {200: ROUTE, **_DENIED}),
    _operation("PUT", f"{_PROVISIONING}/policies", {202: ANY, 400: INVALID, **_DENIED}, ROUTE, headers=_UNLOCK),
)
