"""The files of a Grafana that is configured by files, and the folder that holds them and belongs to us whole."""
