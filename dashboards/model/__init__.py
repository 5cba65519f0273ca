"""Dashboards as typed values, and their JSON: the classic model, which Grafana 11 to 13 read (schemaVersion 42)."""
