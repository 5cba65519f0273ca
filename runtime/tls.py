"""TLS towards a server while our own clock may be wrong: every check at once, the dates of certificates when time is trusted.

A gateway without a battery clock starts in 1970, and would refuse every certificate. So OpenSSL is told not to look at the
clock (X509_V_FLAG_NO_CHECK_TIME, OpenSSL 1.1.0). Authority, signatures, purpose and host name are checked as ever. After the
handshake we compare the dates of all certificates of the verified chain with our trusted time; while there is none they are
remembered, and `settle` judges the open connections as soon as there is. What is out of its dates is closed.

While the system's clock agrees with trusted time, OpenSSL checks the dates too: of several authorities of one name and key it
then takes one that is valid, where it otherwise takes the first of the file (OpenSSL 3.0).

The chain comes from a private part of ssl (Python 3.10 to 3.14; the public one of 3.13 gives no dates). `missing_ssl_parts`
tells when a release has lost it; then only the server's own certificate is judged.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Never
from weakref import ReferenceType, ref

from runtime.clock import SystemClock

TrustedTime = Callable[[], int | None]
"""Nanoseconds since 1970 UTC, or None while no time is trusted. It must not jump back once it has a value."""

_NO_CHECK_TIME = ssl.VerifyFlags(0x20_0000)  # openssl/x509_vfy.h; ssl does not export it
_AGREE_NS = 60 * 10**9
_EXPIRED, _NOT_YET_VALID = 10, 9  # X509_V_ERR_CERT_*, openssl-verification-options(1)
_WAY_OUT = "put a renewed certificate there, or correct this host's time source if that time is wrong"


@dataclass(frozen=True, slots=True)
class CertificateDates:
    """From when to when one certificate may be used, both included (RFC 5280, section 4.1.2.5)."""

    subject: str
    not_before_ns: int
    not_after_ns: int


@dataclass(frozen=True, slots=True)
class Validity:
    """The dates of a verified chain, the server's own certificate first."""

    chain: tuple[CertificateDates, ...]

    @property
    def not_before_ns(self) -> int:
        return max(each.not_before_ns for each in self.chain)

    @property
    def not_after_ns(self) -> int:
        return min(each.not_after_ns for each in self.chain)

    def problem(self, trusted_ns: int) -> ssl.SSLCertVerificationError | None:
        """Return what is wrong with the chain at that time, or None."""
        for each in self.chain:
            if not each.not_before_ns <= trusted_ns <= each.not_after_ns:
                span = f"valid from {_date(each.not_before_ns)} until {_date(each.not_after_ns)}"
                code = _EXPIRED if trusted_ns > each.not_after_ns else _NOT_YET_VALID
                return _refusal(f"the certificate of {each.subject} is {span}, and trusted time says {_date(trusted_ns)}: {_WAY_OUT}", code)
        return None


