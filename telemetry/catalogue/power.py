"""Electricity meters on low and medium voltage; a quantity of one phase carries _l1, _l2 or _l3 (`voltage_l1`).

The grid is 220/380 V and 50 Hz; generators and islanded grids swing wider than the public one, hence 40 to 65 Hz.
"""

from telemetry.catalogue.quantity import Quantity

POWER = (
    Quantity("voltage", "float", "V", 0, 40_500, "Điện áp", "Voltage", is_per_phase=True),  # 35 kV class, highest 40.5 kV (IEC 60038)
    Quantity("current", "float", "A", 0, 6300, "Dòng điện", "Current", is_per_phase=True),  # largest low-voltage breaker frame
    Quantity("active_power", "float", "W", -1e9, 1e9, "Công suất tác dụng", "Active power", is_per_phase=True),
    Quantity("reactive_power", "float", "var", -1e9, 1e9, "Công suất phản kháng", "Reactive power", is_per_phase=True),
    Quantity("apparent_power", "float", "VA", 0, 1e9, "Công suất biểu kiến", "Apparent power", is_per_phase=True),
    Quantity("power_factor", "float", "", -1, 1, "Hệ số công suất", "Power factor", is_per_phase=True),
    Quantity("frequency", "float", "Hz", 40, 65, "Tần số", "Frequency", is_per_phase=True),
    Quantity("energy", "float", "Wh", 0, None, "Điện năng nhận", "Energy imported", is_per_phase=True, is_counter=True),
    Quantity("energy_export", "float", "Wh", 0, None, "Điện năng phát", "Energy exported", is_per_phase=True, is_counter=True),
    Quantity("reactive_energy", "float", "varh", 0, None, "Điện năng phản kháng", "Reactive energy", is_per_phase=True, is_counter=True),
    Quantity("energy_today", "float", "Wh", 0, None, "Điện năng hôm nay", "Energy today", is_per_phase=True),
    Quantity("energy_yesterday", "float", "Wh", 0, None, "Điện năng hôm qua", "Energy yesterday", is_per_phase=True),
    Quantity("energy_session", "float", "Wh", 0, None, "Điện năng từ lúc bật", "Energy since the meter was switched on", is_counter=True),
    Quantity("current_neutral", "float", "A", 0, 6300, "Dòng điện trung tính", "Neutral current"),
    Quantity("thd_voltage", "float", "%", 0, 100, "Méo hài điện áp", "Voltage distortion", is_per_phase=True),
    Quantity("thd_current", "float", "%", 0, 400, "Méo hài dòng điện", "Current distortion", is_per_phase=True),
    Quantity("alarm", "bool", "", None, None, "Cảnh báo quá công suất", "Power above the limit set in the meter"),
)
