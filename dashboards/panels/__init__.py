"""Builders of panels, one file for each kind: they know Grafana's options, and set the house's."""
