"""Grafana's HTTP API: who we are, what we ask, and what an answer means. `adapter` alone knows grafana-api."""
