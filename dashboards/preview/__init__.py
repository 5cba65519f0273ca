"""Pictures of the dashboards from live data, for those who have no Grafana at hand. It draws what Grafana is told, not what Grafana is."""
