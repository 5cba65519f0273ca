"""ThingsBoard gateway 3.8.5 on the same messages, with its SQLite storage and its MQTT connector with the JSON converter.

It is installed into an environment of its own beside this file, on request only. A mosquitto of its own stands in for the
ThingsBoard server: the gateway's client finds a broker that takes what it sends. The rate is rows arriving in its storage.
"""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from bench.agent_process import wait_for
from bench.asked import AskedProgram, rates, timed
from bench.ingest import Setting, agent_window, write_messages
from bench.report import Limit, Report, spread
from quanho.demo.servers import Mosquitto

_REQUIREMENT = "thingsboard-gateway==3.8.5"
_ENVIRONMENT = Path(__file__).parent / ".env-thingsboard"
_PACKAGE = "thingsboard_gateway"
_WARM_UP_S = 15.0
_PACE = 1500.0  # messages a second: under the flood it drowns in its own queue and stores a third of what it does at its best
_LIMIT = 10.0


def measure(options: argparse.Namespace) -> Report:
    """Install, run in turn with the agent, and return the report."""
    _install()
    report = Report(f"Ingest beside ThingsBoard gateway 3.8.5, median of {options.runs} alternating runs", ("side", "messages/s", "ratio"))
    ours: list[float] = []
    theirs: list[float] = []
    setting = Setting("5", "ours")
    with tempfile.TemporaryDirectory(prefix="bench-thingsboard-") as name:
        file = write_messages(Path(name))
        for number in range(options.runs):
            theirs.append(_rate(Path(name) / f"thingsboard{number}", setting, file, options.seconds))
            ours.append(agent_window(Path(name) / f"agent{number}", setting, file, options.seconds).finished)
    ratio = median(ours) / median(theirs)
    report.rows += [("agent", spread(ours), ratio), ("ThingsBoard gateway", spread(theirs), 1.0)]
    report.limits.append(Limit("agent ÷ ThingsBoard gateway, MQTT 5", ratio, _LIMIT, at_least=True))
    return report


def _install() -> None:
    if not _ENVIRONMENT.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_ENVIRONMENT)], check=True)
    subprocess.run([str(_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", _REQUIREMENT], check=True)


def _rate(folder: Path, setting: Setting, file: Path, seconds: float) -> float:
    with setting.mosquitto(folder / "broker") as broker, Mosquitto(folder / "platform") as platform:
        config = _write_config(folder / "gateway", broker, platform)
        program = f"from {_PACKAGE}.gateway.tb_gateway_service import TBGatewayService; TBGatewayService({str(config)!r})"
        environment = {**os.environ, "TB_GW_LOGS_PATH": str(folder)}
        with (folder / "gateway.log").open("wb") as log:
            command = [str(_ENVIRONMENT / "bin" / "python"), "-c", program]
            process = subprocess.Popen(command, cwd=folder / "gateway", env=environment, stdout=log, stderr=log)
        try:
            database = folder / "gateway" / "data" / "data.db"
            with AskedProgram("bench.flood", broker.port, file, _PACE):
                wait_for("rows in ThingsBoard's storage", lambda: _rows(database) > 0, within_s=120)
                time.sleep(_WARM_UP_S)
                return rates(seconds, partial(timed, partial(_rows, database)))[0]
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _rows(database: Path) -> int:
    """Return how many rows have ever been written (those that were sent are deleted)."""
    if not database.exists():
        return 0
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'messages'").fetchone()
        except sqlite3.OperationalError:
            return 0
    return int(found[0]) if found else 0


def _write_config(folder: Path, broker: Mosquitto, platform: Mosquitto) -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "logs.json").write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}), encoding="utf-8")
    (folder / "mqtt.json").write_text(json.dumps(_connector(broker)), encoding="utf-8")
    gateway = {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": platform.port,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "checkConnectorsConfigurationInSeconds": 60,
            "security": {"type": "accessToken", "accessToken": "bench"},
            "qos": 1,
        },
        "storage": {"type": "sqlite", "data_file_path": f"{folder}/data/"},
        "grpc": {"enabled": False},
        "connectors": [{"type": "mqtt", "name": "street", "configuration": "mqtt.json"}],
    }
    config = folder / "tb_gateway.json"
    config.write_text(json.dumps(gateway), encoding="utf-8")
    return config


def _connector(broker: Mosquitto) -> dict[str, object]:
    names = ("air_temperature_c", "relative_humidity", "station_pressure_hpa", "pm2_5_ug_m3")
    return {
        "broker": {
            "host": "127.0.0.1",
            "port": broker.port,
            "clientId": "thingsboard-bench",
            "version": 5,
            "maxMessageNumberPerWorker": 10,
            "maxNumberOfWorkers": 100,
            "security": {"type": "anonymous"},
        },
        "mapping": [
            {
                "topicFilter": "site/+/air/+",
                "subscriptionQos": 1,
                "converter": {
                    "type": "json",
                    "deviceInfo": {
                        "deviceNameExpressionSource": "topic",
                        "deviceNameExpression": "(?<=/air/)(.*)",
                        "deviceProfileExpressionSource": "constant",
                        "deviceProfileExpression": "air",
                    },
                    "sendDataOnlyOnChange": False,
                    "timeout": 60000,
                    "attributes": [],
                    "timeseries": [{"type": "double", "key": name, "value": "${" + name + "}"} for name in names],
                },
            }
        ],
        "requestsMapping": {},
    }
