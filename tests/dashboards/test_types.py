"""Every dashboard type-checks as what Grafana's own package says that dashboards and panels are (npm, @grafana/schema)."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboards.built import built

_SOURCES = Path(__file__).parent / "typescript"
_INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--prefer-offline"]


def packages() -> Path:
    """Return the folder of the packages, in this virtual environment; they are installed once."""
    wanted = (_SOURCES / "package.json").read_bytes()
    folder = Path(sys.prefix) / f"typescript-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if folder.is_dir():
        return folder / "node_modules"
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: apt-get install -y --no-install-recommends nodejs npm")
    fresh = Path(f"{folder}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    (fresh / "package.json").write_bytes(wanted)
    done = subprocess.run(_INSTALL, cwd=fresh, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install typescript and @grafana/schema here: {done.stderr.strip()[-300:]}")
    fresh.rename(folder)
    return folder / "node_modules"


def constant(name: str, board: Any, *, without: str = "") -> str:
    """Write a dashboard as a typed constant; a line with the key `without` must be an error."""
    lines = json.dumps(board, ensure_ascii=False, indent=1).splitlines()
    expect = [f"// @ts-expect-error\n{line}" if without and line.strip().startswith(f'"{without}"') else line for line in lines]
    return f"export const {name}: Dashboard = " + "\n".join(expect) + ";\n"


def with_misspelt_option() -> Any:
    """A dashboard of ours in which one option of one panel is misspelt."""
    for each in built():
        for panel in each.json["panels"]:
            if panel["type"] == "timeseries":
                panel["options"]["legnd"] = panel["options"].pop("legend")
                return each.json
    raise AssertionError("no dashboard has a panel of curves")


@pytest.mark.server
def test_every_dashboard_is_one_by_grafanas_types_and_mistakes_are_errors(tmp_path: Path) -> None:
    """One run of the compiler for all. `controls.ts` and the last constant hold mistakes, each of which must be an error."""
    (tmp_path / "node_modules").symlink_to(packages())
    for source in (*_SOURCES.glob("*.ts"), _SOURCES / "tsconfig.json"):
        shutil.copy(source, tmp_path)
    constants = [constant(each.uid.replace("-", "_"), each.json) for each in built()]
    wrong = constant("wrong", with_misspelt_option(), without="legnd")
    (tmp_path / "boards.ts").write_text("import type { Dashboard } from './kinds';\n" + "".join([*constants, wrong]), encoding="utf-8")
    command = ["node", "node_modules/typescript/lib/tsc.js", "--project", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
