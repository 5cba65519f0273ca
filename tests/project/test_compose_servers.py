"""What the scripts of compose.yaml make of their servers: a real mosquitto; for InfluxDB 2.x, that no machine of ours has, its calls."""

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quanho.demo.ports import free_port, listens
from quanho.demo.servers import MissingServer, find_server
from tests.project.compose_file import DEPLOY, with_secrets
from tests.waiting import eventually

PASSWORDS = {"edge": "1f" * 24, "devices": "2e" * 24}


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run deploy/mosquitto-start.sh with folders of its own in place of the image's; as whom mosquitto runs is the image's affair."""
    try:
        mosquitto = find_server("mosquitto", "mosquitto")
        find_server("mosquitto_pub", "mosquitto-clients")
    except MissingServer as missing:
        pytest.skip(str(missing))
    port = free_port()
    secrets, run, data, files, programs = (folder / name for name in ("secrets", "run", "data", "files", "programs"))
    for each in (secrets, run, data, files, programs):
        each.mkdir()
    for user, password in PASSWORDS.items():
        (secrets / f"mqtt_{user}_password").write_text(password)
    shutil.copy(DEPLOY / "mosquitto.compose.acl", files / "mosquitto.acl")
    config = (DEPLOY / "mosquitto.compose.conf").read_text().replace("listener 1883", f"listener {port} 127.0.0.1\nuser root")
    (files / "mosquitto.conf").write_text(config.replace("/run/mosquitto", str(run)).replace("/mosquitto/data", str(data)))
    (programs / "chown").write_text("#!/bin/sh\n")
    (programs / "chown").chmod(0o755)
    environment = {
        "PATH": f"{programs}:{Path(mosquitto).parent}:/usr/bin:/bin",
        "QUANHO_SECRETS": str(secrets),
        "QUANHO_RUN": str(run),
        "QUANHO_DATA": str(data),
        "QUANHO_FILES": str(files),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["/bin/sh", str(DEPLOY / "mosquitto-start.sh")], env=environment, stdout=log, stderr=log)
    try:
        eventually(lambda: listens(process.pid, port) or process.poll() is not None, what="the broker listens")
        assert process.poll() is None, (folder / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)


def client(program: str, port: int, *words: str, user: str = "") -> subprocess.CompletedProcess[str]:
    identity = ["-u", user, "-P", PASSWORDS[user]] if user else []
    command = [program, "-h", "127.0.0.1", "-p", str(port), *identity, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.server
def test_the_broker_lets_each_do_what_it_must_and_nothing_else(tmp_path: Path) -> None:
    topic = "site/bac-ninh-01/air/one"
    with broker(tmp_path) as port:
        assert client("mosquitto_pub", port, "-t", topic, "-m", "x").returncode != 0, "an anonymous client"
        assert client("mosquitto_pub", port, "-r", "-q", "1", "-t", topic, "-m", "of a device", user="devices").returncode == 0
        client("mosquitto_pub", port, "-r", "-q", "1", "-t", "quanho/marker/x", "-m", "a device's", user="devices")
        client("mosquitto_pub", port, "-r", "-q", "1", "-t", "quanho/marker/y", "-m", "the agent's", user="edge")
        client("mosquitto_pub", port, "-r", "-q", "1", "-t", topic, "-m", "of the agent", user="edge")
        seen = client("mosquitto_sub", port, "-t", "site/#", "-t", "quanho/#", "-C", "2", "-W", "5", "-v", user="edge")
        assert sorted(seen.stdout.splitlines()) == ["quanho/marker/y the agent's", f"{topic} of a device"]
        assert client("mosquitto_sub", port, "-t", "site/#", "-C", "1", "-W", "1", user="devices").stdout == ""
        check = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", "$SYS/broker/uptime", "-C", "1", "-W", "3"]
        healthy = subprocess.run(check, env={"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path / "run")}, check=False)
        assert healthy.returncode == 0
    for name in ("passwords", "acl", "mosquitto_sub"):
        assert (tmp_path / "run" / name).stat().st_mode & 0o077 == 0
    assert not [password for password in PASSWORDS.values() if password in (tmp_path / "run" / "passwords").read_text()]
    warnings = [line for line in (tmp_path / "log").read_text().splitlines() if "Warning" in line and "as root" not in line]
    assert warnings == []


@pytest.mark.server
def test_the_example_station_speaks_json_as_its_topic_wants(tmp_path: Path) -> None:
    with broker(tmp_path) as port:
        environment = {
            "PATH": "/usr/bin:/bin",
            "QUANHO_SECRETS": str(tmp_path / "secrets"),
            "QUANHO_CONFIG": str(tmp_path),
            "QUANHO_BROKER": "127.0.0.1",
            "QUANHO_BROKER_PORT": str(port),
        }
        session = ("-i", "reader", "-c", "-q", "1", "-t", "site/#")
        assert client("mosquitto_sub", port, *session, "-E", user="edge").returncode == 0
        station = subprocess.Popen(["/bin/sh", str(DEPLOY / "example-station.sh")], env=environment, start_new_session=True)
        try:
            told = client("mosquitto_sub", port, *session, "-C", "1", "-W", "15", user="edge").stdout
        finally:
            os.killpg(station.pid, signal.SIGTERM)
            station.wait(10)
    assert set(json.loads(told)) == {"temperature", "humidity", "pm2_5", "pm10"}


# A stand-in for the influx CLI 2.7: it takes the flags that its documentation gives these commands, and lists the users it made.
INFLUX = r"""#!/bin/bash
printf '%s\n' "$*" >>"$CALLS"
case "$1 $2 $3" in
"v1 dbrp create") allowed=" --db --rp --default --bucket-id --org " ;;
"v1 auth create") allowed=" --username --no-password --org --read-bucket --write-bucket " ;;
"v1 auth list") allowed=" --username --hide-headers " ;;
*) exit 1 ;;
esac
for word in "${@:4}"; do
    case "$word" in --*) [[ "$allowed" == *" $word "* ]] || exit 2 ;; esac
