"""The edge agent: sources, decoders, pipeline, spool, uplink."""
