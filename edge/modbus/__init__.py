"""Modbus: frames, register maps, and what becomes of them (MODBUS Application Protocol V1.1b3, MODBUS over Serial Line V1.02)."""
