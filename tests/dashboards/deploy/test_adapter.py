"""The adapter: quoting, bodies of every form, errors, pauses, secrets, redirects, TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.deploy.calls import Calls
from dashboards.grafana.adapter import Grafana
from dashboards.grafana.answers import Forbidden, Outdated
from dashboards.grafana.settings import GrafanaSettings
from telemetry.errors import ConfigError, RejectedError, TransientError
from tests.dashboards.fake_grafana.faults import Fault, Kind
from tests.dashboards.fake_grafana.server import PASSWORD, TOKEN, USER, FakeGrafana, running
from tests.dashboards.fake_grafana.store import Store, with_others
from tests.stand_ins.certificates import Authority

WHAT = "the thing"


class _Asking:
    """A Grafana of ours towards a fake, and the pauses that it made."""

    def __init__(self, fake: FakeGrafana, token_file: Path, **settings: object) -> None:
        self.pauses: list[float] = []
        given = {"url": fake.url, "token_file": token_file, "max_answer_bytes": 1 << 20, **settings}
        self.grafana = Grafana(GrafanaSettings.model_validate(given), sleep=self.pauses.append)


@pytest.fixture
def fake(loose_server: FakeGrafana) -> FakeGrafana:
    loose_server.store = with_others()
    loose_server.forget()
    return loose_server


@pytest.fixture
def asking(fake: FakeGrafana, token_file: Path) -> Iterator[_Asking]:
    made = _Asking(fake, token_file)
    yield made
    made.grafana.close()


def test_every_part_of_a_path_is_quoted(fake: FakeGrafana, asking: _Asking) -> None:
    asking.grafana.request("GET", ("folders", "a/b?c#d %ệ"), what=WHAT, accept=(404,))
    assert fake.asked[0].target == "/api/folders/a%2Fb%3Fc%23d%20%25%E1%BB%87"


@pytest.mark.parametrize("part", ["", ".", ".."])
def test_a_name_that_would_change_the_path_is_refused(part: str, fake: FakeGrafana, asking: _Asking) -> None:
    with pytest.raises(RejectedError, match="cannot be a name"):
        asking.grafana.request("DELETE", ("folders", part), what=WHAT)
    assert fake.asked == []


def test_parameters_are_escaped(fake: FakeGrafana, asking: _Asking) -> None:
    asking.grafana.request("GET", ("search",), what=WHAT, params={"tag": "a&b=c ế", "limit": 5})
    assert fake.asked[0].target == "/api/search?tag=a%26b%3Dc+%E1%BA%BF&limit=5"


def test_a_grafana_below_a_path_is_asked_there(fake: FakeGrafana, token_file: Path) -> None:
    asking = _Asking(fake, token_file, url=f"{fake.url}/grafana/")
    assert Calls(asking.grafana).version() == "13.0.0"
    assert fake.asked[0].target == "/grafana/api/health"


def test_a_user_and_a_password_work_too(fake: FakeGrafana, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(0o600)
    grafana = Grafana(GrafanaSettings(url=fake.url, user=USER, password_file=file))
    assert [each["uid"] for each in Calls(grafana).datasources()] == ["prom"]
    grafana.close()


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("401", ConfigError, "does not take this token"),
        ("403", Forbidden, "needs the permission folders:read"),
        ("409", Outdated, "conflict; in the database"),
        ("412", Outdated, "changed by someone else"),
        ("html 502", TransientError, '502 Bad Gateway no message from "upstream"'),
        ("429", TransientError, "too many requests"),
        ("huge", RejectedError, "too long"),
        ("half", TransientError, "broke"),
        ("cut", TransientError, "broke"),
        ("redirect", ConfigError, "http://elsewhere.example"),
    ],
)
def test_each_failure_is_told_in_words_with_the_way_out(
    kind: Kind, error: type[Exception], words: str, fake: FakeGrafana, asking: _Asking
) -> None:
    fake.forget(Fault(kind, 1, lasts=True))
    with pytest.raises(error) as caught:
        asking.grafana.request("GET", ("folders", "x"), what=WHAT, needs="folders:read")
    assert words in str(caught.value)
    assert TOKEN not in f"{caught.value!r} {caught.value.__context__!r}"


def test_an_answer_that_is_no_json_is_a_fault_and_an_empty_one_is_not(fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault("empty", 1))
    assert asking.grafana.request("DELETE", ("v1", "provisioning", "alert-rules", "x"), what=WHAT).body is None


def test_no_redirect_takes_the_token_to_another_host(fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault("redirect", 1))
    with pytest.raises(ConfigError, match="the token is not sent along"):
        asking.grafana.request("GET", ("folders", "x"), what=WHAT)
    assert len(fake.asked) == 1


@pytest.mark.parametrize("kind", ["429", "html 502", "cut", "half"])
def test_what_can_be_repeated_is_repeated_a_few_times(kind: Kind, fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault(kind, 1), Fault(kind, 2))
    assert asking.grafana.request("GET", ("folders", "ops"), what=WHAT).status == 200
    assert len(fake.asked) == 3
    fake.forget(Fault(kind, 1, lasts=True))
    with pytest.raises(TransientError):
        asking.grafana.request("GET", ("folders", "ops"), what=WHAT)
    assert len(fake.asked) == 4


def test_a_pause_is_as_long_as_grafana_asks_for_and_no_longer_than_allowed(fake: FakeGrafana, token_file: Path, asking: _Asking) -> None:
    fake.forget(Fault("429", 1))
    asking.grafana.request("GET", ("folders", "ops"), what=WHAT)
    assert asking.pauses == [7.0]
    hurried = _Asking(fake, token_file, max_wait_s=2)
    fake.forget(Fault("429", 1), Fault("html 502", 2), Fault("cut", 3))
    hurried.grafana.request("GET", ("folders", "ops"), what=WHAT)
    assert hurried.pauses[0] == 2.0
    assert all(0 <= pause <= 2 for pause in hurried.pauses)


@pytest.mark.parametrize("kind", ["429", "html 502", "late cut"])
def test_what_may_be_done_twice_is_not_repeated(kind: Kind, fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault(kind, 1), Fault(kind, 2))
    with pytest.raises(TransientError):
        asking.grafana.request("POST", ("folders",), what=WHAT, body={"uid": "x", "title": "x"})
    with pytest.raises(TransientError):
        asking.grafana.request("PUT", ("folders", "ops"), what=WHAT, body={"title": "x", "version": 3}, once=True)
    assert len(fake.asked) == 2


def test_a_write_whose_answer_is_lost_says_that_nobody_knows(fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault("late cut", 1))
    with pytest.raises(TransientError, match="whether it was done is not known, run again"):
        asking.grafana.request("POST", ("folders",), what=WHAT, body={"uid": "x", "title": "x"})


def test_a_grafana_that_is_silent_is_given_up_after_the_time_allowed(fake: FakeGrafana, token_file: Path) -> None:
    asking = _Asking(fake, token_file, read_timeout_s=0.1, max_tries=1)
    fake.go_on.clear()
    fake.forget(Fault("slow", 1))
    with pytest.raises(TransientError, match=r"no connection|did not answer in time"):
        asking.grafana.request("GET", ("folders", "ops"), what=WHAT)
    fake.go_on.set()


def test_nobody_at_the_address_is_told(token_file: Path) -> None:
    grafana = Grafana(GrafanaSettings(url="http://127.0.0.1:9", token_file=token_file, max_tries=1))
    with pytest.raises(TransientError, match=r"no connection to Grafana.*127\.0\.0\.1:9"):
        Calls(grafana).version()


def test_what_is_no_grafana_is_told(fake: FakeGrafana, asking: _Asking) -> None:
    fake.forget(Fault("garbage", 1))
    with pytest.raises(TransientError, match="is no Grafana"):
        Calls(asking.grafana).version()


def test_a_secret_that_grafana_repeats_is_not_shown(asking: _Asking) -> None:
    body = {"receiver": "bot-token-1234", "object_matchers": []}
    asking.grafana.hide(["bot-token-1234"])
    with pytest.raises(RejectedError, match=r"receiver '\*\*\*' does not exist"):
        Calls(asking.grafana).put_policies(body, keeps_unlocked=True)


def test_neither_the_settings_nor_the_adapter_show_the_token(asking: _Asking, token_file: Path) -> None:
    assert TOKEN not in f"{asking.grafana!r} {asking.grafana} {vars(GrafanaSettings(url='http://x', token_file=token_file))}"


@pytest.mark.parametrize("content", ["two words", "line\nbreak", "khóa", "tab\t"])
def test_a_file_that_holds_no_token_is_refused_before_anything_is_sent(content: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="no token of Grafana") as caught:
        Grafana(GrafanaSettings(url="http://127.0.0.1:9", token_file=file))
    assert content not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "grafana.example"}, "must look like"),
        ({"url": "https://me:word@grafana.example"}, "must not hold a user"),
        ({"url": "https://grafana.example/?x=1"}, "must not hold a query"),
        ({"url": "https://grafana.example/api"}, "without /api"),
        ({"url": "https://grafana.example", "token_file": "t", "user": "x"}, "go together"),
        ({"url": "https://grafana.example", "token_file": "t", "user": "x", "password_file": "p"}, "either --token-file"),
        ({"url": "https://grafana.example"}, "either --token-file"),
        ({"url": "https://grafana.example", "token_file": "t", "key_file": "k"}, "needs --cert-file"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_the_way_out(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GrafanaSettings.model_validate(settings)


def test_a_certificate_file_that_is_missing_is_named(token_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"authority\.pem"):
        Grafana(GrafanaSettings(url="https://127.0.0.1:9", token_file=token_file, ca_file=tmp_path / "authority.pem"))


def test_tls_is_checked_against_the_authority_given(token_file: Path, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue("grafana", 2020, 2045)
    with running(Store(), None, context=certificate.context()) as fake:
        known = _Asking(fake, token_file, ca_file=authority.file)
        assert Calls(known.grafana).version() == "13.0.0"
        with pytest.raises(ConfigError, match="--ca-file"):
            Calls(_Asking(fake, token_file).grafana).version()
        assert Calls(_Asking(fake, token_file, verify=False).grafana).version() == "13.0.0"
