"""Saving files that people write: everything a file is survives, also when saving fails."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlws_tui.sources import files

LIMITED = """
import resource, signal, sys
from pathlib import Path
from mlws_tui.sources import files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
before = files.read(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    files.save(path, b"x" * 5000, before)
except files.FileError as error:
    print(error.sentence())
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "ACTIVITY.md"
    path.write_bytes(b"old\r\nbytes")
    return path


def leftovers(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name.startswith("."))


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_mode_survives(journal: Path, mode: int) -> None:
    journal.chmod(mode)
    files.save(journal, b"new", files.read(journal))
    assert journal.read_bytes() == b"new"
    assert journal.stat().st_mode & 0o777 == mode
    assert leftovers(journal) == []


def test_a_symbolic_link_stays_one_and_its_file_changes(journal: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to(journal.name)
    files.save(link, b"new", files.read(link))
    assert link.is_symlink()
    assert journal.read_bytes() == b"new"


def test_hard_links_stay_one_file(journal: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.md"
    twin.hardlink_to(journal)
    for data in (b"longer than before, by far", b"short"):
        files.save(journal, data, files.read(journal))
        assert twin.read_bytes() == data
    assert twin.samefile(journal)
    assert leftovers(journal) == []


def test_extended_attributes_survive(journal: Path) -> None:
    try:
        os.setxattr(journal, "user.note", b"kept")
    except OSError as error:
        pytest.skip(f"this file system has no extended attributes: {errno.errorcode[error.errno or 0]}")
    files.save(journal, b"new", files.read(journal))
    assert os.getxattr(journal, "user.note") == b"kept"


def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.md"
    old = os.umask(0o027)
    try:
        files.save(path, b"x", files.read(path))
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_changed_meanwhile_is_left_alone(journal: Path, tmp_path: Path, linked: bool) -> None:
    if linked:
        (tmp_path / "twin.md").hardlink_to(journal)
    before = files.read(journal)
    journal.write_bytes(b"theirs")
    with pytest.raises(files.ChangedError):
        files.save(journal, b"mine", before)
    assert journal.read_bytes() == b"theirs"
    assert leftovers(journal) == []


def test_a_file_made_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.md"
    before = files.read(path)
    path.write_bytes(b"theirs")
    with pytest.raises(files.ChangedError):
        files.save(path, b"mine", before)
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("linked", [False, True])
def test_where_there_is_no_room_the_old_file_stays(journal: Path, tmp_path: Path, linked: bool) -> None:
    if linked:
        (tmp_path / "twin.md").hardlink_to(journal)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(journal)], capture_output=True, text=True, check=True
    )
    assert "could not be saved" in done.stdout
    assert journal.read_bytes() == b"old\r\nbytes"
    assert leftovers(journal) == []


@pytest.mark.parametrize("written", [0, 3])
def test_a_rewrite_that_fails_is_undone_as_far_as_it_went(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    (tmp_path / "twin.md").hardlink_to(journal)
    before = files.read(journal)
    write = files._write

    def fails(descriptor: int, data: bytes) -> None:
        if not data.startswith(b"new"):
            write(descriptor, data)
            return
        os.write(descriptor, data[:written])
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files, "_write", fails)
    with pytest.raises(files.FileError, match="could not be saved"):
        files.save(journal, b"new and longer than the old one", before)
    assert journal.read_bytes() == before.data
    assert leftovers(journal) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_in_a_folder_that_one_may_not_write_the_file_itself_is_written(journal: Path) -> None:
    journal.parent.chmod(0o555)
    try:
        files.save(journal, b"new", files.read(journal))
    finally:
        journal.parent.chmod(0o755)
    assert journal.read_bytes() == b"new"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "utf16.md"
    path.write_bytes("## 2024-10-19".encode("utf-16"))
    with pytest.raises(files.FileError, match="not UTF-8"):
        files.read(path)
    with pytest.raises(files.FileError, match=r"regular|directory"):
        files.read(tmp_path)


DENIED = """
import os, sys
from pathlib import Path
from mlws_tui.sources import files
os.setuid(65534) if os.geteuid() == 0 else None
folder = Path(sys.argv[1])
for step in (
    lambda: files.read(folder / "secret.md"),
    lambda: files.save(folder / "readonly.md", b"new", files.read(folder / "readonly.md")),
    lambda: files.save(folder / "new.md", b"new", files.Snapshot()),
    lambda: files.locked(folder / "journal.lock").__enter__(),
):
    try:
        step()
    except files.FileError as error:
        print(error.sentence())
"""


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that other users may enter, as root itself lacks no right."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if any(parent.stat().st_mode & 0o005 != 0o005 for parent in folder.parents):
            pytest.skip("others may not enter the folder for temporary files")
        yield folder
        folder.chmod(0o755)


def test_a_right_that_is_missing_is_told_with_what_to_do(reachable: Path) -> None:
    for name, mode in (("secret.md", 0o000), ("readonly.md", 0o444)):
        (reachable / name).write_bytes(b"old")
        (reachable / name).chmod(mode)
    reachable.chmod(0o555)
    argv = [sys.executable, "-c", DENIED, str(reachable)]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert told.stderr == ""
    said = told.stdout.splitlines()
    names = [line.removeprefix(f"{reachable}/").split(" ")[0] for line in said]
    assert names == ["secret.md", "readonly.md", "new.md", "journal.lock"]
    assert [line for line in said if "ermission denied" not in line or "ls -ld" not in line] == []
    assert (reachable / "readonly.md").read_bytes() == b"old"


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "loop", "."):
        with pytest.raises(files.FileError) as error:
            files.read(tmp_path / name)
        assert error.value.hint
    assert not files.read(tmp_path / "missing").exists


def test_a_lock_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    lock = tmp_path / "journal.lock"
    with (
        files.locked(lock),
        pytest.raises(files.FileError, match="Another program"),
        files.locked(lock, timeout=0.05),
    ):
        pass
    with files.locked(lock, timeout=0.05):
        pass
