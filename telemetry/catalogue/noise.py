"""Noise monitors. Levels by IEC 61672-1: from the self-noise of a class 2 microphone to its overload."""

from telemetry.catalogue.quantity import Quantity

NOISE = (
    Quantity("laeq", "float", "dB(A)", 15, 140, "Mức âm tương đương LAeq", "Equivalent level LAeq"),
    Quantity("lamax", "float", "dB(A)", 15, 140, "Mức âm lớn nhất LAmax", "Maximum level LAmax"),
    Quantity("lmax", "float", "dB(A)", 15, 140, "Mức âm lớn nhất", "Maximum level"),
    Quantity("lamin", "float", "dB(A)", 15, 140, "Mức âm nhỏ nhất LAmin", "Minimum level LAmin"),
    Quantity("lmin", "float", "dB(A)", 15, 140, "Mức âm nhỏ nhất", "Minimum level"),
    Quantity("la10", "float", "dB(A)", 15, 140, "Mức âm vượt 10 % thời gian", "Level exceeded 10 % of the time"),
    Quantity("la50", "float", "dB(A)", 15, 140, "Mức âm vượt 50 % thời gian", "Level exceeded 50 % of the time"),
    Quantity("la90", "float", "dB(A)", 15, 140, "Mức âm vượt 90 % thời gian", "Level exceeded 90 % of the time"),
    Quantity("lcpeak", "float", "dB(C)", 30, 160, "Mức đỉnh LCpeak", "Peak level LCpeak"),
)
