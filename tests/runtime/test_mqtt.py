import re
from importlib.metadata import version
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

import runtime.mqtt
from runtime.mqtt import missing_paho_parts


def test_paho_still_has_the_private_parts_that_we_use() -> None:
    assert missing_paho_parts() == [], f"paho-mqtt {version('paho-mqtt')} has changed shape: adapt runtime/mqtt.py"


def test_the_list_of_private_parts_is_complete() -> None:
    source = Path(runtime.mqtt.__file__).read_text(encoding="utf-8")
    client = source[source.index("class _BufferedClient") :]
    own = {"_mqtt5", "_reader", "_events", "_take", "_hand_over", "_take_other", "_say_malformed"}
    used = set(re.findall(r"self\.(_[a-z0-9_]+)", client)) | set(re.findall(r"def (_[a-z]+_[a-z_]+)", client))
    assert not own & (set(vars(Client(CallbackAPIVersion.VERSION2))) | set(dir(Client))), "a name of ours hides one of paho's"
    assert used - own <= set(re.findall(r'"(_[a-z_]+)"', source))
