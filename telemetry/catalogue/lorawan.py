"""The radio link of a LoRaWAN device, one point an uplink: the figures of the gateway that heard it best."""

from telemetry.catalogue.quantity import Quantity

LORAWAN = (
    Quantity("snr", "float", "dB", -40, 40, "Tỉ số tín hiệu trên nhiễu", "Signal-to-noise ratio"),  # LoRa demodulates from -20 (SF12)
    Quantity("margin", "float", "dB", -32, 31, "Dự trữ liên kết", "Link margin of the last status request"),  # DevStatusAns: 6 bits, signed
    Quantity("gateways", "int", "{count}", 1, None, "Số gateway nghe được", "Gateways that heard the uplink"),
    Quantity("heard_by", "string", "", None, None, "Gateway nghe rõ nhất", "Gateway that heard it best"),
    Quantity("f_cnt", "int", "{count}", 0, 2**32 - 1, "Bộ đếm bản tin lên", "Uplink counter", is_counter=True),
    Quantity("f_port", "int", "", 0, 255, "Cổng ứng dụng", "Application port"),
    # From 169 MHz (wM-Bus and India's lower band) to 2.4 GHz LoRa.
    Quantity("frequency", "float", "Hz", 1.6e8, 2.5e9, "Tần số vô tuyến", "Radio frequency"),
    Quantity("spreading_factor", "int", "", 5, 12, "Hệ số trải phổ", "Spreading factor"),
)
