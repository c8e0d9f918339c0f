"""Somebody writes, makes or removes a file at the very moment in which the archive does something with it."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.doctor import Case, Known, look, mend
from mlws_tui.services.logplaces import find_log
from mlws_tui.sources.aside import set_aside
from tests.archive.kit import NAME, PACK, Archive, age, lay, text, tree
from tests.doctor.kit import Doctor

PLAIN = f"training/{NAME}.log"
PACKED = f"archive/{PLAIN}.zst"
ASIDE = f"training/.{NAME}.log.mlws-removing"

#: Is killed as soon as a file was set aside.
_KILLED = """
import os, signal, sys
from mlws_tui.cli.main import main
rename = os.rename
def cut_off(*args, **more):
    rename(*args, **more)
    os.kill(os.getpid(), signal.SIGKILL)
os.rename = cut_off
main(sys.argv[1:])
"""


def killed(workspace: Workspace, *args: str) -> None:
    command = [sys.executable, "-c", _KILLED, "--workspace", str(workspace.root), "archive", *args]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == -9


def once_before(monkeypatch: pytest.MonkeyPatch, name: str, first: Callable[[], object]) -> None:
    """Do something just before the first call of a function of the system."""
    real = getattr(os, name)

    def call(*args: object) -> object:
        monkeypatch.setattr(os, name, real)
        first()
        return real(*args)

    monkeypatch.setattr(os, name, call)


def test_a_writer_that_comes_before_the_removal(
    workspace: Workspace, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = lay(workspace)
    with contextlib.ExitStack() as files:

        def write() -> None:
            files.enter_context(log.open("ab", buffering=0)).write(b"late line\n")

        once_before(monkeypatch, "rename", write)
        assert archive("--json").reasons == {f"logs/{PLAIN}": "was changed or opened meanwhile"}
        assert tree(workspace) == {PLAIN: text() + b"late line\n"}


def test_a_writer_that_comes_before_and_one_that_begins_a_new_log(
    workspace: Workspace, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = lay(workspace)
    writers: list[BinaryIO] = []

    def come() -> None:
        writers.append(log.open("ab", buffering=0))
        once_before(monkeypatch, "link", lambda: log.write_bytes(b"new run\n"))

    once_before(monkeypatch, "rename", come)
    assert archive("--json").reasons == {f"logs/{PLAIN}": "was changed or opened meanwhile"}
    writers[0].write(b"late line\n")
    writers[0].close()
    assert tree(workspace) == {PLAIN: b"new run\n", f"{PLAIN}.1": text() + b"late line\n"}


def test_a_log_that_is_made_while_it_is_brought_back(
    workspace: Workspace, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = lay(workspace, PACKED, data=PACK["zstd"](text())).read_bytes()
    log = workspace.logs / PLAIN
    once_before(monkeypatch, "link", lambda: log.write_bytes(b"new run\n"))
    assert archive("--restore", PLAIN, "--json").reasons == {
        f"logs/{PLAIN}": f"logs/{PLAIN} is there already"
    }
    assert tree(workspace) == {PLAIN: b"new run\n", PACKED: packed}


def test_an_archive_that_is_made_meanwhile(
    workspace: Workspace, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(workspace)
    once_before(monkeypatch, "link", lambda: (workspace.logs / PACKED).write_bytes(b"of another"))
    assert archive("--json").reasons == {f"logs/{PLAIN}": f"logs/{PACKED} is there already"}
    assert tree(workspace) == {PLAIN: text(), PACKED: b"of another"}


def test_an_archive_that_is_in_the_way_of_a_newer_one(workspace: Workspace, archive: Archive) -> None:
    lay(workspace, f"{PLAIN}.gz", data=PACK["gzip"](text()))
    lay(workspace, PACKED, data=b"of another")
    lay(workspace, data=text() + b"and more\n")
    before = tree(workspace)
    assert archive("--json").reasons == {f"logs/{PLAIN}": f"logs/{PACKED} is there already"}
    assert tree(workspace) == before


def test_where_there_are_no_hard_links(
    workspace: Workspace, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    log = lay(workspace)
    assert archive().code == 0
    assert set(tree(workspace)) == {PACKED}
    assert archive("--restore", PLAIN).code == 0
    assert tree(workspace) == {PLAIN: text()}
    with contextlib.ExitStack() as files:
        age(log, 60)
        once_before(monkeypatch, "rename", lambda: files.enter_context(log.open("ab")))
        assert archive("--json").reasons == {f"logs/{PLAIN}": "was changed or opened meanwhile"}
    assert tree(workspace) == {PLAIN: text()}


def test_killed_when_a_log_was_set_aside(workspace: Workspace, archive: Archive, doctor: Doctor) -> None:
    log = lay(workspace)
    killed(workspace)
    assert set(tree(workspace)) == {ASIDE, PACKED}
    assert find_log(workspace, log) == workspace.logs / PACKED
    assert doctor().one("set aside")["level"] == "ok"  # it may be at work
    assert archive("--dry-run").code == 0
    assert set(tree(workspace)) == {ASIDE, PACKED}
    assert [one["path"] for one in archive("--json").document["archived"]] == [f"logs/{PLAIN}"]
    assert set(tree(workspace)) == {PACKED}


def test_killed_when_an_archive_was_set_aside(workspace: Workspace, archive: Archive) -> None:
    lay(workspace, PACKED, data=PACK["zstd"](text()))
    killed(workspace, "--restore", PLAIN)
    assert set(tree(workspace)) == {PLAIN, f"archive/training/.{NAME}.log.zst.mlws-removing"}
    assert archive("--restore", PLAIN).code == 0
    assert tree(workspace) == {PLAIN: text()}


def test_what_was_set_aside_is_found_and_put_back(workspace: Workspace) -> None:
    log = lay(workspace)
    killed(workspace)
    aside = workspace.logs / ASIDE
    with aside.open("ab") as writer:  # it came just before
        writer.write(b"late line\n")
    (workspace.logs / PACKED).unlink()
    assert find_log(workspace, log) == aside
    log.write_bytes(b"new run\n")
    os.link(aside, workspace.logs / f"{PLAIN}.1")  # as if another kill had come when it was put back
    case = Case(workspace, Known(), now=time.time() + 7200)
    (said,) = [one for group in look(case).groups for one in group.checks if one.name == "set aside"]
    assert said.message == f"1 log was set aside by archiving that was cut off: logs/{ASIDE}"
    assert [deed.message for deed in mend(case)] == [f"gave 1 log its name again: {PLAIN[9:]}.1"]
    assert tree(workspace) == {PLAIN: b"new run\n", f"{PLAIN}.1": text() + b"late line\n"}
    assert (workspace.logs / f"{PLAIN}.1").stat().st_nlink == 1


def test_names_of_other_files_are_not_taken(workspace: Workspace, archive: Archive) -> None:
    texts = {PLAIN: b"a\n", f"{PLAIN}.1": b"b\n", ASIDE: b"c\n"}
    for name, data in texts.items():
        lay(workspace, name, data=data, days=1)
    assert archive().code == 0
    assert tree(workspace) == {PLAIN: b"a\n", f"{PLAIN}.1": b"b\n", f"{PLAIN}.2": b"c\n"}


def test_a_name_that_was_set_aside_already(workspace: Workspace) -> None:
    path = lay(workspace)
    lay(workspace, ASIDE, data=b"older\n")
    with pytest.raises(FileExistsError):
        set_aside(path)
    assert tree(workspace) == {PLAIN: text(), ASIDE: b"older\n"}
