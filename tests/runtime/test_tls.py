"""TLS with a clock that may be wrong, against real TLS servers: dates wait for trusted time, nothing else does."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.tls import DeferredDatesContext, client_context, missing_ssl_parts
from tests.stand_ins.certificates import Authority, Certificate

Serve = Callable[[ssl.SSLContext], int]


def year(number: int) -> int:
    return int(datetime(number, 6, 1, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def of_2020(authority: Authority) -> Certificate:
    """Valid from 2020 until 2022: expired by the clock of whoever runs this test."""
    return authority.issue("server", 2020, 2022)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def begin(context: ssl.SSLContext) -> int:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_echo, args=(listener, context))
            thread.start()
            stack.callback(thread.join, 10)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return int(listener.getsockname()[1])

        yield begin


def _echo(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            plain = listener.accept()[0]
            plain.settimeout(10)
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as served:
                while data := served.recv(100):
                    served.sendall(data)


class Trust:
    """A trusted time that the test sets."""

    def __init__(self, now_ns: int | None) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int | None:
        return self.now_ns


def connected(context: DeferredDatesContext, port: int, name: str = "127.0.0.1") -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname=name)


def echo(sock: ssl.SSLSocket) -> bytes:
    sock.sendall(b"hello")
    return sock.recv(100)


def test_this_python_has_the_parts_that_judge_a_whole_chain() -> None:
    assert missing_ssl_parts() == []


def test_without_trusted_time_an_expired_certificate_serves(authority: Authority, of_2020: Certificate, serve: Serve) -> None:
    context = client_context(Trust(None), authority.file)
    with connected(context, serve(of_2020.context())) as sock:
        assert echo(sock) == b"hello"
        assert context.settle() is None, "still no trusted time: nothing is judged"


@pytest.mark.parametrize("now", [2019, 2023])
def test_with_trusted_time_the_handshake_judges_the_dates_by_it(authority: Authority, of_2020: Certificate, serve: Serve, now: int) -> None:
    port = serve(of_2020.context())
    with connected(client_context(Trust(year(2021)), authority.file), port) as sock:
        assert echo(sock) == b"hello"
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        connected(client_context(Trust(year(now)), authority.file), port)
    for words in (
        "CN=server is valid",
        "from 2020-01-01 00:00:00 UTC until 2022-01-01 00:00:00 UTC",
        f"says {now}-06-01",
        "renewed certificate",
    ):
        assert words in str(refused.value)
    assert refused.value.verify_code == (9 if now < 2020 else 10)


@pytest.mark.parametrize("now", [2019, 2023])
def test_an_open_connection_out_of_its_dates_is_closed_when_trust_comes(
    authority: Authority, of_2020: Certificate, serve: Serve, now: int
) -> None:
    trust = Trust(None)
    context = client_context(trust, authority.file)
    with connected(context, serve(of_2020.context())) as sock:
        assert echo(sock) == b"hello"
        trust.now_ns = year(now)
        assert "until 2022-01-01 00:00:00 UTC" in str(context.settle())
        assert sock.fileno() == -1
        assert context.settle() is None, "said once"


def test_an_open_connection_within_its_dates_lives_on_when_trust_comes(authority: Authority, of_2020: Certificate, serve: Serve) -> None:
    trust = Trust(None)
    context = client_context(trust, authority.file)
    with connected(context, serve(of_2020.context())) as sock:
        trust.now_ns = year(2021)
        assert context.settle() is None
        assert echo(sock) == b"hello"


def test_what_a_closed_connection_brought_is_judged_too(authority: Authority, of_2020: Certificate, serve: Serve) -> None:
    trust = Trust(None)
    context = client_context(trust, authority.file)
    connected(context, serve(of_2020.context())).close()
    trust.now_ns = year(2030)
    assert "until 2022-01-01" in str(context.settle())


def test_the_dates_of_the_authority_count_like_those_of_the_server(tmp_path: Path, serve: Serve) -> None:
    short = Authority(tmp_path, from_year=2020, until_year=2022)
    port = serve(short.issue("server", 2000, 2049).context())
    with pytest.raises(ssl.SSLCertVerificationError, match="CN=test authority is valid from 2020-01-01"):
        connected(client_context(Trust(year(2030)), short.file), port)
    with connected(client_context(Trust(None), short.file), port) as sock:
        context = sock.context
        assert isinstance(context, DeferredDatesContext)
        assert context.latest is not None
        assert (context.latest.not_before_ns, context.latest.not_after_ns) == (year(2020) - _JANUARY_TO_JUNE_2020, _END_OF_2021)


def test_where_the_system_is_right_a_renewed_authority_behind_its_old_certificate_is_found(tmp_path: Path, serve: Serve) -> None:
    authority = Authority(tmp_path)
    old = authority.renewed("old", 2010, 2011)
    both = tmp_path / "both.pem"
    both.write_bytes(old.read_bytes() + authority.file.read_bytes())
    port = serve(authority.issue("server", 2000, 2049).context())
    now_ns = int(datetime.now(UTC).timestamp()) * 10**9
    trust = Trust(None)
    context = client_context(trust, both)
    with connected(context, port):
        trust.now_ns = now_ns
        assert "until 2011-01-01" in str(context.settle())
    with connected(context, port) as sock:
        assert echo(sock) == b"hello"


@pytest.mark.parametrize("trusted_ns", [None, year(2021)])
class TestNothingElseIsWeakened:
    """Each refusal holds without trusted time as it does with it."""

    def test_a_wrong_host_name_is_refused(self, authority: Authority, of_2020: Certificate, serve: Serve, trusted_ns: int | None) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            connected(client_context(Trust(trusted_ns), authority.file), serve(of_2020.context()), "else.example")

    def test_a_wrong_address_is_refused(self, authority: Authority, serve: Serve, trusted_ns: int | None) -> None:
        other = authority.issue("other", 2020, 2022, names="IP:127.0.0.9")
        with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
            connected(client_context(Trust(trusted_ns), authority.file), serve(other.context()))

    def test_an_unknown_authority_is_refused(self, tmp_path: Path, of_2020: Certificate, serve: Serve, trusted_ns: int | None) -> None:
        stranger = Authority(tmp_path, "stranger")
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            connected(client_context(Trust(trusted_ns), stranger.file), serve(of_2020.context()))

    def test_an_authority_of_the_same_name_with_another_key_is_refused(
        self, tmp_path: Path, of_2020: Certificate, serve: Serve, trusted_ns: int | None
    ) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
            connected(client_context(Trust(trusted_ns), Authority(tmp_path).file), serve(of_2020.context()))

    def test_a_self_signed_certificate_is_refused(self, tmp_path: Path, authority: Authority, serve: Serve, trusted_ns: int | None) -> None:
        own = Authority(tmp_path, "127.0.0.1")
        certificate = Certificate(own.file, tmp_path / "ca.key")
        with pytest.raises(ssl.SSLCertVerificationError, match=r"self[- ]signed certificate"):
            connected(client_context(Trust(trusted_ns), authority.file), serve(certificate.context()))

    def test_a_certificate_signed_by_one_that_is_no_authority_is_refused(
        self, tmp_path: Path, authority: Authority, serve: Serve, trusted_ns: int | None
    ) -> None:
        leaf = authority.issue("leaf", 2000, 2049)
        forger = Authority(tmp_path, "leaf")
        (tmp_path / "ca.key").write_bytes(leaf.key_file.read_bytes())
        (tmp_path / "ca.pem").write_bytes(leaf.file.read_bytes())
        forged = forger.issue("forged", 2020, 2022)
        forged.file.write_bytes(forged.file.read_bytes() + leaf.file.read_bytes())
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
            connected(client_context(Trust(trusted_ns), authority.file), serve(forged.context()))

    def test_the_system_s_authorities_do_not_know_ours(self, of_2020: Certificate, serve: Serve, trusted_ns: int | None) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
            connected(client_context(Trust(trusted_ns)), serve(of_2020.context()))

    def test_a_server_that_speaks_tls_1_1_only_is_refused(
        self, authority: Authority, of_2020: Certificate, serve: Serve, trusted_ns: int | None
    ) -> None:
        old = of_2020.context()
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.raises(ssl.SSLError):
            connected(client_context(Trust(trusted_ns), authority.file), serve(old))

    def test_our_own_certificate_is_shown(self, authority: Authority, of_2020: Certificate, serve: Serve, trusted_ns: int | None) -> None:
        us = authority.issue("edge", 2000, 2049)
        port = serve(of_2020.context(client_authority=authority.file))
        with connected(client_context(Trust(trusted_ns), authority.file, us.file, us.key_file), port) as sock:
            assert echo(sock) == b"hello"
        unknown = connected(client_context(Trust(trusted_ns), authority.file), port)  # TLS 1.3 tells it only when it reads
        with unknown, pytest.raises(OSError):
            echo(unknown)

    def test_the_settings_are_those_of_a_default_context(self, authority: Authority, trusted_ns: int | None) -> None:
        ours, model = client_context(Trust(trusted_ns), authority.file), ssl.create_default_context(cafile=authority.file)
        assert (ours.verify_mode, ours.check_hostname, ours.options) == (ssl.CERT_REQUIRED, True, model.options)
        assert int(ours.verify_flags) == int(model.verify_flags) | 0x20_0000
        assert ours.get_ciphers() == model.get_ciphers()
        assert len(ours.get_ca_certs()) == 1


def test_a_handshake_that_comes_later_is_judged_as_well(authority: Authority, of_2020: Certificate, serve: Serve) -> None:
    context = client_context(Trust(year(2030)), authority.file)
    plain = socket.create_connection(("127.0.0.1", serve(of_2020.context())), 10)
    sock = context.wrap_socket(plain, server_hostname="127.0.0.1", do_handshake_on_connect=False)
    with sock, pytest.raises(ssl.SSLCertVerificationError, match="until 2022"):
        sock.do_handshake()


def test_a_connection_without_a_socket_is_not_made(authority: Authority) -> None:
    with pytest.raises(NotImplementedError):
        client_context(Trust(None), authority.file).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())


_JANUARY_TO_JUNE_2020 = year(2020) - int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 10**9
_END_OF_2021 = int(datetime(2022, 1, 1, tzinfo=UTC).timestamp()) * 10**9
