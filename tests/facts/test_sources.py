"""The model server, git and the disks as they are asked what happened on a day."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlws_tui.sources import git as source
from mlws_tui.sources import newfiles, ollama
from tests.facts.kit import commit, git, model, repository, served

NOON = datetime(2024, 10, 20, 12, tzinfo=UTC).timestamp()
DAWN, NIGHT = NOON - 43200, NOON + 43200


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("gpu1:1234", "http://gpu1:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("[::]:5", "http://127.0.0.1:5"),
        ("http://[::1]", "http://[::1]:80"),
        ("https://x.org/models/", "https://x.org:443/models"),
        ("ftp://x", ""),
        ("x:99999", ""),
    ],
)
def test_the_server_that_a_variable_names(host: str, url: str) -> None:
    assert ollama.address(host) == url


def test_the_models_of_a_server() -> None:
    models = [
        model("llama3.1:8b", NOON),
        model("ft:latest", NOON, 5, "llama3.1:8b", "+02:00"),
        {"name": 3},
        4,
    ]
    with served({"models": models}) as host:
        first, second = ollama.models(ollama.address(host)) or []
    assert (first.name, first.bytes, first.parent) == ("llama3.1:8b", 4_900_000_000, "")
    assert abs(first.modified - NOON) < 1 and len(first.digest) == 64
    assert second.parent == "llama3.1:8b" and abs(second.modified - NOON + 7200) < 1


@pytest.mark.parametrize("answer", [b"", b"[]", b"<html>", b'{"models": 3}', b"[" * 100_000], ids=range(5))
def test_a_server_that_is_no_model_server_has_no_models(answer: bytes) -> None:
    with served(answer) as host:
        assert ollama.models(ollama.address(host)) is None
    assert ollama.models(ollama.address(host)) is None  # now nothing listens there
    assert ollama.models("") is None


def test_own_commits_of_a_day_on_every_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = repository(tmp_path / "trainer")
    assert source.commits(place, DAWN, NIGHT) is None  # there is none yet
    commit(place, "Yesterday", NOON - 86400)
    first = commit(place, "Fix the \x02loader", NOON)
    commit(place, "By another", NOON + 1, email="bob@example.org")
    git(place, "checkout", "-q", "-b", "side")
    second = commit(place, "On a branch", NOON + 2)
    git(place, "checkout", "-q", "main")
    commit(place, "Tomorrow", NOON + 86400)
    (place / "hook").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (place / "hook").chmod(0o755)
    git(place, "config", "gpg.program", str(place / "hook"))
    git(place, "config", "log.showSignature", "true")
    git(place, "config", "core.fsmonitor", str(place / "hook"))
    found = source.commits(place, DAWN, NIGHT) or []
    assert [(one.sha, one.ts) for one in found] == [(second, NOON + 2), (first, NOON)]
    assert not (tmp_path / "ran").exists()

    inner = place / "src"
    inner.mkdir()
    known = source.repository(inner)
    assert known is not None and (known.top, known.name) == (place, "trainer")
    before = known.mark()
    git(place, "worktree", "add", "-q", str(tmp_path / "other"), "side")
    beside = source.repository(tmp_path / "other")
    assert beside is not None and (beside.shared, beside.name) == (known.shared, "trainer")
    commit(place, "One more", NOON + 3)
    assert known.mark() != before

    (inner / "new.py").write_text("")
    (inner / "old.py").write_text("")
    git(place, "add", "src/old.py")
    (place / ".gitignore").write_text("*.sh\n")
    (inner / "made.sh").write_text("")
    asked = [inner / name for name in ("new.py", "old.py", "made.sh")]
    assert source.untracked(place, asked) == [inner / "new.py"]
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert source.repository(inner) == known
    assert source.repository(tmp_path) is None and source.repository(tmp_path / "gone") is None
    assert source.commits(place, DAWN, NIGHT, timeout=0.0) is None


def test_commits_of_nothing_but_what_was_written_do_not_count(tmp_path: Path) -> None:
    place = repository(tmp_path)

    def made(subject: str, *names: str) -> str:
        for name in names:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            with (place / name).open("a") as file:
                file.write("x")
        git(place, "add", "-A")
        return commit(place, subject, NOON)

    made("Journal", "notes/ACTIVITY.md", "notes/docs/sessions/é.md")
    both = made("Journal and code", "notes/ACTIVITY.md", "train.py")
    other = made("Another", "ACTIVITY.md")
    empty = made("Nothing")
    found = source.commits(place, DAWN, NIGHT, besides=["notes/ACTIVITY.md", "notes/docs/sessions/"])
    assert found is not None
    assert {(one.sha, one.subject) for one in found} == {
        (both, "Journal and code"), (other, "Another"), (empty, "Nothing"),
    }  # fmt: skip
    assert len(source.commits(place, DAWN, NIGHT) or []) == 4


def test_scripts_and_data_that_came(tmp_path: Path) -> None:
    now = time.time()
    for name in (
        *("a.py", "src/deep/b.sh", "conf/c.yaml", "notes.txt", ".hidden.py", "data/x.py", "venv/lib/y.py"),
        *("other/.git/HEAD", "other/z.py", "myenv/pyvenv.cfg", "myenv/q.py", "1/2/3/4/5/far.py"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "old.py").write_text("")
    os.utime(tmp_path / "old.py", (1, 1))
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    found = newfiles.scripts(tmp_path, now - 60, now + 60, newfiles.Budget(time.monotonic() + 5))
    assert {one.path.relative_to(tmp_path).as_posix() for one in found} == {
        "a.py",
        "conf/c.yaml",
        "src/deep/b.sh",
    }
    spent = newfiles.Budget(time.monotonic() + 5, entries=3)
    newfiles.scripts(tmp_path, now - 60, now + 60, spent)
    assert spent.spent

    data = tmp_path / "data"
    (data / "imgs/train").mkdir(parents=True)
    for n in range(3):
        (data / f"imgs/train/{n}.png").write_bytes(b"12345")
    os.utime(data / "imgs/train/0.png", (1, 1))  # as an archive does that is unpacked: it came all the same
    (data / "half.part").write_text("")
    (data / "empty").mkdir()
    told = {
        one.path.name: one for one in newfiles.data(data, now - 60, now + 60, newfiles.Budget(now + 9**9))
    }
    assert set(told) == {"imgs", "x.py"}
    assert (told["imgs"].files, told["imgs"].bytes, told["imgs"].grew) == (3, 15, False)
    assert newfiles.data(data, now + 60, now + 90, newfiles.Budget(now + 9**9)) == []
    assert newfiles.data(data / "none", 0, now, newfiles.Budget(now + 9**9)) == []
