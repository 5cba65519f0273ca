"""`quanho dashboards build`: dashboards and rules as files, for a Grafana that is configured by files."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.dashboards_place import alerting_of, languages_of
from quanho.failure import Failed
from quanho.lang import LANGUAGES, pick, say

if TYPE_CHECKING:
    from dashboards.files.owned_folder import Plan
    from dashboards.files.provisioning import FileSettings, Secret

_ROUTINGS = ("rules", "tree", "none")
_NOT_UP_TO_DATE = 1
_EPILOG = """\
DIR is a folder of its own: nothing else may lie in it. It gets
  provisioning/datasources, /dashboards, /alerting    what Grafana's [paths] provisioning points to
  dashboards/vi, /en                                  the dashboards
  quanho-files.json                                   what was written, with hashes: a file that somebody edited is not written over
Grafana reads it at its start; dashboards also later, every 30 s. What a later build no longer has stays in Grafana: delete
dashboards there, rules by a file of yours with deleteRules.

Secrets are never written. The files name where Grafana finds them: a file ($__file{PATH}) or a variable of its environment. A secret must
not hold a dollar sign: Grafana takes what follows for a variable. If an InfluxDB 2.x asks for a token, it is sent as a header.

How alerts reach contact points (--routing):
  rules   each rule names its contact point; the policies of this Grafana stay as they are. One message a rule and site
  tree    a file with policies, which REPLACES the whole tree of the organisation, other people's too
  none    neither; the default policy gets the alerts

examples:
  quanho dashboards build --out /etc/quanho/grafana --database quanho --username grafana --password-file /etc/grafana/influx.password
  quanho dashboards build --out files --seen-at /quanho --influx http://influxdb:8086 --token-env INFLUX_TOKEN --languages vi
  quanho dashboards build --out files --contacts contacts.toml --secrets-dir /etc/grafana/secrets
  quanho dashboards build --out files --check           exit code 1 when a build would change something

