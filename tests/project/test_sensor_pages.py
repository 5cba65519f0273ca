"""Every page of docs/sensors shows a config that works as it stands."""

import re
from pathlib import Path

import pytest

from edge.config_file import load_agent_config
from edge.decoders.table import DECODERS

_PAGES = sorted((Path(__file__).parents[2] / "docs/sensors").glob("*.md"))
_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_HEAD = """
[gateway]
site = "bn01"
id = "gw-test"
state_dir = "{folder}"

[uplink]
kind = "file"
folder = "{folder}"

"""


def _samples(page: Path) -> list[str]:
    return [block for block in _BLOCK.findall(page.read_text(encoding="utf-8")) if "[[source]]" in block]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_the_configs_of_a_sensor_page_work(page: Path, tmp_path: Path) -> None:
    samples = _samples(page)
    assert samples or page.stem == "README" or page.stem.startswith("adding-")
    for number, sample in enumerate(samples):
        config = tmp_path / f"{number}.toml"
        config.write_text(_HEAD.format(folder=tmp_path) + sample, encoding="utf-8")
        assert load_agent_config(config).source


def test_every_decoder_has_a_page() -> None:
    index = (_PAGES[0].parent / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in DECODERS if f"`{kind}`" not in index] == []
    assert [page.name for page in _PAGES if page.stem != "README" and f"({page.name})" not in index] == []
