"""`quanho dashboards deploy`: bring a Grafana up to date by its HTTP API, beside what other people have in it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quanho.argument_types import seconds
from quanho.dashboards_place import alerting_of, languages_of
from quanho.failure import Failed
from quanho.lang import LANGUAGES, say

if TYPE_CHECKING:
    from pydantic import SecretStr

    from dashboards.deploy.wanted import Store, Wanted
    from dashboards.grafana.settings import GrafanaSettings

EXIT_UNREACHABLE = 3
_EPILOG = """\
What is made: a folder a language, the data source, the dashboards, contact points, alert rules, and one notification policy that is put in
front of those that are there. All of it has a uid that begins with quanho-; nothing else is ever changed or deleted.

Refused, named, and exit code 1:
  what somebody else made but has our uid or name; what a file on Grafana's host provides; a rule group of ours with a stranger's rule in it
  what was edited by hand since it was deployed, until --force says that it may be overwritten

Secrets stay in Grafana as they are, because it never shows them: --renew-secrets sends those of data source and contact points again.
A service account needs the role Admin, or the permissions folders, dashboards, datasources and alert.provisioning, each :read and :write,
with :create and :delete where there are such.

examples:
  quanho dashboards deploy --url https://grafana.example --token-file token --influx http://influxdb:8086 --database quanho --dry-run
  quanho dashboards deploy --url https://grafana.example --token-file token --influx http://influxdb:8086 --database quanho \\
      --influx-user grafana --influx-password-file influx.password --contacts contacts.toml --yes
  quanho dashboards deploy --url https://grafana.example --token-file token --languages vi --prune      the English ones go

exit codes:
  0 all is as wanted; with --dry-run: nothing would change
  1 something was refused or failed; with --dry-run: something would change, or would be refused
  2 wrong usage or configuration, or a token that Grafana does not take   3 Grafana does not answer; what was done is said, run again
  130 ended by Ctrl-C; what was done is said, run again
"""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "deploy",
        help="bring a Grafana up to date",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", required=True, metavar="URL", help="address of Grafana, https://grafana.example")
    _add_identity(parser.add_argument_group("as whom"))
    _add_store(parser.add_argument_group("the store, as Grafana reaches it"))
    what = parser.add_argument_group("what")
    what.add_argument(
        "--languages", type=languages_of, default=LANGUAGES, metavar="L,…", help="vi, en (default: vi,en); alerts are in the first"
    )
    contacts = what.add_mutually_exclusive_group()
    contacts.add_argument(
        "--contacts", type=Path, metavar="FILE", help="whom alerts reach; without it contact points and policy stay as they are"
    )
    contacts.add_argument("--no-contacts", action="store_true", help="nobody: with --prune our contact points and policy go")
    what.add_argument("--without-alerts", action="store_true", help="leave rules, contact points and policies as they are")
    how = parser.add_argument_group("how")
    how.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument("--force", action="store_true", help="overwrite what was edited by hand (never what others made)")
    how.add_argument("--prune", action="store_true", help="delete what we made and is no longer wanted; without it that is listed")
    how.add_argument("--renew-secrets", action="store_true", help="send the secrets of data source and contact points again")
    how.add_argument("--json", action="store_true", help="print JSON; needs --yes or --dry-run")
    parser.set_defaults(run=_run)


def _add_identity(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--token-file", type=Path, metavar="FILE", help="file with the token of a service account")
    group.add_argument("--user", metavar="NAME", help="user, where there is no token")
    group.add_argument("--password-file", type=Path, metavar="FILE", help="file with the user's password")
    group.add_argument("--ca-file", type=Path, metavar="FILE", help="PEM of the authority behind Grafana's certificate")
    group.add_argument("--cert-file", type=Path, metavar="FILE", help="PEM of our certificate, where a proxy asks for one")
    group.add_argument("--key-file", type=Path, metavar="FILE", help="PEM of its private key")
    group.add_argument("--no-verify", action="store_true", help="do not check the certificate; only where nobody else can listen")
    group.add_argument("--timeout", type=seconds(600), default=60.0, metavar="S", help="seconds of silence that are too long (60)")


def _add_store(group: "argparse._ArgumentGroup") -> None:
    group.add_argument("--influx", metavar="URL", help="address; without it the data source stays as it is")
    group.add_argument("--database", default="quanho", metavar="NAME", help="database (1.x), or bucket with a DBRP mapping (2.x) (quanho)")
    group.add_argument("--influx-user", default="", metavar="NAME", help="user; a READ user is enough, and better")
    group.add_argument("--influx-password-file", type=Path, metavar="FILE", help="file with the user's password")
    group.add_argument("--influx-token-file", type=Path, metavar="FILE", help="file with a READ token (2.x, 3)")


def _run(arguments: argparse.Namespace) -> int:
    from quanho.extras import dashboards_extra

    if arguments.json and not (arguments.yes or arguments.dry_run):
        raise Failed(say("--json cần --yes hoặc --dry-run: không hỏi được", "--json needs --yes or --dry-run: there is nobody to ask"))
    with dashboards_extra():
        from quanho.dashboards_deployment import deploy

    return deploy(_settings(arguments), _wanted(arguments), arguments)


def _settings(arguments: argparse.Namespace) -> "GrafanaSettings":
    from pydantic import ValidationError

    from dashboards.grafana.settings import GrafanaSettings
    from runtime.config_problems import problems_of
    from telemetry.errors import ConfigError

    names = ("url", "token_file", "user", "password_file", "ca_file", "cert_file", "key_file")
    table = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    table |= {"verify": not arguments.no_verify, "read_timeout_s": arguments.timeout}
    try:
        return GrafanaSettings(**table)
    except ValidationError as error:
        raise ConfigError(problems_of(error, "dashboards deploy", GrafanaSettings, table)) from error


def _wanted(arguments: argparse.Namespace) -> "Wanted":
    from dashboards.built import built
    from dashboards.deploy.wanted import wanted

    alerting = None if arguments.without_alerts else alerting_of(arguments.languages, arguments.contacts)
    has_contacts = arguments.contacts is not None or arguments.no_contacts
    return wanted(arguments.languages, built(arguments.languages), _store(arguments), alerting, has_contacts=has_contacts)


def _store(arguments: argparse.Namespace) -> "Store | None":
    from pydantic import ValidationError

    from dashboards.deploy.wanted import Store
    from runtime.config_problems import problems_of
    from runtime.influx_settings import InfluxSettings
    from telemetry.errors import ConfigError

    if arguments.influx is None:
        if arguments.influx_user or arguments.influx_password_file or arguments.influx_token_file:
            raise Failed(say("--influx-… cần --influx URL", "--influx-user and the files of its secrets need --influx URL"))
        return None
    table = {
        "url": arguments.influx,
        "database": arguments.database,
        "username": arguments.influx_user or None,
        "password_file": arguments.influx_password_file,
        "token_file": arguments.influx_token_file,
    }
    try:
        given = InfluxSettings(**table)
    except ValidationError as error:
        raise ConfigError(problems_of(error, "--influx", InfluxSettings, table)) from error
    return Store(given.url, arguments.database, given.username or "", _secret(given.password_file), _secret(given.token_file))


def _secret(path: Path | None) -> "SecretStr | None":
    from pydantic import SecretStr

    from runtime.config import read_secret

    return None if path is None else SecretStr(read_secret(path))
