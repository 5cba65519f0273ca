"""Tests that need Debian's fonts-dejavu-core, which deploy/setup.sh installs: a skip elsewhere, a failure where servers are required."""

import pytest

from firmware_bridge.print.fonts import FontMissing, font_file


def _is_missing() -> bool:
    try:
        font_file(is_bold=False)
        font_file(is_bold=True)
    except FontMissing:
        return True
    return False


NEEDS_FONT = [pytest.mark.server, pytest.mark.skipif(_is_missing(), reason="the font of fonts-dejavu-core is not installed")]
