"""Who is believed: roots, rotations that expire, revocations that stay."""

from datetime import timedelta
from pathlib import Path

import pytest

from firmware_bridge.bundle.keys import SigningKey, new_key
from firmware_bridge.bundle.open import open_bytes
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.statements import Revocations, Revoked, sign_revocations, sign_rotation
from firmware_bridge.bundle.trust import TrustProblem, load_trust
from firmware_bridge.bundle.trust_folder import add_revocations, add_root, add_rotation, remove_root, revoke
from firmware_bridge.records.signed import RecordRefused
from tests.stand_ins.bundles import NOW, bundle_bytes

OLD, NEW, NEWER, OTHER = new_key(), new_key(), new_key(), new_key()
YEAR = timedelta(days=365)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_root(tmp_path, OLD.public, "office-2026", NOW)
    return tmp_path


def cause_of(folder: Path, key: SigningKey, when: timedelta = timedelta(0)) -> Cause | None:
    """Return why a bundle of `key` is refused, None if it opens."""
    try:
        open_bytes(bundle_bytes(key=key), load_trust(folder, NOW + when))
    except BundleRefused as refused:
        return refused.cause
    return None


def rotate(folder: Path, old: SigningKey, new: SigningKey, life: timedelta = YEAR) -> None:
    add_rotation(folder, sign_rotation(old, new.public, NOW, NOW + life), NOW)


def test_folder_that_is_not_there_trusts_nobody(tmp_path: Path) -> None:
    assert cause_of(tmp_path / "none", OLD) is Cause.KEY_UNKNOWN


def test_root_is_believed_until_it_is_removed(folder: Path) -> None:
    assert cause_of(folder, OLD) is None
    remove_root(folder, "office-2026")
    assert cause_of(folder, OLD) is Cause.KEY_UNKNOWN


def test_rotations_lead_from_a_root_to_new_keys_and_say_which_root(folder: Path) -> None:
    rotate(folder, OLD, NEW)
    rotate(folder, NEW, NEWER)
    assert cause_of(folder, NEWER) is None
    standing = load_trust(folder, NOW).judge(NEWER.public)
    assert (standing.root, standing.rotations) == ("office-2026", 2)


def test_rotation_expires_and_a_key_that_was_added_itself_does_not(folder: Path) -> None:
    rotate(folder, OLD, NEW, timedelta(days=30))
    assert cause_of(folder, NEW, timedelta(days=30) - timedelta(seconds=1)) is None
    assert cause_of(folder, NEW, timedelta(days=30)) is Cause.ROTATION_EXPIRED
    add_root(folder, NEW.public, "office-2027", NOW)
    assert cause_of(folder, NEW, YEAR) is None


def test_rotation_of_a_stranger_or_one_that_expired_is_not_taken(folder: Path) -> None:
    with pytest.raises(BundleRefused, match="not trusted"):
        rotate(folder, OTHER, NEW)
    with pytest.raises(RecordRefused, match="expired"):
        rotate(folder, OLD, NEW, timedelta(0))


def test_nobody_speaks_for_another_key(folder: Path) -> None:
    from firmware_bridge.bundle.keys import Purpose
    from firmware_bridge.bundle.statements import Rotation
    from firmware_bridge.records.signed import sign

    forged = Rotation(old=OLD.public, new=OTHER.public, made_at=NOW, expires_at=NOW + YEAR).model_dump(mode="json")
    with pytest.raises(RecordRefused, match="only a key itself"):
        add_rotation(folder, sign(forged, OTHER, Purpose.ROTATION), NOW)
    with pytest.raises(RecordRefused, match="signature is wrong"):
        add_rotation(folder, sign(forged, OLD, Purpose.RECORD), NOW)


