"""card.toml, read: its files opened, passwords turned into hashes and keys. Plain passwords end here; what comes out may go onto a card."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from firmware_bridge.card.hashes import sha512_crypt, wifi_psk
from firmware_bridge.card.settings import (
    CardSettings,
    HardwareTable,
    StaticAddress,
    UserTable,
    WifiNetwork,
    claim_code_problem,
    passphrase_problem,
    ssh_key_problem,
)
from runtime.config import load, read_secret, secret_problem
from telemetry.errors import ConfigError, Problem

_MOST_CONFIG_BYTES = 1 << 20
_MOST_WHEELS = 200
_OTHER_MACHINE = re.compile(r"(x86_64|amd64|i686|win32|win_arm64|macosx\w*)\.whl$")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class User:
    """Who may log in. `password_hash` is crypt(5), None where no password works."""

    name: str
    ssh_keys: tuple[str, ...]
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """A Wi-Fi network. `psk` is 64 hex digits, None for an open one."""

    ssid: str
    psk: str | None = field(repr=False)
    is_hidden: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class FirstBoot:
    """Everything that a gateway is to become, in no format yet."""

    hostname: str
    timezone: str
    user: User | None
    has_ssh: bool
    has_password_login: bool
    country: str | None
    networks: tuple[Network, ...]
    eth0: StaticAddress | None
    wlan0: StaticAddress | None
    hardware: HardwareTable
    has_security_updates: bool
    edge_config: bytes | None
    claim_code: str | None = field(repr=False)
    agent_files: tuple[tuple[str, bytes], ...] = field(repr=False)  # name below /etc/quanho, content
    wheels: tuple[Path, ...]

    @property
    def has_agent_files(self) -> bool:
        """Whether something of quanho's own goes onto the card."""
        return self.edge_config is not None or self.claim_code is not None or bool(self.wheels or self.agent_files)


def load_first_boot(path: Path) -> FirstBoot:
    """Return what card.toml and its files say. Raises ConfigError with everything that is wrong."""
    settings = load(path, CardSettings, folder=path.parent)
    reading = _Reading(path)
    first_boot = reading.first_boot(settings)
    if reading.problems:
        raise ConfigError(reading.problems)
    return first_boot


