"""What a Grafana can do, by its version."""

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Features:
    """`has_missing_series`: a rule may say after how many evaluations a missing series counts as resolved.

    `missingSeriesEvalsToResolve` came with Grafana 12.0 (grafana/grafana#101184, #102150; documented from 12.0.1 on); before 12.0.3
    Alertmanager still resolved after four (#107077).
    """

    version: str
    has_missing_series: bool


def features(version: str) -> Features:
    """Return what a version can; one that hides its version is taken for a current one, which ignores what it does not know."""
    found = _VERSION.match(version)
    return Features(version, has_missing_series=found is None or int(found[1]) >= 12)
