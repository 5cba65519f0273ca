"""What a Grafana can do, by its version."""

import re
from dataclasses import dataclass

_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Features:
    """`has_missing_series`: a rule may say after how many evaluations a missing series counts as resolved.

    `missingSeriesEvalsToResolve` came with Grafana 12.0 (grafana/grafana#101184, #102150; documented from 12.0.1 on); before 12.0.3
    Alertmanager still resolved after four (#107077).

    `has_signatures`: webhooks are signed. Before, `hmacConfig` (#100960) is a key like any other: messages go out unsigned, and its secret
    is kept and shown in plain text.
    """

    version: str
    has_missing_series: bool
    has_signatures: bool


def features(version: str) -> Features:
    """Return what a version can; one that hides its version is taken for a current one, which ignores what it does not know."""
    found = _VERSION.match(version)
    is_current = found is None or int(found[1]) >= 12
    return Features(version, has_missing_series=is_current, has_signatures=is_current)
