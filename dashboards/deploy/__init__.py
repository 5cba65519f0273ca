"""What a Grafana has, what it should have, and the way from one to the other."""
