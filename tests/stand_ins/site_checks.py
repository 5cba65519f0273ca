"""Site-check records for tests."""

from datetime import datetime, timedelta, timezone

from firmware_bridge.records.site_check import Found, Photo, SiteCheckRecord

AT = datetime(2026, 11, 27, 15, 4, 5, tzinfo=timezone(timedelta(hours=7)))


def value(number: int, verdict: str = "passed", code: str = "value-good", text: str = "temperature 26.5 °C") -> Found:
    facts = {"source": "street", "device": f"roof-{number}", "measurement": "weather", "values": text, "age_s": 3, "quality": 2}
    return Found.model_validate({"check": "values", "code": code, "verdict": verdict, "facts": facts})


OTHERS = (
    Found(check="clock", code="clock-trusted", verdict="passed", facts={"witness": "kernel", "error_ms": 12}),
    Found(check="uplink", code="uplink-delivers", verdict="passed", facts={"server": "InfluxDB 2.9", "delivered": 12, "age_s": 2}),
    Found(
        check="buffer",
        code="buffer-balanced",
        verdict="passed",
        facts={"method": "cable", "waiting": 41, "outage_s": 62, "drain_s": 3, "dropped": 0},
    ),
    Found(check="alarm", code="alarm-not-offered", verdict="not-done"),
    Found(check="place", code="place-given", verdict="passed", facts={"lat": "21.121000", "lon": "105.966000"}),
)


def site_check(values: int = 1, photo: Photo | None = None, **changes: object) -> SiteCheckRecord:
    plain: dict[str, object] = {
        "id": "3fa8" * 8,
        "at": AT,
        "clock": "synchronised",
        "technician": "Nguyễn Thị Hạnh",
        "computer": "pi",
        "site": "dinh-bang",
        "gateway": "gw-0007",
        "software": "0.1.0",
        "outcome": "passed",
        "findings": (*(value(number) for number in range(values)), *OTHERS),
        "photo": photo,
    }
    return SiteCheckRecord.model_validate(plain | changes)
