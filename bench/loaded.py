"""What the agent's imports alone cost: the same modules in a process that does nothing else."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.agent_process import ROOT

MODULES = (
    "quanho.cli",
    "quanho.commands.edge",
    "edge.agent",
    "edge.config_file",
    "edge.decoders.json_mapping",
    "edge.sources.mqtt",
    "edge.uplink.influx_target",
    "runtime.logs",
    "runtime.service",
)
_MEMORY = 'import re; print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1], time.monotonic())'


@dataclass(frozen=True, slots=True)
class Imports:
    """Seconds from starting a process to having everything imported, and its resident bytes then."""

    seconds: float
    rss_bytes: int


def imports_alone(runs: int = 5) -> Imports:
    """Return the medians over a few runs."""
    program = f"import {', '.join(MODULES)}; import time; {_MEMORY}"
    seconds, sizes = [], []
    for _ in range(runs):
        began_s = time.monotonic()
        size, ended_s = _python("-c", program).stdout.split()
        seconds.append(float(ended_s) - began_s)
        sizes.append(int(size) * 1024)
    return Imports(median(seconds), int(median(sizes)))


def slowest(most: int = 15) -> Sequence[tuple[str, float, int]]:
    """Return top-level packages by what importing their modules takes itself: name, milliseconds, modules."""
    listing = _python("-X", "importtime", "-c", f"import {', '.join(MODULES)}").stderr
    spent: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for own_us, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", listing):
        package = name.split(".", 1)[0]
        spent[package] += int(own_us)
        modules[package] += 1
    return [(name, us / 1000, modules[name]) for name, us in spent.most_common(most)]


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
