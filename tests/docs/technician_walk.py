"""What a technician does, from a blank board to an accepted site, with a picture of each step."""

import hashlib
import lzma
import re
import shutil
from pathlib import Path

from PIL import Image

from firmware_bridge.board.build import build
from firmware_bridge.bundle.make import make_bundle
from quanho.demo.influxql import influxql
from quanho.demo.servers import Influxd
from tests.docs.place import BOARDS, HOME, plug_in, pull_out
from tests.docs.technician_pictures import PICTURES, Camera, page_picture
from tests.simavr.optiboot import bootloader
from tests.stand_ins import card_image
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.stand_ins.flashing import esp32_bundle
from tests.system.agent_process import AgentProcess
from tests.waiting import eventually

UNO, ESP32 = "/dev/ttyACM0", "/dev/ttyUSB0"
NAMED = ("--device", "tram-07", "--site", "bac-ninh")
CONFIG = "/etc/quanho/edge.toml"
_UNO_USB = (("2341", "0043", "75735303335351F0D1C2", "Arduino Uno"), "usb-Arduino__www.arduino.cc__0043_75735303335351F0D1C2-if00")
_ESP32_USB = (
    ("10c4", "ea60", "0001", "CP2102 USB to UART Bridge Controller"),
    "usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0",
)
_DESCRIPTION = """\
board = "atmega328p-uno"
chip = "atmega328p"
firmware = "reference"
version = "{version}"

[[image]]
file = "reference-{version}.hex"

[[sensor]]
name = "air"
measurement = "weather"
interval_ms = 1000
fields = [{{ name = "temperature", lowest = -10, highest = 60 }}, {{ name = "humidity" }}]

[[sensor]]
name = "battery"
measurement = "power"
interval_ms = 1000
fields = [{{ name = "voltage", lowest = 1, highest = 5 }}]
"""
_CARD = """\
[system]
hostname = "gw-0001"
[user]
name = "lan"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFypAVlkyYVwdFAUrDnAcZqIM6Lkusv+9J3rRUn7qZzA lan@may-ky-thuat"]
[wifi]
country = "VN"
[[wifi.network]]
ssid = "Tram bom 3"
password_file = "wifi.password"
[hardware]
watchdog = true
[updates]
security = true
[quanho]
config = "edge.toml"
claim_code_file = "claim.code"
"""
_CONFIG = """\
[gateway]
site = "bac-ninh"
id = "gw-0001"
state_dir = "/var/lib/quanho"
metrics_every_s = 3600
[clock]
trust = "host"
[uplink]
kind = "influx"
url = "{url}"
database = "quanho"
[[source]]
id = "tram-07"
kind = "link"
port = "/dev/ttyACM0"
"""


def walk(camera: Camera) -> None:
    at_the_office(camera)
    with uno() as board:
        plug_in("ttyACM0", board.port, *_UNO_USB)
        with Esp32Rom(BOARDS / "esp32") as esp32:
            plug_in("ttyUSB0", esp32.port, *_ESP32_USB)
            camera.shot("ports", "flash", "ports")
        pull_out("ttyUSB0")
        flash(camera, board)
        troubles(camera, board)
        monitor(camera)
        gateway(camera, board)
    other_boards(camera)
    card(camera)


def uno() -> AvrBoard:
    return AvrBoard(BOARDS / "uno", bootloader=bootloader("atmega328p"), reset_on_open=True, dtr_shim=True)


def at_the_office(camera: Camera) -> None:
    """Firmware, key and bundle."""
    for version in ("1.2.0", "1.3.0"):
        build("reference", "atmega328p", HOME / f"reference-{version}.hex", {"FW_VERSION": f'"{version}"', "FW_INTERVAL_MS": "1000"})
        (HOME / f"weather-{version}.toml").write_text(_DESCRIPTION.format(version=version))
    camera.run("bundle", "key", "new", "office.key")
    camera.shot("trust", "bundle", "key", "trust", "office.pub")
    camera.shot("make", "bundle", "make", "weather-1.2.0.toml", "--key", "office.key", "--out", "weather-1.2.0.qhb")
    camera.run("bundle", "make", "weather-1.3.0.toml", "--key", "office.key", "--out", "weather-1.3.0.qhb")
    camera.shot("verify", "bundle", "verify", "weather-1.2.0.qhb")


def flash(camera: Camera, board: AvrBoard) -> None:
    """The step that matters: half way, and its end, and the label."""
    board.dht("PD3", 27.4, 81.5)
    board.adc(0, 2530)
    words = ("flash", "weather-1.2.0.qhb", "--port", UNO, *NAMED, "--label", "tram-07.svg")
    with camera.running(*words, programs=board.environment) as terminal:
        terminal.until(lambda text: text.rstrip().endswith("]"))
        terminal.press("c\n" if camera.language == "vi" else "y\n")
        terminal.until(lambda text: re.search(r" ([2-9]|\d\d)\.\d/\d+\.\d kB", text) is not None)
        camera.take("flash-writing", [(words, terminal.screen)])
        assert terminal.wait() == 0, terminal.screen.text()
        camera.take("flash-done", [(words, terminal.screen)])
    shutil.copyfile(HOME / "tram-07.svg", PICTURES / f"label.{camera.language}.svg")