done
[ "$3" != list ] || printf 'id-of-%s\t\t%s\tadmin\n' "$5" "$5"
"""


class Legacy(http.server.BaseHTTPRequestHandler):
    """Takes what InfluxDB's /private/legacy takes and remembers it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.path, self.headers["Authorization"], json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def legacy(status: int = 204) -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Legacy)
    server.told, server.status = [], status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def set_up(folder: Path, server: http.server.HTTPServer, monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine: apt-get install -y --no-install-recommends curl")
    (folder / "influx").write_text(INFLUX)
    (folder / "influx").chmod(0o755)
    deploy = with_secrets(folder)
    for name, value in {
        "PATH": f"{folder}:/usr/bin:/bin",
        "CALLS": str(folder / "calls"),
        "QUANHO_SECRETS": str(deploy / "secrets"),
        "INFLUX_HOST": f"http://127.0.0.1:{server.server_port}",
        "DOCKER_INFLUXDB_INIT_ORG": "quanho",
        "DOCKER_INFLUXDB_INIT_BUCKET": "quanho",
        "DOCKER_INFLUXDB_INIT_BUCKET_ID": "0123456789abcdef",
    }.items():
        monkeypatch.setenv(name, value)
    return subprocess.run([deploy / "influxdb-init.sh"], capture_output=True, text=True, timeout=30, check=False)


def test_the_first_start_makes_a_user_who_writes_and_one_who_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with legacy() as server:
        done = set_up(tmp_path, server, monkeypatch)
    assert done.returncode == 0, done.stderr
    secrets = {path.name: path.read_text() for path in (tmp_path / "deploy/secrets").iterdir()}
    calls = (tmp_path / "calls").read_text()
    assert "v1 dbrp create --db quanho --rp autogen --default --bucket-id 0123456789abcdef" in calls
    assert re.findall(r"--username (\w+) --no-password --org quanho --(\w+)-bucket 0123456789abcdef", calls) == [
        ("edge", "write"),
        ("grafana", "read"),
    ]
    authorization = f"Token {secrets['influx_admin_token']}"
    assert server.told == [  # type: ignore[attr-defined]
        (f"/private/legacy/authorizations/id-of-{user}/password", authorization, {"password": secrets[f"influx_{user}_password"]})
        for user in ("edge", "grafana")
    ]
    assert not [value for value in secrets.values() if value in calls + done.stdout + done.stderr]


def test_a_password_that_is_refused_fails_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The image then removes what it began, and begins anew at the next start."""
    with legacy(status=401) as server:
        assert set_up(tmp_path, server, monkeypatch).returncode != 0
