"""LoRaWAN uplinks as network servers publish them: one core behind the decoders chirpstack, ttn and loriot; payload bytes are read by
declarative codecs (codec/ is the machinery, codecs/ are the devices)."""