exit codes: 0 done   1 --check found something to change   2 wrong usage, or a folder that is not ours or was edited by hand
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "build",
        help="write dashboards and rules as files",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write; it is made if missing")
    parser.add_argument("--seen-at", metavar="PATH", help="where Grafana finds DIR, as in a container (default: DIR itself)")
    parser.add_argument(
        "--languages", type=languages_of, default=LANGUAGES, metavar="L,…", help="vi, en (default: vi,en); alerts are in the first"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when DIR is not up to date")
    parser.add_argument("--force", action="store_true", help="write over files that were edited by hand")
    parser.add_argument("--json", action="store_true", help="print JSON")
    store = parser.add_argument_group("the store, as Grafana reaches it")
    store.add_argument("--influx", default="http://127.0.0.1:8086", metavar="URL", help="address (default: http://127.0.0.1:8086)")
    store.add_argument("--database", default="quanho", metavar="NAME", help="database, or bucket with a DBRP mapping (default: quanho)")
    store.add_argument("--username", metavar="NAME", help="user with the right to read (1.x, or a v1 user of 2.x)")
    secret = store.add_mutually_exclusive_group()
    secret.add_argument("--password-file", metavar="FILE", help="file on Grafana's machine with the user's password")
    secret.add_argument("--password-env", metavar="NAME", help="variable of Grafana's environment with the user's password")
    secret.add_argument("--token-file", metavar="FILE", help="file on Grafana's machine with a read token (2.x)")
    secret.add_argument("--token-env", metavar="NAME", help="variable of Grafana's environment with a read token (2.x)")
    alerts = parser.add_argument_group("alerts")
    alerts.add_argument("--contacts", type=Path, metavar="FILE", help="whom alerts reach; without it, whom Grafana's own policies say")
    alerts.add_argument("--routing", choices=_ROUTINGS, default="rules", help="how alerts find their contact point (default: rules)")
    alerts.add_argument(
        "--default-receiver", default="grafana-default-email", metavar="NAME", help="contact point of all other alerts, with --routing tree"
    )
    alerts.add_argument("--secrets-dir", default="/run/secrets", metavar="PATH", help="where Grafana finds the secrets of contact points")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from quanho.extras import dashboards_extra

    with dashboards_extra():
        from dashboards.built import built
        from dashboards.files.alerts import secret_files
        from dashboards.files.owned_folder import FolderRefused, plan, write
        from dashboards.files.provisioning import files

    settings = _settings(arguments)
    alerting = alerting_of(settings.languages, arguments.contacts)
    try:
        wanted = files(built(settings.languages), alerting, settings)
    except ValueError as error:
        raise Failed(str(error)) from error
    try:
        done = plan(arguments.out, wanted) if arguments.check else write(arguments.out, wanted, force=arguments.force)
    except FolderRefused as error:
        raise Failed(pick(error.reason)) from error
    if arguments.json:
        print(json.dumps(_as_json(arguments, done), ensure_ascii=False))
    else:
        _tell(arguments, done, secret_files(alerting, settings.secrets_dir))
    return _NOT_UP_TO_DATE if arguments.check and not done.is_done else 0


def _settings(arguments: argparse.Namespace) -> "FileSettings":
    from pydantic import ValidationError

    from dashboards.files.provisioning import FileSettings, Store
    from runtime.config_problems import problems_of
    from telemetry.errors import ConfigError

    password = _secret(arguments.password_file, arguments.password_env)
    if bool(arguments.username) != bool(password):
        raise Failed(
            say(
                "--username đi cùng --password-file hoặc --password-env; InfluxDB 2.x với token thì không cần --username",
                "--username goes with --password-file or --password-env; an InfluxDB 2.x with a token needs no --username",
            )
        )
    store = {
        "url": arguments.influx,
        "database": arguments.database,
        "username": arguments.username,
        "password": password,
        "token": _secret(arguments.token_file, arguments.token_env),
    }
    table = {
        "seen_at": arguments.seen_at or str(arguments.out.absolute()),
        "languages": arguments.languages,
        "routing": arguments.routing,
        "default_receiver": arguments.default_receiver,
        "secrets_dir": arguments.secrets_dir,
    }
    try:
        return FileSettings(store=Store(**store), **table)
    except ValidationError as error:
        model, given = (Store, store) if error.title == Store.__name__ else (FileSettings, table)
        raise ConfigError(problems_of(error, "dashboards build", model, given)) from error


def _secret(file: str | None, variable: str | None) -> "Secret | None":
    from pydantic import ValidationError

    from dashboards.files.provisioning import Secret

    if file and not file.startswith("/"):
        raise Failed(
            say(f"{file} phải là đường dẫn tuyệt đối trên máy chạy Grafana", f"{file} must be an absolute path on Grafana's machine")
        )
    try:
        return Secret(source="file", name=file) if file else Secret(source="env", name=variable) if variable else None
    except ValidationError as error:
        raise Failed(
            say(f"{file or variable}: không được có $ và dấu ngoặc nhọn", f"{file or variable}: must hold no $ and no braces")
        ) from error


def _as_json(arguments: argparse.Namespace, done: "Plan") -> dict[str, object]:
    return {
        "ok": done.is_done or not arguments.check,
        "out": str(arguments.out),
        "added": done.added,
        "changed": done.changed,
        "removed": done.removed,
        "edited": done.edited,
        "unchanged_count": len(done.unchanged),
    }


def _tell(arguments: argparse.Namespace, done: "Plan", secrets: list[str]) -> None:
    for mark, paths in (("+", done.added), ("~", done.changed), ("-", done.removed)):
        for path in paths:
            print(f"{mark} {path}")
    out, total = arguments.out, len(done.added) + len(done.changed) + len(done.unchanged)
    if done.is_done:
        print(say(f"{out}: {total} tệp, không có gì phải đổi", f"{out}: {total} files, nothing to change"))
    elif arguments.check:
        for path in done.edited:
            print(say(f"! {path} đã bị sửa bằng tay", f"! {path} was edited by hand"))
        print(say(f"{out} chưa cập nhật: chạy lại không có --check", f"{out} is not up to date: run again without --check"))
    else:
        print(
            say(
                f"{out}: {total} tệp ({len(done.added)} mới, {len(done.changed)} đổi, {len(done.removed)} bỏ)",
                f"{out}: {total} files ({len(done.added)} new, {len(done.changed)} changed, {len(done.removed)} removed)",
            )
        )
    if arguments.routing == "tree" and "provisioning/alerting/policies.yaml" in {*done.added, *done.changed, *done.unchanged}:
        print(
            say(
                "chú ý: policies.yaml THAY THẾ toàn bộ cây chính sách thông báo của tổ chức này trong Grafana",
                "note: policies.yaml REPLACES the whole tree of notification policies of this organisation in Grafana",
            )
        )
    for path in secrets:
        print(say(f"Grafana cần tệp bí mật {path}", f"Grafana needs the secret file {path}"))
