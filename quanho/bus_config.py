"""The line and its devices as a site's config has them, so that nobody types baud rate, parity and ids again."""

from pathlib import Path

from edge.config import ModbusSource, SerialSource
from edge.config_file import load_agent_config
from edge.modbus.plan import reads_of
from edge.modbus.template import load_template
from quanho.bus_line import Place
from quanho.bus_watch import Watched
from quanho.lang import say
from runtime.serial_settings import SerialSettings
from telemetry.errors import ConfigError, Problem


def source_of(path: Path, name: str) -> ModbusSource | SerialSource:
    """Return the source of that name, or the only one with a line; ConfigError names those that there are."""
    lines = [source for source in load_agent_config(path).source if isinstance(source, ModbusSource | SerialSource)]
    buses = [source for source in lines if isinstance(source, ModbusSource)]
    fitting = [source for source in lines if source.id == name] if name else buses if len(buses) == 1 else lines if len(lines) == 1 else []
    if fitting:
        return fitting[0]
    known = ", ".join(f"{source.id} ({source.kind})" for source in lines) or say("không có", "none")
    vi = f"không có nguồn {name!r}" if name else "có nhiều đường dây, chọn một bằng --source"
    en = f"no source {name!r} with a line" if name else "choose a line with --source"
    raise ConfigError([Problem(str(path), "source", say(f"{vi}; đang có: {known}", f"{en}; there are: {known}"))])


def place_of(source: ModbusSource | SerialSource) -> Place:
    """Return where its line is."""
    if isinstance(source, ModbusSource) and source.host:
        return Place(host=source.host, tcp_port=source.tcp_port, is_rtu=source.tcp_framing == "rtu")
    return Place(SerialSettings.model_validate({name: getattr(source, name) for name in SerialSettings.model_fields}))


def devices_of(source: ModbusSource | SerialSource) -> list[Watched]:
    """Return its devices, each with the reads of its register map; none for a line that somebody else masters."""
    slaves = source.slave if isinstance(source, ModbusSource) else ()
    return [Watched(slave.id, reads_of(load_template(slave.template)), slave.timeout_s, slave.name) for slave in slaves]
