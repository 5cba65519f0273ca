"""A bare subscriber as the paho documentation writes one: default loop, clean session, automatic acknowledgement, QoS 1.

    python -m bench.paho_subscriber PORT VERSION TOPIC_FILTER

For each line on standard input it prints how many messages `on_message` has had, and when (monotonic seconds).
"""

import sys
import threading
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion


def main() -> None:
    """See the module."""
    port, version, topics = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    protocol = MQTTProtocolVersion.MQTTv5 if version == "5" else MQTTProtocolVersion.MQTTv311
    client = Client(CallbackAPIVersion.VERSION2, protocol=protocol)
    count = 0
    subscribed = threading.Event()

    def on_message(_client: Client, _userdata: Any, _message: Any) -> None:
        nonlocal count
        count += 1

    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.subscribe(topics, qos=1)
    client.loop_start()
    subscribed.wait(10)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(count, time.monotonic(), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
