"""Which panel an alert leads to: the first of the rule's dashboard that shows the field it asks for, else the measurement."""

from dashboards.alerting.rule import Rule
from dashboards.boards import board
from dashboards.house import uid
from dashboards.influxql.select import name
from dashboards.words import Language


def panel_of(rule: Rule, language: Language) -> dict[str, str]:
    """Return Grafana's two annotations, which it takes only together; none where no panel fits."""
    if not rule.dashboard:
        return {}
    measurement = getattr(rule.query, "measurement", "ledger")
    field = getattr(rule.query, "field", "")
    for wanted in ((name(measurement), name(field)), (name(measurement),)):
        for panel in board(rule.dashboard).panels:
            if any(all(each in query.select.text for each in wanted) for query in panel.queries):
                return {"__dashboardUid__": uid(rule.dashboard, language), "__panelId__": str(panel.id)}
    return {}
