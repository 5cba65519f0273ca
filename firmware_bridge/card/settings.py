"""card.toml: what a gateway is to become at its first boot. One TOML file a gateway, every key described here, unknown keys refused.

What is checked here is what the formats of the images would otherwise carry on silently: a name that is no host name, a network name that
is too long, a country that is none. Control characters are refused everywhere; every other character is carried through unharmed.
"""

import base64
import binascii
import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_USER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CRYPT = re.compile(r"\$(?:5|6|y|2[aby]|7)\$[./A-Za-z0-9$=,]+")
_PSK = re.compile(r"[0-9a-fA-F]{64}")
_SYSTEM_USERS = frozenset({"root", "daemon", "bin", "sys", "mail", "nobody", "www-data", "sshd", "messagebus", "quanho"})
_KEY_KINDS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-")
_MOST_SSID_BYTES = 32  # IEEE 802.11-2020, 9.4.2.2


def _printable(text: str) -> str:
    if any(ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029" or 0xD800 <= ord(char) < 0xE000 for char in text):
        raise ValueError("must have no line breaks or other control characters")
    return text


Printable = Annotated[str, AfterValidator(_printable)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SystemTable(_Table):
    """Table [system]."""

    hostname: str = Field(description="name of the gateway in the network: small letters, digits and hyphens, at most 63")
    timezone: str = Field("Asia/Ho_Chi_Minh", description="time zone, as in Asia/Ho_Chi_Minh")

    @field_validator("hostname")
    @classmethod
    def _is_a_host_name(cls, name: str) -> str:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError("must be small letters, digits and hyphens, at most 63, with no hyphen at either end (RFC 1123)")
        return name

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("is no time zone; write it as in Asia/Ho_Chi_Minh")
        return zone


class UserTable(_Table):
    """Table [user]: who may log in."""

    name: str = Field(description="login name")
    ssh_keys: tuple[Printable, ...] = Field((), description="public keys, one line each, as in ~/.ssh/id_ed25519.pub")
    ssh_keys_file: Path | None = Field(None, description="a file of public keys, one a line")
    password_hash: SecretStr | None = Field(None, description='crypt(5) hash, as of "openssl passwd -6"; none and no file: no password')
    password_file: Path | None = Field(None, description="a file with the password, for its hash; others must not be able to read it")

    @field_validator("name")
    @classmethod
    def _is_a_login(cls, name: str) -> str:
        if not _USER_NAME.fullmatch(name):
            raise ValueError("must begin with a small letter and have only small letters, digits, _ and -, at most 32")
        if name in _SYSTEM_USERS:
            raise ValueError("is the name of a system user; choose another")
        return name

    @field_validator("ssh_keys")
    @classmethod
    def _are_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for number, key in enumerate(keys, 1):
            problem = ssh_key_problem(key)
            if problem:
                raise ValueError(f"key {number} {problem}")
        return keys

    @field_validator("password_hash")
    @classmethod
    def _is_a_hash(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not _CRYPT.fullmatch(given.get_secret_value()):
            raise ValueError('must be a hash such as "$6$…", made by "openssl passwd -6"; a password goes into password_file')
        return given

    @model_validator(mode="after")
    def _has_one_password(self) -> "UserTable":
        if self.password_hash is not None and self.password_file is not None:
            raise ValueError("give password_hash or password_file, one of them")
        return self


class SshTable(_Table):
    """Table [ssh]."""

    enabled: bool = Field(default=True, description="whether one can log in over the network")
    password_login: bool = Field(default=False, description="whether a password is enough; without it only keys are")


class WifiNetwork(_Table):
    """Table [[wifi.network]]."""

    ssid: Printable = Field(description="name of the network, at most 32 bytes of UTF-8")
    password: SecretStr | None = Field(None, description="8 to 63 characters; only its key (PSK) goes onto the card. None: an open network")
    password_file: Path | None = Field(None, description="a file with the password")
    psk: SecretStr | None = Field(None, description="the key itself, 64 hex digits, as wpa_passphrase prints it")
    hidden: bool = Field(default=False, description="whether the network does not tell its name")
    priority: int = Field(0, ge=0, le=999, description="the highest of the networks in reach is taken")

    @field_validator("ssid")
    @classmethod
    def _fits(cls, ssid: str) -> str:
        size = len(ssid.encode())
        if not 1 <= size <= _MOST_SSID_BYTES:
            raise ValueError(f"has {size} bytes of UTF-8; a network's name has 1 to {_MOST_SSID_BYTES}")
        return ssid

    @field_validator("password")
    @classmethod
    def _is_a_passphrase(cls, given: SecretStr | None) -> SecretStr | None:
        problem = passphrase_problem(given.get_secret_value()) if given else None
        if problem:
            raise ValueError(problem)
        return given

    @field_validator("psk")
    @classmethod
    def _is_a_key(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not _PSK.fullmatch(given.get_secret_value()):
            raise ValueError("must be 64 hex digits; a password goes into password or password_file")
        return given

    @model_validator(mode="after")
    def _has_one_secret(self) -> "WifiNetwork":
        if sum(each is not None for each in (self.password, self.password_file, self.psk)) > 1:
            raise ValueError("give one of password, password_file and psk")
        return self


class WifiTable(_Table):
    """Table [wifi]."""

    country: str = Field("VN", pattern="^[A-Z]{2}$", description="two capital letters (ISO 3166); without a country Wi-Fi stays off")
    network: tuple[WifiNetwork, ...] = Field((), max_length=16, description="the networks")

    @field_validator("network")
    @classmethod
    def _are_different(cls, networks: tuple[WifiNetwork, ...]) -> tuple[WifiNetwork, ...]:
        names = [each.ssid for each in networks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each name once; more than once: {', '.join(twice)}")
        return networks


class StaticAddress(_Table):
    """Table [network.eth0] or [network.wlan0]: a fixed address in place of DHCP."""

    address: str = Field(description='address with the length of its network, as in "192.168.1.20/24"')
    gateway: str | None = Field(None, description="the router; none: this line leads nowhere else")
    dns: tuple[str, ...] = Field((), max_length=8, description="name servers")

    @field_validator("address")
    @classmethod
    def _is_an_interface(cls, text: str) -> str:
        if "/" not in text:
            raise ValueError('needs the length of its network, as in "192.168.1.20/24"')
        try:
            address = ipaddress.ip_interface(text)
        except ValueError as error:
            raise ValueError('is no address; write it as in "192.168.1.20/24"') from error
        if address.version == 4 and address.network.prefixlen < 31 and address.ip in (address.network[0], address.network[-1]):
            raise ValueError(f"is the address of the network {address.network} itself or of everybody in it, not of one device")
        return str(address)

    @field_validator("dns")
    @classmethod
    def _are_addresses(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(text) for text in servers)

    @model_validator(mode="after")
    def _reaches_its_gateway(self) -> "StaticAddress":
        if self.gateway is not None:
            address = ipaddress.ip_interface(self.address)
            gateway = ipaddress.ip_address(_address(self.gateway))
            if gateway.version != address.version or gateway not in address.network or gateway == address.ip:
                raise ValueError(f"gateway {self.gateway} must be another address in {address.network}")
        return self


class NetworkTable(_Table):
    """Table [network]: only what has no DHCP."""

    eth0: StaticAddress | None = Field(None, description="a fixed address for the cable")
    wlan0: StaticAddress | None = Field(None, description="a fixed address for Wi-Fi, the same in all networks")


class HardwareTable(_Table):
    """Table [hardware]."""

    serial: bool = Field(default=True, description="the UART on pins 8 and 10, as /dev/serial0")
    serial_console: bool = Field(default=False, description="a login on that UART; a sensor there would be typed at")
    i2c: bool = Field(default=True, description="I²C on pins 3 and 5")
    spi: bool = Field(default=False, description="SPI")
    onewire: bool = Field(default=False, description="1-Wire on pin 7")
    watchdog: bool = Field(default=True, description="a gateway that hangs boots again by itself")

    @model_validator(mode="after")
    def _console_needs_serial(self) -> "HardwareTable":
        if self.serial_console and not self.serial:
            raise ValueError("serial_console needs serial = true")
        return self


class UpdatesTable(_Table):
    """Table [updates]."""

    security: bool = Field(default=True, description="security updates by themselves (unattended-upgrades)")


class QuanhoTable(_Table):
    """Table [quanho]: the agent."""

    config: Path | None = Field(None, description="the agent's config; becomes /etc/quanho/edge.toml")
    claim_code: SecretStr | None = Field(None, description="the code that enrols this gateway; becomes /etc/quanho/claim.json, 0600")
    claim_code_file: Path | None = Field(None, description="a file with that code")
    files: tuple[Path, ...] = Field(
        (), max_length=32, description="files that the config names (passwords, certificates); become /etc/quanho/NAME, 0640"
    )
    wheels: Path | None = Field(None, description="a folder of wheels; quanho is installed from it, nothing is downloaded")

    @field_validator("claim_code")
    @classmethod
    def _is_a_code(cls, given: SecretStr | None) -> SecretStr | None:
        problem = claim_code_problem(given.get_secret_value()) if given else None
        if problem:
            raise ValueError(problem)
        return given

    @model_validator(mode="after")
    def _has_one_code(self) -> "QuanhoTable":
        if self.claim_code is not None and self.claim_code_file is not None:
            raise ValueError("give claim_code or claim_code_file, one of them")
        return self


class CardSettings(_Table):
    """The whole file."""

    system: SystemTable = Field(description="name and time zone")
    user: UserTable | None = Field(None, description="who may log in; without it the image's own way of making a user stays")
    ssh: SshTable = Field(SshTable(), description="login over the network")
    wifi: WifiTable | None = Field(None, description="Wi-Fi")
    network: NetworkTable = Field(NetworkTable(), description="fixed addresses")
    hardware: HardwareTable = Field(HardwareTable(), description="pins and watchdog")
    updates: UpdatesTable = Field(UpdatesTable(), description="updates")
    quanho: QuanhoTable = Field(QuanhoTable(), description="the agent")

    @model_validator(mode="after")
    def _lets_somebody_in(self) -> "CardSettings":
        user = self.user
        if user is None:
            return self
        has_password = user.password_hash is not None or user.password_file is not None
        if not (user.ssh_keys or user.ssh_keys_file or has_password):
            raise ValueError("nobody could log in: [user] needs ssh_keys, ssh_keys_file, password_hash or password_file")
        if self.ssh.enabled and not (user.ssh_keys or user.ssh_keys_file) and not self.ssh.password_login:
            raise ValueError(
                "nobody could log in over the network: give [user] ssh_keys or [ssh] password_login = true, or [ssh] enabled = false"
            )
        if self.ssh.password_login and not has_password:
            raise ValueError("[ssh] password_login needs [user] password_hash or password_file")
        return self

    @model_validator(mode="after")
    def _wlan_has_a_network(self) -> "CardSettings":
        if self.network.wlan0 is not None and not (self.wifi and self.wifi.network):
            raise ValueError("[network.wlan0] needs a [[wifi.network]]")
        return self


def ssh_key_problem(line: str) -> str | None:
    """Return what is wrong with a line of authorized_keys (sshd(8)) without options, or None."""
    words = line.split()
    if len(words) < 2 or not words[0].startswith(_KEY_KINDS):
        if "PRIVATE KEY" in line:
            return "is a private key; give the public one, whose file ends in .pub"
        return "is no public SSH key; it begins with ssh-ed25519, ecdsa-sha2-… or ssh-rsa"
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        return "is damaged: its second word is not base64; copy the whole line"
    size = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + size] != words[0].encode() or len(blob) < 4 + size + 32:
        return "is damaged or cut short; copy the whole line"
    return None


def passphrase_problem(text: str) -> str | None:
    """Return what is wrong with a WPA passphrase (IEEE 802.11-2020, J.4.1), or None."""
    if 8 <= len(text) <= 63 and all(32 <= ord(char) <= 126 for char in text):
        return None
    return "must have 8 to 63 characters, letters without accents, digits and signs; a key of 64 hex digits goes into psk"


def claim_code_problem(text: str) -> str | None:
    """Return what is wrong with a claim code, or None."""
    return None if re.fullmatch(r"[!-~]{4,256}", text) else "must have 4 to 256 letters, digits or signs, no blanks"


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is no IP address") from error


KindOfNetwork = Literal["eth0", "wlan0"]
