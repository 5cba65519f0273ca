"""The base of every settings model: unknown keys are refused and nothing changes after loading."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """One table of a config file. Each field has a description, and its unit in its name (`_s`, `_ms`, `_bytes`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
