"""The core: ingest, registry, fleet, alerts, on-call. It never imports `edge` or `dashboards`."""
