"""A folder that holds what a build wrote: nobody else's files, nobody's edits, never half of a build."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from dashboards.files import owned_folder
from dashboards.files.owned_folder import LIST, FolderRefused, plan, write

OLD = {"a.json": b"old a", "deep/b.yaml": b"old b", "gone/c.json": b"old c"}
NEW = {"a.json": b"new a", "deep/b.yaml": b"old b", "deep/d.yaml": b"new d"}


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != LIST}


def test_a_second_build_changes_what_is_different_and_removes_what_is_stale(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    first = write(out, OLD)
    assert (first.added, first.changed, first.removed) == (tuple(OLD), (), ())
    second = write(out, NEW)
    assert (second.added, second.changed, second.removed, second.unchanged) == (
        ("deep/d.yaml",),
        ("a.json",),
        ("gone/c.json",),
        ("deep/b.yaml",),
    )
    assert content_of(out) == NEW
    assert not (out / "gone").exists()


def _written(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_the_same_again_touches_no_file(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    before = _written(tmp_path)
    assert write(tmp_path, OLD).is_done
    assert _written(tmp_path) == before


def test_a_folder_with_files_of_others_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "theirs.yaml").write_text("theirs")
    with pytest.raises(FolderRefused, match=r"theirs\.yaml") as refused:
        write(tmp_path, OLD, force=True)
    assert refused.value.paths == ("deep/theirs.yaml",)
    assert content_of(tmp_path) == {"deep/theirs.yaml": b"theirs"}


def test_a_file_of_others_with_a_name_of_ours_is_not_taken_over(tmp_path: Path) -> None:
    write(tmp_path, {"x": b"x"})
    (tmp_path / "a.json").write_text("theirs")
    with pytest.raises(FolderRefused, match=r"a\.json"):
        write(tmp_path, OLD, force=True)
    assert (tmp_path / "a.json").read_text() == "theirs"


def test_an_edited_file_is_kept_until_forced(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "a.json").write_text("edited")
    with pytest.raises(FolderRefused, match=r"a\.json.*--force"):
        write(tmp_path, NEW)
    assert (tmp_path / "a.json").read_text() == "edited"
    assert (tmp_path / "gone" / "c.json").exists()
    assert write(tmp_path, NEW, force=True).edited == ("a.json",)
    assert content_of(tmp_path) == NEW


def test_an_edited_file_that_would_be_removed_is_kept_too(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "gone" / "c.json").write_text("edited")
    with pytest.raises(FolderRefused, match=r"c\.json"):
        write(tmp_path, NEW)


def test_a_deleted_file_comes_back(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "a.json").unlink()
    assert not plan(tmp_path, OLD).is_done
    write(tmp_path, OLD)
    assert content_of(tmp_path) == OLD


@pytest.mark.parametrize(
    "text", ["", "{", '{"made_by": "somebody", "files": {}}', '{"made_by": "quanho dashboards build", "files": {"a": "x"}}']
)
def test_a_list_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)
    with pytest.raises(FolderRefused, match=LIST):
        plan(tmp_path, OLD)


def test_a_list_that_names_files_outside_removes_none_of_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, OLD)
    (tmp_path / "precious").write_text("precious")
    listed = json.loads((out / LIST).read_text())
    listed["files"]["../precious"] = listed["files"]["a.json"]
    (out / LIST).write_text(json.dumps(listed))
    write(out, NEW, force=True)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_link_in_place_of_a_file_counts_as_edited_and_its_target_stays(tmp_path: Path) -> None:
    out, target = tmp_path / "out", tmp_path / "target"
    write(out, OLD)
    target.write_bytes(OLD["a.json"])
    (out / "a.json").unlink()
    (out / "a.json").symlink_to(target)
    with pytest.raises(FolderRefused, match=r"a\.json"):
        write(out, OLD)
    write(out, NEW, force=True)
    assert (target.read_bytes(), content_of(out)) == (OLD["a.json"], NEW)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(FolderRefused, match="not a folder"):
        write(tmp_path / "out", OLD)


def test_a_build_at_work_shuts_out_another(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    fd = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        with pytest.raises(FolderRefused, match="another build"):
            write(tmp_path, NEW)
    finally:
        os.close(fd)
    assert content_of(tmp_path) == OLD


def test_a_full_disk_leaves_the_old_build_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OLD)
    calls = iter(range(100))

    def full(_: int) -> None:
        if next(calls) == 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(owned_folder.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, NEW)
    assert content_of(tmp_path) == OLD
    assert plan(tmp_path, OLD).is_done


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from dashboards.files.owned_folder import write
    calls, last = [], int(sys.argv[2])
    def trace(event, arguments):
        if event in ("os.rename", "os.remove", "os.rmdir") and sys.argv[1] in str(arguments[0]):
            calls.append(event)
            if len(calls) == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(trace)
    write(Path(sys.argv[1]), {new!r})
"""


@pytest.mark.parametrize("moment", range(1, 7))
def test_a_build_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path, moment: int) -> None:
    """Every file is old or new, never a part of one; and the half that was put in place is nobody's edit."""
    write(tmp_path, OLD)
    script = textwrap.dedent(KILLED).replace("{new!r}", repr(NEW))
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path), str(moment)], check=False)
    assert killed.returncode == -signal.SIGKILL
    for path, content in content_of(tmp_path).items():
        assert path.endswith(".new") or content in (OLD.get(path), NEW.get(path))
    assert not write(tmp_path, NEW).edited
    assert content_of(tmp_path) == NEW
    assert plan(tmp_path, NEW).is_done
