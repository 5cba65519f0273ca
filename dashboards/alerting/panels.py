"""Which panel an alert leads to: the one that its rule names, else the first of the dashboard that shows its field, else its measurement.

A panel of a legal limit is only there while the limit is in force, as is the rule.
"""

from dashboards.alerting.rule import Rule
from dashboards.boards import board
from dashboards.house import uid
from dashboards.influxql.select import name
from dashboards.words import Language


def panel_of(rule: Rule, language: Language) -> dict[str, str]:
    """Return Grafana's two annotations, which it takes only together; none where no panel fits."""
    if not rule.dashboard:
        return {}
    for panel in board(rule.dashboard).panels:
        if panel.key == rule.panel:
            return _leading(rule, language, panel.id)
    measurement = getattr(rule.query, "measurement", "ledger")
    field = getattr(rule.query, "field", "")
    for wanted in ((name(measurement), name(field)), (name(measurement),)):
        for panel in board(rule.dashboard).panels:
            if any(all(each in query.select.text for each in wanted) for query in panel.queries):
                return _leading(rule, language, panel.id)
    return {}


def _leading(rule: Rule, language: Language, panel_id: int) -> dict[str, str]:
    return {"__dashboardUid__": uid(rule.dashboard, language), "__panelId__": str(panel_id)}
