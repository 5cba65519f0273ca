"""Names that are safe wherever they end up: tag value, file name, MQTT topic level, URL.

Ids (site, gateway, device, source): 1 to 63 letters, digits, `_`, `-` and `.`, starting with a letter or digit.
Names of measurements and fields: lower_snake, 1 to 64 characters, starting with a letter.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

from telemetry.said import said

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def check_id(text: str) -> str:
    """Return `text` if it is an id; ValueError with the rule otherwise."""
    if not is_id(text):
        vi = f"{text!r} không phải tên hợp lệ: dùng 1 đến 63 chữ cái a-z, chữ số, '_', '-' hoặc '.', bắt đầu bằng chữ cái hoặc chữ số"
        en = f"{text!r} is no id: use 1 to 63 letters a-z, digits, '_', '-' or '.', starting with a letter or digit"
        raise ValueError(said(vi, en))
    return text


def check_name(text: str) -> str:
    """Return `text` if it is lower_snake; ValueError with the rule otherwise."""
    if not is_name(text):
        raise ValueError(f"{text!r} is no name: use lower_snake, as in pm2_5 (a-z, 0-9, '_', starting with a letter, at most 64)")
    return text


SiteId = Annotated[str, AfterValidator(check_id)]
GatewayId = Annotated[str, AfterValidator(check_id)]
DeviceId = Annotated[str, AfterValidator(check_id)]
SourceId = Annotated[str, AfterValidator(check_id)]
MeasurementName = Annotated[str, AfterValidator(check_name)]
FieldName = Annotated[str, AfterValidator(check_name)]
