"""What decoding the corpus gave, by kind of capture: `python -m tests.corpus` prints the table."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

CORPUS = Path(__file__).parents[3] / "shared/data"


@dataclass
class Tally:
    """One kind: files read, frames or messages in them, readings, rejected items, and expected values that were not met, by reason."""

    kind: str
    files: int = 0
    frames: int = 0
    readings: int = 0
    rejected: int = 0
    checked: int = 0  # values that were compared with the expected ones
    mismatches: Counter[str] = field(default_factory=Counter)
