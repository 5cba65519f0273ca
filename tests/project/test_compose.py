"""deploy/compose.yaml: valid by the Compose Specification, and what it refers to is there. No Docker is needed."""

import json
import os
import re
import stat
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from quanho.cli import main
from tests.project.compose_file import DEPLOY, ROOT, Undefined, compose, environment, with_secrets

# Programs of the images: their Dockerfiles (influxdata/influxdata-docker, eclipse-mosquitto/mosquitto, grafana/grafana), ours for quanho.
TOOLS = {"influxdb": {"influx", "curl"}, "eclipse-mosquitto": {"sh", "mosquitto_sub"}, "grafana/grafana": {"curl"}, "quanho": {"quanho"}}
# Where these programs write, whatever they are told: mosquitto_passwd makes its new file in /tmp (mpw_tmpfile in its source).
WRITES = {"deploy/mosquitto-start.sh": {"/tmp", "/run/mosquitto", "/mosquitto/data"}, "deploy/example-station.sh": {"/tmp"}}  # noqa: S108


@pytest.fixture(scope="module")
def deploy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_secrets(tmp_path_factory.mktemp("compose"))


@pytest.fixture(scope="module")
def whole(deploy: Path) -> dict[str, Any]:
    return compose(deploy)


@pytest.fixture(scope="module")
def services(whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = whole["services"]
    return found


def schema_errors(content: dict[str, Any]) -> list[str]:
    """By the schema of compose-spec/compose-spec, as the package check-jsonschema carries it."""
    schema = json.loads(files("check_jsonschema.builtin_schemas.vendor").joinpath("compose-spec.json").read_text())
    return [f"{error.json_path}: {error.message}" for error in validator_for(schema)(schema).iter_errors(content)]


def test_the_file_is_valid_by_the_compose_specification(whole: dict[str, Any]) -> None:
    assert schema_errors(whole) == []


def test_the_schema_sees_a_misspelt_key(whole: dict[str, Any]) -> None:
    wrong = whole | {"services": whole["services"] | {"edge": whole["services"]["edge"] | {"heathcheck": {}}}}
    assert "heathcheck" in "".join(schema_errors(wrong))


def test_without_secrets_the_first_error_says_what_to_run(deploy: Path) -> None:
    with pytest.raises(Undefined, match=r"run deploy/make-secrets\.sh first"):
        compose(deploy, {})


def test_images_are_the_pinned_ones(services: dict[str, dict[str, Any]]) -> None:
    assert {service["image"] for service in services.values()} == {
        "influxdb:2.9.1",
        "grafana/grafana:13.2.3",
        "eclipse-mosquitto:2.1.2-alpine",
        "quanho:" + tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
    }


def test_everything_a_service_refers_to_is_defined(deploy: Path, whole: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    used: dict[str, set[str]] = {"secrets": set(), "networks": set(), "volumes": set()}
    for service in services.values():
        used["secrets"] |= set(service.get("secrets", ()))
        used["networks"] |= set(service.get("networks", ()))
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", ()):
            source, target, *_ = volume.split(":")
            assert target.startswith("/")
            if source.startswith("."):
                assert (deploy / source).is_file(), source
                assert volume.endswith(":ro")
            else:
                used["volumes"].add(source)
    for kind, names in used.items():
        assert names == set(whole[kind]), kind
    for name, secret in whole["secrets"].items():
        assert (deploy / secret["file"]).read_text(), name


def test_who_is_waited_for_says_when_it_is_ready(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other]
            else:
                assert (wanted["condition"], services[other]["restart"]) == ("service_completed_successfully", "no")


def test_whoever_runs_on_is_watched_with_a_program_its_image_has(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if service["restart"] == "no" or "profiles" in service:
            continue
        kind, *command = service["healthcheck"]["test"]
        program = command[0] if kind == "CMD" else re.sub(r"^(\w+=\S+ )*", "", command[0]).split()[0]
        assert program in TOOLS[service["image"].partition(":")[0]], name


def test_ports_are_of_this_machine_only(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_services_have_no_more_rights_than_they_need(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        if "cap_add" not in service:
            assert not service["user"].startswith("0"), name
        assert service.get("read_only") or service["image"].startswith(("influxdb", "grafana")), name


def test_scripts_can_write_where_their_programs_do(services: dict[str, dict[str, Any]]) -> None:
    """With `read_only` a container has no /tmp of its own."""
    for name, service in services.items():
        mounted = {volume.split(":")[1] for volume in service.get("volumes", ()) if not volume.endswith(":ro")}
        mounted |= {mount.split(":")[0] for mount in service.get("tmpfs", ())}
        scripts = {f"deploy/{Path(word).name}" for word in service.get("entrypoint", ()) if word.startswith("/quanho/")}
        for script in scripts:
            assert WRITES[script] <= mounted, name


def test_no_secret_is_in_the_file_or_in_an_environment(deploy: Path, services: dict[str, dict[str, Any]]) -> None:
    text = json.dumps(services) + "".join(path.read_text() for path in deploy.iterdir() if path.is_file())
    for path in (deploy / "secrets").iterdir():
        assert path.read_text() not in text
    for service in services.values():
        for key, value in service.get("environment", {}).items():
            assert value.startswith("/run/secrets/") or not re.search("PASSWORD|TOKEN|SECRET", key)


def test_hosts_in_urls_are_services_that_can_be_reached(services: dict[str, dict[str, Any]]) -> None:
    agent = tomllib.loads((DEPLOY / "edge.compose.toml").read_text())
    hosts = {agent["uplink"]["url"].split("/")[2].split(":")[0], *(source["host"] for source in agent["source"])}
    for host in hosts:
        assert set(services[host]["networks"]) & set(services["edge"]["networks"])
    (store,) = [word for word in services["dashboards"]["command"] if word.startswith("--influx=")]
    assert set(services[store.split("/")[2].split(":")[0]]["networks"]) & set(services["grafana"]["networks"])


def test_the_agents_config_is_right_and_its_secrets_are_given_to_it(
    tmp_path: Path, services: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DEPLOY / "edge.compose.toml").read_text()
    needed = set(re.findall(r'"/run/secrets/(\w+)"', text))
    assert needed == set(services["edge"]["secrets"])
    for name in needed:
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text("x")
    (tmp_path / "edge.toml").write_text(text.replace("/run/secrets", str(tmp_path)))
    assert main(["--lang", "en", "edge", "check", "--config", str(tmp_path / "edge.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"] == ["air"]


def test_the_dashboards_that_grafana_reads_are_the_ones_that_are_built(tmp_path: Path, services: dict[str, dict[str, Any]]) -> None:
    """The same command with another folder; then every path that Grafana is given lies in what came out."""
    words = [word.replace("--out=/quanho", f"--out={tmp_path / 'out'}") for word in services["dashboards"]["command"]]
    assert main([*words, "--seen-at=/quanho"]) == 0
    grafana = services["grafana"]
    assert "grafana-files:/quanho" in services["dashboards"]["volumes"]
    assert "grafana-files:/quanho:ro" in grafana["volumes"]
    for path in (grafana["environment"]["GF_PATHS_PROVISIONING"], grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]):
        assert (tmp_path / "out" / path.removeprefix("/quanho/")).exists()
    source = (tmp_path / "out/provisioning/datasources/quanho.yaml").read_text()
    assert re.findall(r"\$__file\{/run/secrets/(\w+)\}", source) == ["influx_grafana_password"]
    assert "influx_grafana_password" in grafana["secrets"]


def test_grafana_starts_again_when_its_files_come_from_a_new_version(services: dict[str, dict[str, Any]]) -> None:
    """Of these files it reads alert rules and the data source at its start alone."""
    assert services["grafana"]["depends_on"]["dashboards"]["restart"] is True


def test_secrets_are_made_once_private_and_each_another(tmp_path: Path) -> None:
    copy = with_secrets(tmp_path)
    first = {path.name: path.read_text() for path in (copy / "secrets").iterdir()}
    assert len(set(first.values())) == len(first) == 7
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in first.values())
    assert {stat.S_IMODE(path.stat().st_mode) for path in (copy / "secrets").iterdir()} == {0o600}
    assert stat.S_IMODE((copy / "secrets").stat().st_mode) == 0o700
    owners = {path.stat().st_uid for path in (copy / "secrets").iterdir()}
    assert owners == {int(environment(copy)["QUANHO_UID"])}
    assert owners != {0}
    (copy / "secrets" / "mqtt_edge_password").write_text("chosen")
    uid = environment(copy)["QUANHO_UID"]
    (copy / ".env").write_text(f"QUANHO_UID={uid}\nQUANHO_MQTT_PORT=2883\n")
    subprocess.run([copy / "make-secrets.sh"], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (copy / "secrets").iterdir()} == first | {"mqtt_edge_password": "chosen"}
    assert environment(copy) | {"QUANHO_GID": ""} == {"QUANHO_UID": uid, "QUANHO_MQTT_PORT": "2883", "QUANHO_GID": ""}


def test_whoever_makes_secrets_again_leaves_them_to_whom_the_containers_are(tmp_path: Path) -> None:
    """Made by a user, made again by root: the containers are still that user. Another user is told."""
    copy = with_secrets(tmp_path)
    (copy / ".env").write_text("QUANHO_UID=4711\nQUANHO_GID=4712\n")
    (copy / "secrets/mqtt_edge_password").unlink()
    again = subprocess.run([copy / "make-secrets.sh"], capture_output=True, text=True, check=False)
    if os.getuid() == 0:
        owners = {(path.stat().st_uid, path.stat().st_gid) for path in (copy / "secrets").iterdir()}
        assert (again.returncode, owners) == (0, {(4711, 4712)})
    else:
        assert (again.returncode, "belong to user 4711" in again.stderr) == (1, True)


def test_secrets_are_neither_committed_nor_put_into_the_image() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"deploy/secrets/", "deploy/.env"} <= set(ignored)
    rules = [line for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken = {line[1:] for line in rules if line.startswith("!")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert taken == {"LICENSE", "README.md", "pyproject.toml", *(package.removesuffix("*") for package in packages)}


def test_scripts_are_ones_that_their_shell_understands() -> None:
    for script in DEPLOY.glob("*.sh"):
        assert os.access(script, os.X_OK), script
        shell = script.read_text().splitlines()[0].rpartition("/")[2].split()[-1]
        subprocess.run([shell, "-n", str(script)], check=True)


def test_shellcheck_finds_nothing_in_the_scripts() -> None:
    try:
        found = subprocess.run(["shellcheck", *map(str, DEPLOY.glob("*.sh"))], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no shellcheck on this machine")
    assert found.returncode == 0, found.stdout
