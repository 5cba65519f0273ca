"""`frigate/stats`: a reading a camera, one a detector, one for Frigate itself; processes by number are left out."""

from collections.abc import Mapping

from edge.decoders.decoder import Refusals
from edge.decoders.gathering import Gathering, target
from edge.decoders.values import as_tag
from telemetry.point import Reading

_MAX_CAMERAS = 200
_SELF = "frigate"

_CAMERA = {
    "camera_fps": target("camera", "camera_fps"),
    "process_fps": target("camera", "process_fps"),
    "skipped_fps": target("camera", "skipped_fps"),
    "detection_fps": target("camera", "detection_fps"),
    "audio_dBFS": target("camera", "audio_dbfs"),
    "audio_rms": target("camera", "audio_rms"),
}
_INFERENCE = target("camera", "inference_ms")
_DETECTION = target("camera", "detection_fps")
_CHIP_TEMPERATURE = target("device", "chip_temperature")  # of a Coral
_UPTIME = target("device", "uptime_s")
_CPU = target("device", "cpu_percent")
_MEMORY = target("device", "memory_percent")


def read_stats(root: Mapping[str, object], refusals: Refusals) -> list[Reading]:
    """Return the readings of one statistics message."""
    readings: list[Reading] = []
    cameras = root.get("cameras")
    if not isinstance(cameras, dict):  # up to 0.12 cameras stood beside detectors
        cameras = {name: one for name, one in root.items() if isinstance(one, dict) and "camera_fps" in one}
    for name, one in list(cameras.items())[:_MAX_CAMERAS]:
        if isinstance(one, dict):
            gathering = Gathering(refusals)
            for key, where in _CAMERA.items():
                if one.get(key) is not None:
                    gathering.put(where, one[key])
            readings += gathering.readings({"device": as_tag(name)}, None)
    detectors = root.get("detectors")
    for name, one in list(detectors.items())[:_MAX_CAMERAS] if isinstance(detectors, dict) else ():
        if isinstance(one, dict) and one.get("inference_speed") is not None:
            gathering = Gathering(refusals)
            gathering.put(_INFERENCE, one["inference_speed"])
            readings += gathering.readings({"device": _SELF, "sensor": as_tag(name)}, None)
    service = root.get("service")
    temperatures = service.get("temperatures") if isinstance(service, dict) else None
    for name, value in list(temperatures.items())[:_MAX_CAMERAS] if isinstance(temperatures, dict) else ():
        if value is not None:
            gathering = Gathering(refusals)
            gathering.put(_CHIP_TEMPERATURE, value)
            readings += gathering.readings({"device": _SELF, "sensor": as_tag(name)}, None)
    return readings + _own(root, refusals)


def _own(root: Mapping[str, object], refusals: Refusals) -> list[Reading]:
    gathering = Gathering(refusals)
    service, usages = root.get("service"), root.get("cpu_usages")
    if isinstance(service, dict) and service.get("uptime") is not None:
        gathering.put(_UPTIME, service["uptime"])
    whole = usages.get("frigate.full_system") if isinstance(usages, dict) else None
    if isinstance(whole, dict):
        for key, where in (("cpu", _CPU), ("mem", _MEMORY)):
            if whole.get(key) is not None:
                gathering.put(where, whole[key])
    if root.get("detection_fps") is not None:
        gathering.put(_DETECTION, root["detection_fps"])
    return gathering.readings({"device": _SELF}, None)
