"""Certificates with dates of the test's choice, made with the `openssl` program as an operator would.

authority = Authority(folder, "street authority")
server = authority.issue("server", from_year=2020, until_year=2040)       # for 127.0.0.1 and localhost
server.context()                                                          # for a server socket
authority.file                                                            # what a client is to trust
"""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_CONFIG = """[ca]
default_ca = ours
[ours]
dir = .
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
_AUTHORITY = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n"


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, in PEM files."""

    file: Path
    key_file: Path

    def context(self, client_authority: Path | None = None) -> ssl.SSLContext:
        """A server's context; with `client_authority` it asks its clients for a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key_file)
        if client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client_authority)
        return context


class Authority:
    """An authority of its own, valid from `from_year` until `until_year` (1 January each)."""

    def __init__(self, folder: Path, name: str = "test authority", from_year: int = 2000, until_year: int = 2049) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        (folder / "config").write_text(_CONFIG)
        (folder / "index").touch()
        (folder / "serial").write_text("01\n")
        self._openssl("req", *_KEY, "-keyout", "ca.key", "-out", "ca.csr", "-subj", f"/CN={name}")
        self.file = self.renewed("ca", from_year, until_year)

    def renewed(self, name: str, from_year: int, until_year: int) -> Path:
        """Another certificate of the same authority and key, with other dates."""
        return self._sign(name, "ca.csr", _AUTHORITY, from_year, until_year, "-selfsign")

    def issue(self, name: str, from_year: int, until_year: int, names: str = "IP:127.0.0.1,DNS:localhost") -> Certificate:
        self._openssl("req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        file = self._sign(name, f"{name}.csr", f"subjectAltName = {names}\n", from_year, until_year, "-cert", "ca.pem")
        return Certificate(file, self._folder / f"{name}.key")

    def _sign(self, name: str, request: str, extensions: str, from_year: int, until_year: int, *more: str) -> Path:
        (self._folder / f"{name}.ext").write_text(extensions)
        dates = ("-startdate", f"{from_year}0101000000Z", "-enddate", f"{until_year}0101000000Z")
        files = ("-in", request, "-out", f"{name}.pem", "-keyfile", "ca.key", "-extfile", f"{name}.ext")
        self._openssl("ca", "-batch", "-notext", "-config", "config", *files, *dates, *more)
        return self._folder / f"{name}.pem"

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)
