"""Grafana dashboards and alerting as code. It never imports `edge` or `cloud`.

Flat lie the tables of the house that everything else reads: `house` (colours, uids, windows), `words`, `units`, `measurements`, `reasons`;
and `built`, which is all dashboards as JSON.
"""
