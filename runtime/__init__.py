"""Process plumbing without domain knowledge: clock, back-off, config, logs, life cycle, MQTT, serial port, InfluxDB."""
