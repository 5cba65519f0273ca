"""The calls of Grafana's HTTP API that a deployment needs, one method each, with the permission each needs.

By uid throughout: Grafana 13 has the numeric ids switched off. Permissions are Grafana's own names (RBAC, "fixed roles"): an account with
the role Admin has them all; one with Editor lacks those of data sources.
"""

from typing import Any

from dashboards.deploy.shapes import BOARD, DATASOURCE, FOLDER, GROUP, OBJECT, POINT, ROUTE, RULE, has_shape
from dashboards.grafana.adapter import Grafana
from dashboards.house import TAG
from dashboards.model.json import Json
from telemetry.errors import TransientError
from telemetry.said import Said, said, vi_of

_PAGE = 1000
_MAX_PAGES = 50
_PROVISIONING = ("v1", "provisioning")
_POLICIES = said("chính sách thông báo", "notification policies")
UNLOCKED = {"X-Disable-Provenance": "true"}


class Calls:
    """Grafana's operations on a connection."""

    def __init__(self, grafana: Grafana) -> None:
        self._grafana = grafana

    @property
    def url(self) -> str:
        return self._grafana.url

    def version(self) -> str:
        """Return Grafana's version, "" where it hides it. Works without any right; asked once, to say soon that nobody is there."""
        body = self._grafana.request("GET", ("health",), what="/api/health", accept=(404, 503), once=True).body
        if not isinstance(body, dict) or not {"database", "version"} & set(body):
            raise TransientError(
                said(f"{self.url} không trả lời như một Grafana", f"what answers at {self.url} is no Grafana, or it is not ready yet")
            )
        return "".join(each for each in str(body.get("version", "")) if each.isprintable())

    # -- folders

    def folder(self, uid: str) -> Json | None:
        return self._one(("folders", uid), _folder(uid), "folders:read", FOLDER)

    def create_folder(self, uid: str, title: str) -> None:
        self._write("POST", ("folders",), _folder(uid), "folders:create", {"uid": uid, "title": title})

    def rename_folder(self, uid: str, title: str, version: int) -> None:
        self._write("PUT", ("folders", uid), _folder(uid), "folders:write", {"title": title, "version": version}, once=True)

    def folder_counts(self, uid: str) -> Json:
        """Return how much of each kind is in a folder."""
        return self._one(("folders", uid, "counts"), _folder(uid), "folders:read") or {}

    def delete_folder(self, uid: str) -> None:
        self._delete(("folders", uid), _folder(uid), "folders:delete")

    # -- data sources

    def datasources(self) -> list[Json]:
        return self._list(("datasources",), said("nguồn dữ liệu", "data sources"), "datasources:read")

    def datasource(self, uid: str) -> Json | None:
        return self._one(("datasources", "uid", uid), _source(uid), "datasources:read", DATASOURCE)

    def create_datasource(self, body: Json) -> None:
        self._write("POST", ("datasources",), _source(str(body["uid"])), "datasources:create", body)

    def update_datasource(self, uid: str, body: Json) -> None:
        self._write("PUT", ("datasources", "uid", uid), _source(uid), "datasources:write", body, once=True)

    # -- dashboards

    def dashboard(self, uid: str) -> Json | None:
        """Return a dashboard with its meta; None where there is none, {} where it was saved in a form that /api does not show (406)."""
        path = ("dashboards", "uid", uid)
        answer = self._grafana.request("GET", path, what=_board(uid), needs="dashboards:read", accept=(404, 406))
        if answer.status != 200:
            return None if answer.status == 404 else {}
        return _object(answer.body, _board(uid), BOARD)

    def versions(self, uid: str) -> list[Json] | None:
        """Return the two newest versions, newest first; None where Grafana does not tell (403, 404)."""
        answer = self._grafana.request(
            "GET",
            ("dashboards", "uid", uid, "versions"),
            what=said(f"các phiên bản của bảng {uid}", f"versions of dashboard {uid}"),
            needs="dashboards:write",
            params={"limit": 2},
            accept=(403, 404),
        )
        if answer.status != 200:
            return None
        found = answer.body.get("versions") if isinstance(answer.body, dict) else answer.body
        return sorted(_objects(found, "versions"), key=_number, reverse=True)

    def tagged_dashboards(self) -> list[Json]:
        """Return search hits for all dashboards with our tag."""
        hits: list[Json] = []
        for page in range(1, _MAX_PAGES + 1):
            params: dict[str, str | int] = {"type": "dash-db", "tag": TAG, "limit": _PAGE, "page": page}
            found = self._list(("search",), said("tìm bảng", "search for dashboards"), "dashboards:read", params=params)
            hits += found
            if len(found) < _PAGE:
                break
        return hits

    def save_dashboard(self, body: Json) -> None:
        needs = "dashboards:create, dashboards:write"
        self._write("POST", ("dashboards", "db"), _board(str(body["dashboard"]["uid"])), needs, body)

    def delete_dashboard(self, uid: str) -> None:
        self._delete(("dashboards", "uid", uid), _board(uid), "dashboards:delete")

    # -- alerting

    def rules(self) -> list[Json]:
        return self._list((*_PROVISIONING, "alert-rules"), said("quy tắc cảnh báo", "alert rules"), "alert.provisioning:read", RULE)

    def group(self, folder: str, name: str) -> Json | None:
        path = (*_PROVISIONING, "folder", folder, "rule-groups", name)
        return self._one(path, _group(name), "alert.provisioning:read", GROUP)

    def put_group(self, folder: str, name: str, body: Json) -> None:
        path = (*_PROVISIONING, "folder", folder, "rule-groups", name)
        self._write("PUT", path, _group(name), "alert.provisioning:write", body)

    def delete_rule(self, uid: str) -> None:
        self._delete((*_PROVISIONING, "alert-rules", uid), said(f"quy tắc {uid}", f"alert rule {uid}"), "alert.provisioning:write")

    def contact_points(self) -> list[Json]:
        return self._list((*_PROVISIONING, "contact-points"), said("điểm liên hệ", "contact points"), "alert.provisioning:read", POINT)

    def create_contact_point(self, body: Json) -> None:
        self._write("POST", (*_PROVISIONING, "contact-points"), _point(str(body["uid"])), "alert.provisioning:write", body)

    def update_contact_point(self, uid: str, body: Json) -> None:
        self._write("PUT", (*_PROVISIONING, "contact-points", uid), _point(uid), "alert.provisioning:write", body)

    def delete_contact_point(self, uid: str) -> None:
        self._delete((*_PROVISIONING, "contact-points", uid), _point(uid), "alert.provisioning:write")

    def policies(self) -> Json:
        return self._one((*_PROVISIONING, "policies"), _POLICIES, "alert.provisioning:read", ROUTE) or {}

    def put_policies(self, tree: Json, *, keeps_unlocked: bool) -> None:
        """Replace the whole tree. It is not repeated by itself: in between somebody else may have changed it."""
        headers = UNLOCKED if keeps_unlocked else {}
        needs = "alert.provisioning:write"
        self._write("PUT", (*_PROVISIONING, "policies"), _POLICIES, needs, tree, headers=headers, once=True)

    # -- what they have in common

    def _one(self, path: tuple[str, ...], what: str, needs: str, shape: Any = OBJECT) -> Json | None:
        answer = self._grafana.request("GET", path, what=what, needs=needs, accept=(404,))
        return None if answer.status == 404 else _object(answer.body, what, shape)

    def _list(
        self, path: tuple[str, ...], what: str, needs: str, shape: Any = OBJECT, params: dict[str, str | int] | None = None
    ) -> list[Json]:
        return _objects(self._grafana.request("GET", path, what=what, needs=needs, params=params).body, what, shape)

    def _write(
        self,
        method: str,
        path: tuple[str, ...],
        what: str,
        needs: str,
        body: Json,
        headers: dict[str, str] | None = None,
        *,
        once: bool = False,
    ) -> None:
        self._grafana.request(method, path, what=what, needs=needs, body=body, headers=headers, once=once)

    def _delete(self, path: tuple[str, ...], what: str, needs: str) -> None:
        self._grafana.request("DELETE", path, what=what, needs=needs, accept=(404,))


def _folder(uid: str) -> Said:
    return said(f"thư mục {uid}", f"folder {uid}")


def _source(uid: str) -> Said:
    return said(f"nguồn dữ liệu {uid}", f"data source {uid}")


def _board(uid: str) -> Said:
    return said(f"bảng {uid}", f"dashboard {uid}")


def _group(name: str) -> Said:
    return said(f"nhóm quy tắc {name}", f"rule group {name}")


def _point(uid: str) -> Said:
    return said(f"điểm liên hệ {uid}", f"contact point {uid}")


def _number(version: Json) -> int:
    number = version.get("version")
    return number if isinstance(number, int) else 0


def _object(body: Any, what: str, shape: Any) -> Json:
    if not isinstance(body, dict) or not has_shape(body, shape):
        raise _strange(what)
    return body


def _objects(body: Any, what: str, shape: Any = OBJECT) -> list[Json]:
    if not isinstance(body, list) or not has_shape(body, [shape]):
        raise _strange(what)
    return body


def _strange(what: str) -> TransientError:
    return TransientError(
        said(
            f"{vi_of(what)}: câu trả lời trống hoặc không có dạng của Grafana; chạy lại sau",
            f"{what}: the answer is empty or has not Grafana's form; run again later",
        )
    )