class _Reading:
    """Opens the files that the settings name, relative to the folder of card.toml, and collects what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problems: list[Problem] = []

    def first_boot(self, settings: CardSettings) -> FirstBoot:
        self._no_open_secrets(settings)
        return FirstBoot(
            hostname=settings.system.hostname,
            timezone=settings.system.timezone,
            user=self._user(settings.user) if settings.user else None,
            has_ssh=settings.ssh.enabled,
            has_password_login=settings.ssh.password_login,
            country=settings.wifi.country if settings.wifi else None,
            networks=tuple(self._network(at, each) for at, each in enumerate(settings.wifi.network, 1)) if settings.wifi else (),
            eth0=settings.network.eth0,
            wlan0=settings.network.wlan0,
            hardware=settings.hardware,
            has_security_updates=settings.updates.security,
            edge_config=self._config(settings.quanho.config),
            claim_code=self._claim_code(settings.quanho.claim_code, settings.quanho.claim_code_file),
            agent_files=tuple(self._agent_files(settings.quanho.files)),
            wheels=self._wheels(settings.quanho.wheels),
        )

    def _no_open_secrets(self, settings: CardSettings) -> None:
        inline = [f"[wifi] {each.ssid}" for each in (settings.wifi.network if settings.wifi else ()) if each.password or each.psk]
        inline += ["[user] password_hash"] if settings.user and settings.user.password_hash else []
        inline += ["[quanho] claim_code"] if settings.quanho.claim_code else []
        problem = secret_problem(self._path) if inline else None
        if problem:
            self._wrong("", f"has secrets in it ({', '.join(inline)}), and {problem}")

    def _user(self, user: UserTable) -> User:
        keys = [*user.ssh_keys]
        if user.ssh_keys_file is not None:
            found = [line.strip() for line in self._text("user.ssh_keys_file", user.ssh_keys_file).splitlines()]
            found = [line for line in found if line and not line.startswith("#")]
            problems = [f"line {line[:24]!r} {problem}" for line in found if (problem := ssh_key_problem(line))]
            for problem in problems:
                self._wrong("user.ssh_keys_file", problem)
            keys += [] if problems else found
        hashed = user.password_hash.get_secret_value() if user.password_hash else None
        if user.password_file is not None:
            password = self._secret("user.password_file", user.password_file)
            if password is not None and len(password) < 8:
                self._wrong("user.password_file", "the password must have 8 characters at least")
            hashed = sha512_crypt(password) if password else None
        return User(user.name, tuple(dict.fromkeys(keys)), hashed)

    def _network(self, number: int, network: WifiNetwork) -> Network:
        psk = network.psk.get_secret_value().lower() if network.psk else None
        passphrase = network.password.get_secret_value() if network.password else None
        if network.password_file is not None:
            key = f"wifi.network[{number}].password_file"
            passphrase = self._secret(key, network.password_file)
            problem = passphrase_problem(passphrase) if passphrase is not None else None
            if problem:
                self._wrong(key, problem)
        return Network(network.ssid, wifi_psk(passphrase, network.ssid) if passphrase else psk, network.hidden, network.priority)

    def _config(self, path: Path | None) -> bytes | None:
        return self._text("quanho.config", path).encode() if path is not None else None

    def _agent_files(self, paths: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            if not _FILE_NAME.fullmatch(path.name) or path.name in ("edge.toml", "claim.json"):
                self._wrong("quanho.files", f"{path}: a name of letters, digits, dots, _ and - that is not one of our own, please")
                continue
            try:
                yield path.name, self._content("quanho.files", path)
            except OSError as error:
                self._wrong("quanho.files", f"cannot be read: {self._place(path)}: {error.strerror or error}")

    def _claim_code(self, inline: SecretStr | None, path: Path | None) -> str | None:
        if path is None:
            return inline.get_secret_value() if inline else None
        code = self._secret("quanho.claim_code_file", path)
        problem = claim_code_problem(code) if code is not None else None
        if problem:
            self._wrong("quanho.claim_code_file", problem)
        return code

    def _wheels(self, folder: Path | None) -> tuple[Path, ...]:
        if folder is None:
            return ()
        place = self._place(folder)
        wheels = tuple(sorted(place.glob("*.whl"))) if place.is_dir() else ()
        if not any(wheel.name.startswith("quanho-") for wheel in wheels):
            self._wrong("quanho.wheels", f"{place} has no quanho-….whl; how to make one is in docs/runbooks/card.md")
        others = [wheel.name for wheel in wheels if _OTHER_MACHINE.search(wheel.name)]
        if others:
            way_out = "pip download --only-binary=:all: --platform manylinux2014_aarch64 …; see docs/runbooks/card.md"
            self._wrong("quanho.wheels", f"not for a Raspberry Pi: {', '.join(others[:3])}. Use: {way_out}")
        if len(wheels) > _MOST_WHEELS:
            self._wrong("quanho.wheels", f"{place} has {len(wheels)} wheels; a folder for this alone has fewer than {_MOST_WHEELS}")
        return wheels

    def _text(self, key: str, path: Path) -> str:
        try:
            return self._content(key, path).decode("utf-8-sig")
        except OSError as error:
            self._wrong(key, f"cannot be read: {self._place(path)}: {error.strerror or error}")
        except UnicodeDecodeError:
            self._wrong(key, f"{self._place(path)} is not UTF-8 text")
        return ""

    def _content(self, key: str, path: Path) -> bytes:
        with self._place(path).open("rb") as file:
            content = file.read(_MOST_CONFIG_BYTES + 1)
        if len(content) <= _MOST_CONFIG_BYTES:
            return content
        self._wrong(key, f"{self._place(path)} has more than {_MOST_CONFIG_BYTES >> 20} MiB; is it the right file?")
        return b""

    def _secret(self, key: str, path: Path) -> str | None:
        try:
            return read_secret(self._place(path))
        except ConfigError as error:
            for problem in error.problems:
                self._wrong(key, f"{self._place(path)}: {problem.message}")
            return None

    def _place(self, path: Path) -> Path:
        return self._path.parent / path.expanduser()

    def _wrong(self, key: str, text: str) -> None:
        self.problems.append(Problem(str(self._path), key, text))


def secrets_of(first_boot: FirstBoot) -> Iterator[str]:
    """Yield every text of the settings that must never be shown."""
    if first_boot.user and first_boot.user.password_hash:
        yield first_boot.user.password_hash
    if first_boot.claim_code:
        yield first_boot.claim_code
    yield from (network.psk for network in first_boot.networks if network.psk)


def fingerprint(ssh_key: str) -> str:
    """Return a public key as people compare it: SHA256:… and its comment (ssh-keygen -l)."""
    words = ssh_key.split(None, 2)
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(words[1])).digest()).decode().rstrip("=")
    return f"SHA256:{digest} {words[2] if len(words) > 2 else ''}".rstrip()
