"""No record is lost on its way to the registry, whatever the network and the registry do."""

import stat
from pathlib import Path

import pytest

from firmware_bridge.records import queue
from firmware_bridge.records.delivery import Delivery, deliver
from firmware_bridge.records.queue import Outbox, OutboxProblem
from firmware_bridge.records.registry import RegistryUnusable, registry
from firmware_bridge.records.signed import RecordRefused, sign
from firmware_bridge.records.technician import NoPlaceForKey, technician_key
from tests.stand_ins.installations import TECHNICIAN, signed_record
from tests.stand_ins.registry_server import Answerer, RegistryServer, drips, hangs_up, is_garbage, keeps_but_hangs_up, says

TOKEN = "secret-token"
IDS = ("aa" * 16, "bb" * 16, "cc" * 16)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    box = Outbox(tmp_path / "outbox")
    for name in IDS:
        box.put(signed_record(id=name))
    return box


def send(outbox: Outbox, server: RegistryServer, timeout_s: float = 5.0) -> Delivery:
    return deliver(outbox, registry(server.url, TOKEN, timeout_s=timeout_s))


def test_records_arrive_as_signed_in_their_order_with_token_and_key(outbox: Outbox) -> None:
    before = [waiting.data for waiting in outbox.waiting()]
    with RegistryServer() as server:
        done = send(outbox, server)
    assert (done.sent, done.waiting, done.trouble) == (list(IDS), 0, "")
    assert [request.body for request in server.requests] == before
    assert {request.path for request in server.requests} == {"/api/v1/records"}
    assert [request.headers["Idempotency-Key"] for request in server.requests] == list(IDS)
    assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "fault", [hangs_up, is_garbage, says(500), says(503), says(429), says(401), says(404), says(302, Location="/elsewhere")]
)
def test_record_is_kept_when_the_answer_says_later(fault: Answerer, outbox: Outbox) -> None:
    with RegistryServer([says(201), fault]) as server:
        done = send(outbox, server)
        assert (done.sent, done.waiting) == ([IDS[0]], 2)
        assert done.trouble
        assert len(server.requests) == 2  # the third is not tried, nor the redirect followed
        assert send(outbox, server).sent == list(IDS[1:])


def test_registry_that_drips_is_left_after_the_time_out(outbox: Outbox) -> None:
    with RegistryServer([drips]) as server:
        done = send(outbox, server, timeout_s=0.3)
        assert (done.sent, done.waiting) == ([], 3)


def test_nobody_there_keeps_everything(outbox: Outbox) -> None:
    with RegistryServer() as server:
        url = server.url
    done = deliver(outbox, registry(url, TOKEN))
    assert (done.waiting, "127.0.0.1" in done.trouble) == (3, True)


def test_lost_answer_is_made_good_by_already_there(outbox: Outbox) -> None:
    with RegistryServer([keeps_but_hangs_up]) as server:
        assert send(outbox, server).waiting == 3
        done = send(outbox, server)
    assert (done.already_there, done.sent, done.waiting) == ([IDS[0]], list(IDS[1:]), 0)
    assert set(server.kept) == set(IDS)


def test_record_that_is_never_taken_is_set_aside_with_the_reason_and_holds_back_nobody(outbox: Outbox) -> None:
    with RegistryServer([says(422, "thiếu trường site".encode())]) as server:
        done = send(outbox, server)
    assert (done.sent, done.waiting) == (list(IDS[1:]), 0)
    assert done.refused == {IDS[0]: "422 Unprocessable Entity: thiếu trường site"}
    assert "thiếu trường site" in (outbox.folder / "refused" / f"{IDS[0]}.txt").read_text()
    found = outbox.find(IDS[0][:6])
    assert found is not None
    assert found.signed is not None


def test_damaged_file_is_set_aside_and_never_sent(outbox: Outbox) -> None:
    path = outbox.folder / f"{IDS[0]}.json"
    path.write_bytes(path.read_bytes().replace(b"dinh-bang", b"dinh-bong"))
    with RegistryServer() as server:
        done = send(outbox, server)
    assert (set(done.refused), set(server.kept)) == ({IDS[0]}, set(IDS[1:]))


def test_putting_a_record_twice_keeps_one_and_what_was_sent_stays_sent(outbox: Outbox) -> None:
    data = signed_record(id=IDS[0])
    assert outbox.put(data) == IDS[0]
    assert outbox.count() == 3
    with RegistryServer() as server:
        send(outbox, server)
    outbox.put(data)
    assert outbox.count() == 0


def test_only_signed_records_with_an_id_are_kept(tmp_path: Path) -> None:
    for wrong in (b"{}", sign({"id": "../x"}, TECHNICIAN), sign({}, TECHNICIAN)):
        with pytest.raises(RecordRefused):
            Outbox(tmp_path / "outbox").put(wrong)


def test_full_outbox_says_so_and_loses_nothing(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 3)
    with pytest.raises(OutboxProblem, match="send them"):
        outbox.put(signed_record())
    assert outbox.count() == 3


def test_sent_records_are_kept_up_to_a_number(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_SENT", 2)
    with RegistryServer() as server:
        send(outbox, server)
    assert sorted(path.stem for path in (outbox.folder / "sent").iterdir()) == list(IDS[1:])


def test_records_are_for_their_owner_only(outbox: Outbox) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (outbox.folder, *outbox.folder.iterdir())}
    assert modes == {0o700, 0o600}


@pytest.mark.parametrize(
    ("url", "token", "word"),
    [
        ("http://core.example.vn", TOKEN, "use https"),
        ("ftp://127.0.0.1", TOKEN, "no address"),
        ("https://u:p@core.example.vn", TOKEN, "no address"),
        ("https://core.example.vn:99999", TOKEN, "no address"),
        ("core.example.vn", TOKEN, "no address"),
        ("https://core.example.vn", "two words\r\nX: y", "no token"),
    ],
)
def test_address_and_token_that_cannot_work_are_told_before_anything_is_sent(url: str, token: str, word: str) -> None:
    with pytest.raises(RegistryUnusable, match=word) as error:
        registry(url, token)
    assert "two words" not in str(error.value)


def test_token_is_not_in_what_a_registry_shows_of_itself() -> None:
    assert TOKEN not in repr(registry("https://core.example.vn", TOKEN))


def test_technician_gets_one_key_on_first_use(tmp_path: Path) -> None:
    key, is_new = technician_key(tmp_path / "keys")
    again, is_new_again = technician_key(tmp_path / "keys")
    assert (key.public, is_new, is_new_again) == (again.public, True, False)
    (tmp_path / "file").touch()
    with pytest.raises(NoPlaceForKey, match="file"):
        technician_key(tmp_path / "file" / "keys")
