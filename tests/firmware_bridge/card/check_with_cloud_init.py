"""user-data under cloud-init's own validator. Not collected with the rest, for a host that has cloud-init installed would be set up by it:

python -m pytest tests/firmware_bridge/card/check_with_cloud_init.py       on a machine that has cloud-init
"""

import shutil
import subprocess
from pathlib import Path

from firmware_bridge.card.cloud_init import seed_files
from firmware_bridge.card.first_boot import load_first_boot
from firmware_bridge.card.system import System
from tests.firmware_bridge.card.settings_made import card_toml


def test_cloud_inits_own_validator_takes_user_data(tmp_path: Path) -> None:
    program = shutil.which("cloud-init")
    assert program is not None, "not installed: cloud-init"
    ubuntu = System("Ubuntu", "cloudinit", "/boot/firmware", takes_custom_toml=False, evidence=())
    path = tmp_path / "user-data"
    path.write_bytes(seed_files(load_first_boot(card_toml(tmp_path / "settings")), ubuntu, {})[0]["user-data"])
    done = subprocess.run([program, "schema", "-c", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
