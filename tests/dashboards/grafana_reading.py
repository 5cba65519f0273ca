"""How Grafana reads its provisioning files, after pkg/services/provisioning/values/values.go and pkg/setting/expanders.go."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EXPANDER = re.compile(r"\$(|__\w+)\{([^}]+)\}")
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))")


def as_grafana_reads(content: Any) -> Any:
    """Return what Grafana makes of a value: files and variables in place of their names, `$$` for a dollar sign."""
    if isinstance(content, str):
        return "$".join(_expanded(part) for part in content.split("$$"))
    if isinstance(content, Mapping):
        return {key: as_grafana_reads(value) for key, value in content.items()}
    return [as_grafana_reads(value) for value in content] if isinstance(content, list) else content


def _expanded(text: str) -> str:
    text = _EXPANDER.sub(_of_expander, text)
    return _VARIABLE.sub(lambda found: os.environ.get(found[1] or found[2], ""), text)


def _of_expander(found: re.Match[str]) -> str:
    if found[1] == "__file":
        return Path(found[2]).read_text(encoding="utf-8").strip()
    return os.environ.get(found[2], "") if found[1] in ("", "__env") else found[0]
