"""A command that cannot do what it was asked: words in the operator's language, and an exit code. `quanho.cli` prints it, also as JSON."""

from telemetry.errors import QuanhoError

EXIT_USAGE = 2


class Failed(QuanhoError):
    """Nothing more is to be done; `str()` is for the operator."""

    def __init__(self, text: str, exit_code: int = EXIT_USAGE) -> None:
        super().__init__(text)
        self.exit_code = exit_code
