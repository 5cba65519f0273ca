"""The whole plan: from what there is and what is wanted to steps, in the order in which they can be carried out. Pure."""

from dashboards.deploy import boards, contacts, datasource, folders, route, rules
from dashboards.deploy.action import Action, Wishes, in_order
from dashboards.deploy.live import Live
from dashboards.deploy.wanted import Wanted


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> list[Action]:
    """Return the steps: folders, data source, dashboards, contact points, rules, policy; then what goes, in the reverse order."""
    return in_order(
        [
            *folders.plan(wanted, live, wishes),
            datasource.plan(wanted.store, live, wishes),
            *boards.plan(wanted, live, wishes),
            *contacts.plan(wanted, live, wishes),
            *rules.plan(wanted, live, wishes),
            *route.plan(wanted, live, wishes),
        ]
    )
