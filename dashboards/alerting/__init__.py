"""Alert rules as data, and what Grafana makes of them."""