class DeferredDatesContext(ssl.SSLContext):
    """See the module. Made by `client_context`; for the connections of one thread."""

    trusted_ns: TrustedTime = staticmethod(lambda: None)
    latest: Validity | None = None  # of the newest handshake that was not refused
    latest_boot_ns = 0  # CLOCK_BOOTTIME when that handshake was done
    _unsettled: tuple[tuple[ReferenceType[ssl.SSLSocket], Validity], ...] = ()

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """As the base does. Raises SSLCertVerificationError, also for dates out of trusted time."""
        trusted_ns = self.trusted_ns()
        system_is_right = trusted_ns is not None and abs(time.time_ns() - trusted_ns) <= _AGREE_NS
        self.verify_flags = self.verify_flags & ~_NO_CHECK_TIME if system_is_right else self.verify_flags | _NO_CHECK_TIME
        return super().wrap_socket(*args, **kwargs)

    def wrap_bio(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse: what is wrapped so would escape the check of dates."""
        raise NotImplementedError("the dates of certificates are checked on sockets only")

    def settle(self) -> str | None:
        """Judge the connections that were made before time was trusted: close those that fail and return why.

        The newest is judged even when it is closed by now, so that nothing that came over it is believed.
        """
        trusted_ns = self.trusted_ns() if self._unsettled else None
        if trusted_ns is None:
            return None
        unsettled, self._unsettled, reason = self._unsettled, (), None
        for reference, validity in unsettled:
            problem = validity.problem(trusted_ns)
            if problem:
                reason, sock = str(problem), reference()
                if sock is not None:
                    sock.close()
        return reason

    def admit(self, sock: ssl.SSLSocket) -> None:
        """Judge a connection after its handshake, or put it down for `settle`. Raises SSLCertVerificationError."""
        validity = _validity(sock)
        trusted_ns = self.trusted_ns()
        problem = validity.problem(trusted_ns) if trusted_ns is not None else None
        if problem:
            raise problem
        if trusted_ns is None:
            self._unsettled = (*(each for each in self._unsettled if _is_open(each[0]())), (ref(sock), validity))
        self.latest, self.latest_boot_ns = validity, SystemClock().boot_ns()


class _DatedSocket(ssl.SSLSocket):
    """Has its chain judged wherever the handshake happens."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        if isinstance(context, DeferredDatesContext):
            context.admit(self)


def client_context(
    trusted_ns: TrustedTime, ca_file: Path | None = None, cert_file: Path | None = None, key_file: Path | None = None
) -> DeferredDatesContext:
    """Return a context with the settings of `ssl.create_default_context` and dates judged by `trusted_ns`. Raises OSError."""
    model = ssl.create_default_context(cafile=ca_file)
    context = DeferredDatesContext(ssl.PROTOCOL_TLS_CLIENT)
    context.trusted_ns = trusted_ns
    context.sslsocket_class = _DatedSocket
    context.options = model.options
    context.verify_flags = model.verify_flags | _NO_CHECK_TIME
    context.minimum_version = max(model.minimum_version, ssl.TLSVersion.TLSv1_2)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if cert_file is not None:
        context.load_cert_chain(cert_file, key_file)
    return context


def missing_ssl_parts() -> list[str]:
    """Return the private parts that we use and this Python does not have."""
    return [] if _chain_of is not None else ["_ssl._SSLSocket.get_verified_chain"]


def _find_chain_of() -> Callable[[Any], list[Any]] | None:
    import _ssl

    found: Callable[[Any], list[Any]] | None = getattr(_ssl._SSLSocket, "get_verified_chain", None)  # type: ignore[attr-defined]  # noqa: SLF001
    return found


_chain_of = _find_chain_of()


def _is_open(sock: ssl.SSLSocket | None) -> bool:
    return sock is not None and sock.fileno() >= 0


def _validity(sock: ssl.SSLSocket) -> Validity:
    certificates = _chain(sock)
    if not certificates:
        raise _refusal("the server showed no certificate")
    try:
        return Validity(tuple(map(_dates, certificates)))
    except (KeyError, ValueError) as error:
        raise _refusal(f"the dates of a certificate cannot be read: {error}") from error


def _chain(sock: ssl.SSLSocket) -> list[dict[str, Any]]:
    connection = getattr(sock, "_sslobj", None)
    if _chain_of is None or connection is None:
        return [sock.getpeercert() or {}]
    return [each.get_info() for each in _chain_of(connection)]


def _dates(certificate: dict[str, Any]) -> CertificateDates:
    pairs = [pair for group in certificate["subject"] for pair in group]
    subject = ", ".join(f"{'CN' if name == 'commonName' else name}={value}" for name, value in pairs)
    first, last = (ssl.cert_time_to_seconds(certificate[key]) for key in ("notBefore", "notAfter"))
    return CertificateDates(subject or "a subject without a name", first * 10**9, last * 10**9)


def _refusal(words: str, code: int = 1) -> ssl.SSLCertVerificationError:
    refusal = ssl.SSLCertVerificationError(ssl.SSLErrorNumber.SSL_ERROR_SSL, f"certificate verify failed: {words}")
    refusal.verify_code, refusal.verify_message = code, words
    return refusal


def _date(time_ns: int) -> str:
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time_ns // 10**9):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{time_ns // 10**9} s after 1970"
