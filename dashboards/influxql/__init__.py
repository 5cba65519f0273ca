"""InfluxQL: the one query language that InfluxDB 1.x, 2.x and 3 share. Queries are built here, expanded as Grafana does, and read back."""
