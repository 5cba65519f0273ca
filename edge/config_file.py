"""Reading the agent's config: every problem at once, those between sources and those of the decoders included."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.config import RESERVED_SOURCES, AgentConfig
from edge.decoders.table import build_decoder
from edge.sources.modbus_settings import decoder_of
from runtime.config import load
from runtime.config_problems import item_name
from telemetry.errors import ConfigError, Problem


def load_agent_config(path: Path) -> AgentConfig:
    """Return the config in `path`. Raises ConfigError with everything that is wrong in it."""
    problems: list[Problem] = []
    config: AgentConfig | None = None
    try:
        config = load(path, AgentConfig)
    except ConfigError as error:
        problems += error.problems
    sources = _source_tables(path)
    problems += _id_problems(path, sources)
    problems += _decoder_problems(path, sources)
    if problems or config is None:
        raise ConfigError(problems)
    return config


def _source_tables(path: Path) -> list[Mapping[str, object]]:
    """Return the tables [[source]] as they stand in the file, whatever else is wrong with it; an empty one for what is no table."""
    try:
        sources = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("source", [])
    except (OSError, ValueError, RecursionError):
        return []
    return [source if isinstance(source, dict) else {} for source in sources] if isinstance(sources, list) else []


def _id_problems(path: Path, sources: list[Mapping[str, object]]) -> Iterator[Problem]:
    ids = Counter(name for source in sources if isinstance(name := source.get("id"), str))
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        yield Problem(str(path), "source", f"source ids must be unique; more than once: {', '.join(twice)}")
    reserved = [name for name in RESERVED_SOURCES if name in ids]
    if reserved:
        yield Problem(str(path), "source", f"source ids kept for the agent itself: {', '.join(reserved)}; choose others")


def _decoder_problems(path: Path, sources: list[Mapping[str, object]]) -> Iterator[Problem]:
    for at, source in enumerate(sources):
        decoder, topics = source.get("decoder"), source.get("topics")
        if source.get("kind") == "modbus" and decoder is None:
            decoder = decoder_of(source.get("slave"))
        if not isinstance(decoder, dict):
            continue
        where = f"source{item_name(at, source)}.decoder"
        options = {key: value for key, value in decoder.items() if key != "kind"}
        try:
            build_decoder(str(decoder.get("kind", "")), options, topics if isinstance(topics, list) else ())
        except ConfigError as error:
            for problem in error.problems:
                yield Problem(str(path), f"{where}.{problem.key}".rstrip("."), problem.message)
