"""Where a click leads."""

import json
import re

from dashboards.boards import BOARDS, board


def test_every_link_to_a_device_names_the_gateway_that_it_hangs_on() -> None:
    """The choice of gateways stands before that of devices: without it Grafana takes the first gateway of the site, and another device."""
    links = re.findall(r"/d/quanho-device-[^\"]*", json.dumps([board(name).render("vi") for name in BOARDS]))
    assert len(links) > 10
    assert [link for link in links if "&var-gateway=" not in link or "__url_time_range" not in link] == []
