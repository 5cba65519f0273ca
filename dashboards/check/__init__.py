"""Asks a store everything that dashboards and alert rules ask, as Grafana would, and says what shows nothing and why."""