def test_rotations_in_a_circle_end(folder: Path) -> None:
    rotate(folder, OLD, NEW)
    rotate(folder, NEW, NEWER)
    (folder / "rotations" / "circle.json").write_bytes(sign_rotation(NEWER, NEW.public, NOW, NOW + YEAR))
    remove_root(folder, "office-2026")
    assert cause_of(folder, NEWER) is Cause.KEY_UNKNOWN


def test_revoked_key_is_refused_whatever_the_date_of_the_bundle(folder: Path) -> None:
    add_root(folder, NEW.public, "office-2027", NOW)
    revoke(folder, NEW, OLD.public, NOW + timedelta(days=1), "laptop stolen", NOW)
    with pytest.raises(BundleRefused, match=r"laptop stolen.*whatever its date") as refused:
        open_bytes(bundle_bytes(key=OLD, created_at=NOW - YEAR), load_trust(folder, NOW))
    assert refused.value.cause is Cause.KEY_REVOKED
    assert cause_of(folder, NEW) is None


def test_what_a_revoked_key_vouched_for_falls_with_it(folder: Path) -> None:
    rotate(folder, OLD, NEW)
    add_root(folder, NEWER.public, "office-2027", NOW)
    revoke(folder, NEWER, OLD.public, NOW, "lost", NOW)
    assert cause_of(folder, NEW) is Cause.KEY_REVOKED
    add_root(folder, NEW.public, "new", NOW)
    assert cause_of(folder, NEW) is None


def test_revoked_key_neither_comes_back_nor_revokes_others(folder: Path) -> None:
    add_root(folder, NEW.public, "new", NOW)
    revoke(folder, NEW, OLD.public, NOW, "lost", NOW)
    with pytest.raises(TrustProblem, match="revoked"):
        add_root(folder, OLD.public, "again", NOW)
    with pytest.raises(BundleRefused) as refused:
        revoke(folder, OLD, NEW.public, NOW, "revenge", NOW)
    assert refused.value.cause is Cause.KEY_REVOKED
    with pytest.raises(RecordRefused, match="no statement brings it back"):
        rotate(folder, NEW, OLD)
    assert cause_of(folder, NEW) is None


def test_old_list_of_revocations_is_not_taken_again(folder: Path) -> None:
    first = revoke(folder, OLD, NEW.public, NOW, "a", NOW)
    second = revoke(folder, OLD, NEWER.public, NOW, "b", NOW)
    with pytest.raises(RecordRefused, match="old list"):
        add_revocations(folder, first, NOW)
    add_revocations(folder, second, NOW)  # the same one again is no replay
    assert load_trust(folder, NOW).revoked(NEWER.public) is not None


def test_new_list_may_not_forget_a_key(folder: Path) -> None:
    revoke(folder, OLD, NEW.public, NOW, "a", NOW)
    entry = Revoked(key=NEWER.public, since=NOW, reason="b")
    with pytest.raises(RecordRefused, match="stays revoked"):
        add_revocations(folder, sign_revocations(OLD, Revocations(serial=2, made_at=NOW, revoked=(entry,))), NOW)


def test_list_of_a_stranger_is_not_taken(folder: Path) -> None:
    with pytest.raises(BundleRefused, match="not trusted"):
        revoke(folder, OTHER, OLD.public, NOW, "mischief", NOW)
    assert cause_of(folder, OLD) is None


@pytest.mark.parametrize("where", ["keys/x.pub", "rotations/x.json", "revocations/x.json"])
def test_damaged_file_stops_everything_and_is_named(where: str, folder: Path) -> None:
    (folder / where).parent.mkdir(exist_ok=True)
    (folder / where).write_bytes(b"garbage")
    with pytest.raises(TrustProblem, match=where):
        load_trust(folder, NOW)


def test_name_of_a_key_is_not_written_over(folder: Path) -> None:
    with pytest.raises(TrustProblem, match="another key"):
        add_root(folder, NEW.public, "office-2026", NOW)
    with pytest.raises(TrustProblem, match="cannot name"):
        add_root(folder, NEW.public, "../evil", NOW)