def troubles(camera: Camera, board: AvrBoard) -> None:
    """The same board, and what goes wrong."""
    again = ("flash", "weather-1.2.0.qhb", "--port", UNO, *NAMED, "--yes", "--again")
    with camera.running(*again, programs=board.environment) as terminal:
        terminal.until(lambda text: re.search(r" ([2-9]|\d\d)\.\d/\d+\.\d kB", text) is not None)
        board.unplug()
        assert terminal.wait() == 22, terminal.screen.text()
        camera.take("unplugged", [(again, terminal.screen)])
    board.plug()
    eventually(Path(UNO).exists)
    camera.shot("resumed", *again[:-1], programs=board.environment)
    board.no_dht()
    camera.shot("no-reading", *again, "--first-reading-s", "6", code=27, programs=board.environment)
    board.dht("PD3", 27.4, 81.5)
    board.adc(0, 40)
    camera.shot("implausible", *again[:-1], "--first-reading-s", "6", code=28, programs=board.environment)
    board.adc(0, 2530)
    camera.run(*again[:-1], programs=board.environment)
    camera.shot("port-missing", "flash", "weather-1.2.0.qhb", "--port", "/dev/ttyACM1", *NAMED, "--yes", code=10)


def other_boards(camera: Camera) -> None:
    """An ESP32 that does not enter its loader by itself, and another chip in its place."""
    from tests.stand_ins.bundles import KEY

    manifest, files = esp32_bundle(project="weather")
    (HOME / "weather-esp32.qhb").write_bytes(make_bundle(manifest, files, KEY))
    (HOME / "esp.pub").write_bytes(KEY.public.pem())
    camera.run("bundle", "key", "trust", "esp.pub")
    words = ("flash", "weather-esp32.qhb", "--port", ESP32, "--device", "tram-08", "--site", "bac-ninh", "--yes")
    with Esp32Rom(BOARDS / "deaf", dtr_shim=False) as board:
        plug_in("ttyUSB0", board.port, *_ESP32_USB)
        camera.shot("no-answer", *words, code=13)
    with Esp32Rom(BOARDS / "c3", chip="esp32c3") as board:
        plug_in("ttyUSB0", board.port, *_ESP32_USB)
        camera.shot("wrong-chip", *words, "--blank", code=14, programs=board.environment)
    pull_out("ttyUSB0")


def monitor(camera: Camera) -> None:
    words = ("link", "monitor", UNO)
    with camera.running(*words) as terminal:
        terminal.until(lambda text: "27.4" in text and "2.5" in text and "81.5" in text, 30.0)
        terminal.until(lambda text: len(re.findall(r"27\.4", text)) >= 1, 5.0)
        camera.take("monitor", [(words, terminal.screen)])
        terminal.interrupt()
        terminal.wait()


def gateway(camera: Camera, board: AvrBoard) -> None:
    """The agent on the gateway reads the board; new firmware; the site is accepted."""
    Path(CONFIG).parent.mkdir(exist_ok=True)
    with Influxd(Path("/mnt/influxd")) as store:
        Path(CONFIG).write_text(_CONFIG.format(url=store.url))
        influxql(store.url, "", "CREATE DATABASE quanho")
        with AgentProcess(Path(CONFIG)) as agent:
            eventually(lambda: influxql(store.url, "quanho", "SELECT temperature FROM weather"), 30.0, "a reading in the store")
            camera.shot("boards", "edge", "boards", "--config", CONFIG)
            camera.shot("tail", "edge", "tail", "--config", CONFIG, "--count", "4")
            in_place = ("flash", "weather-1.2.0.qhb", "--port", UNO, *NAMED, "--agent", CONFIG, "--again", "--yes")
            camera.shot("flash-agent", *in_place, programs=board.environment)
            camera.shot("board-update", "edge", "board-update", "weather-1.3.0.qhb", "--board", "tram-07", "--config", CONFIG)
            site(camera, store)
            assert agent.status()


def site(camera: Camera, store: Influxd) -> None:
    Image.new("RGB", (640, 480), (86, 125, 70)).save(HOME / "mast.jpg")
    words = ("site", "check", "--config", CONFIG, "--technician", "Nguyễn Thị Lan", "--lat", "21.186", "--lon", "106.076")
    with camera.running(*words, "--out", ".") as terminal:
        terminal.until(lambda text: ("RÚT" if camera.language == "vi" else "UNPLUG") in text, 90.0)
        store.kill()
        terminal.until(lambda text: ("CẮM LẠI" if camera.language == "vi" else "PLUG IT IN") in text, 120.0)
        store.restart()
        assert terminal.wait() == 0, terminal.screen.text()
        camera.take("site-check", [((*words, "--out", "."), terminal.screen)])
    (pdf,) = HOME.glob("site-check-*.pdf")
    page_picture(pdf, PICTURES / f"site-page.{camera.language}.svg")


def card(camera: Camera) -> None:
    """An OS image onto a card; the card is a file here."""
    image = card_image.build(HOME / "raspios.img", "trixie", HOME / "tree")
    packed = HOME / "raspios.img.xz"
    packed.write_bytes(lzma.compress(image.read_bytes(), preset=0))
    packed.with_name("raspios.img.xz.sha256").write_text(f"{hashlib.sha256(packed.read_bytes()).hexdigest()}  raspios.img.xz\n")
    (HOME / "edge.toml").write_text(_CONFIG.format(url="http://192.168.1.2:8086"))
    (HOME / "card.toml").write_text(_CARD)
    for name, text in {"wifi.password": "mot mat khau dai", "claim.code": "BNH-7K2Q-M4XP"}.items():
        (HOME / name).write_text(text + "\n")
        (HOME / name).chmod(0o600)
    camera.shot("card-settings", "card", "settings", "card.toml")
    camera.shot("card-write", "card", "write", "raspios.img.xz", "gateway.img", "--settings", "card.toml", "--yes")
    camera.shot("card-set", "card", "set", "gateway.img", "--settings", "card.toml")
    camera.shot("card-check", "card", "check", "gateway.img")
