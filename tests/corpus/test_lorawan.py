"""Uplinks of ChirpStack, The Things Stack, LORIOT and Milesight's HTTP push, and what ThingsBoard's converters make of them.

Expected names are the converters' own, so NAMES says which field of ours each one is, and by what factor it differs. What is not compared has its
reason in NOT_COMPARED or in `_mismatch`; nothing else may differ.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.table import build_decoder
from edge.decoders.timestamps import time_reader
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.corpus.tally import CORPUS, Tally

FOLDER = CORPUS / "03_mqtt/lorawan"
FILES = {
    "ChirpStack_uplinks.jsonl": "chirpstack",
    "HTTP_uplinks.jsonl": "chirpstack",
    "LORIOT_uplinks.jsonl": "loriot",
    "ThingsStackCommunity_uplinks.jsonl": "ttn",
    "ThingsStackIndustries_uplinks.jsonl": "ttn",
}
EVENTS = FOLDER / "chirpstack_docs_events.jsonl"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no corpus beside the repository")

# name of the converter → (our field, what our value times this is theirs)
NAMES: Mapping[str, tuple[str, float]] = {
    "lora_frame_counter": ("f_cnt", 1),
    "fCnt": ("f_cnt", 1),
    "fPort": ("f_port", 1),
    "lora_frame_port": ("f_port", 1),
    "lora_frequency": ("frequency", 1),
    "lora_spreading_factor": ("spreading_factor", 1),
    "lora_rssi": ("rssi", 1),
    "lora_snr": ("snr", 1),
}
