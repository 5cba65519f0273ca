"""How well the line to a board works (docs/specs/link.md), as its gateway sees it. Counts begin anew with the agent."""

from telemetry.catalogue.quantity import Quantity

BOARD_LINK = (
    Quantity("frames_total", "float", "{count}", 0, None, "Số khung đã nhận", "Frames received", is_counter=True),
    Quantity("damaged_total", "float", "{count}", 0, None, "Số khung hỏng", "Damaged frames", is_counter=True),
    Quantity("resent_total", "float", "{count}", 0, None, "Số khung gửi lại", "Frames sent again", is_counter=True),
    Quantity("readings_total", "float", "{count}", 0, None, "Số lần đo đã nhận", "Readings received", is_counter=True),
    Quantity("lost_total", "float", "{count}", 0, None, "Số lần đo mất trên bo mạch", "Readings lost on the board", is_counter=True),
    Quantity("sessions_total", "float", "{count}", 0, None, "Số phiên đã mở", "Sessions opened", is_counter=True),
)
