"""Grafana dashboards and alerting as code. It never imports `edge` or `cloud`."""
