"""Settings of a serial source. Imports no serial library, so checking a config is cheap."""

from pydantic import Field

from edge.framers.table import Framing
from edge.talks.table import Talking
from runtime.serial_settings import SerialSettings


class SerialSourceSettings(SerialSettings):
    """A serial port and how its bytes are cut into messages."""

    topic: str = Field("", max_length=255, description="name that the decoder sees in place of an MQTT topic")
    framing: Framing | None = Field(None, description="how bytes become messages; default: as the decoder's device sends them, else lines")
    talk: Talking | None = Field(None, description="what the device has to be told, and when; nothing: we only listen")
