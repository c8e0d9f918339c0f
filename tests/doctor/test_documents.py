"""What the doctor says of the journal, the session logs, their links, and the settings."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.doctor.markdown_links import file_links
from mlws_tui.services.drafts import Drafts, state_folder
from tests.doctor.kit import Doctor, ingest, needs_rights, record, without_rights
from tests.store.kit import OTHER, RUN


def broken(doctor: Doctor) -> list[tuple[str, int | None, str, str]]:
    answer = doctor()
    links = [
        (link["path"], link["line"], link["target"], link["hint"])
        for link in answer.document["links"]["broken"]
    ]
    assert (answer.one("links")["level"] == "advice") == bool(links)
    assert answer.code == 0
    return links


def test_names_that_lead_nowhere(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    ingest(workspace)
    (workspace.sessions / "2024-10-19-loss.md").write_text(f"See {RUN} and {RUN}s.\n")
    workspace.journal.write_text(
        f"```\n[[in-code]]\n```\n{RUN}, [[2024-10-19-los]] llama9:9b [[2024-10-19]]\n"
    )
    assert broken(doctor) == [
        ("ACTIVITY.md", 4, "2024-10-19-los", "did you mean 2024-10-19-loss?"),
        ("docs/sessions/2024-10-19-loss.md", 1, f"{RUN}s", f"did you mean {RUN}?"),
    ]


def test_links_of_the_journal_and_of_session_logs(doctor: Doctor, workspace: Workspace) -> None:
    (workspace.logs / "training" / "20241019-143000-sentiment.log").touch()
    (workspace.logs / "archive" / "20240101-000000-old.log.gz").touch()
    (workspace.logs / "archive" / "agents").mkdir()
    (workspace.logs / "archive" / "agents" / "20240102-000000-old.log.zst").touch()
    (workspace.logs / "agents" / "20240103-000000-back.log").touch()
    workspace.journal.write_text(
        "# Log\n[there](logs/training/20241019-143000-sentiment.log) and [folder](logs)\n"
        "[gone](logs/training/20240102-000000-old.log)\n"
        "[archived](logs/training/20240101-000000-old.log) [too](logs/agents/20240102-000000-old.log#L7)\n"
        "[brought back](logs/archive/agents/20240103-000000-back.log.zst)\n"
        "see logs/training/20241019-143000-sentimant.log and logs/training/20241019-143000-sentiment.log\n"
        "[web](https://example.org/x) [mail](mailto:a@b.c) [top](#log) [root](/etc/hosts)\n"
    )
    session = workspace.sessions / "2024-10-19-sentiment.md"
    session.write_text(
        "![chart](../../logs/training/20241019-143000-sentimant.log#L3)\n\n[day]: ../nowhere.md\n"
    )
    assert broken(doctor) == [
        (
            "ACTIVITY.md",
            3,
            "logs/training/20240102-000000-old.log",
            "it may be logs/archive/agents/20240102-000000-old.log.zst",
        ),
        (
            "ACTIVITY.md",
            6,
            "logs/training/20241019-143000-sentimant.log",
            "did you mean logs/training/20241019-143000-sentiment.log?",
        ),
        (
            "docs/sessions/2024-10-19-sentiment.md",
            1,
            "../../logs/training/20241019-143000-sentimant.log#L3",
            "did you mean ../../logs/training/20241019-143000-sentiment.log?",
        ),
        ("docs/sessions/2024-10-19-sentiment.md", 3, "../nowhere.md", ""),
    ]


def test_logs_of_runs(doctor: Doctor, workspace: Workspace) -> None:
    def run(name: str, log: str) -> None:
        record(workspace, name, {"type": "run", "ts": 1001.0, "log": log})

    there = workspace.logs / "training" / f"{RUN}.log"
    there.touch()
    run(RUN, f"logs/training/{RUN}.log")
    run(OTHER, f"logs/training/{OTHER}.log")
    run("20241021-000000-out", "../../etc/passwd")
    run("20241022-000000-no-log", "")
    ingest(workspace)
    assert broken(doctor) == [
        (
            ".mlws/streams/20241021-000000-out",
            None,
            "../../etc/passwd",
            "it leads out of the workspace and is not read",
        ),
        (f".mlws/streams/{OTHER}", None, f"logs/training/{OTHER}.log", ""),
    ]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[a](b.md)", ["b.md"]),
        ('[a](b.md "title") [c](<d e.md>)', ["b.md", "d e.md"]),
        ("[a](b(1).md) [c](d%20e.md)", ["b(1).md", "d%20e.md"]),
        ("`[a](b.md)` ``x ` [a](c.md)``", []),
        ("```\n[a](b.md)\n```\n[c](d.md)", ["d.md"]),
        ("~~~~ text\n[a](b.md)\n~~~\n[a](b.md)\n~~~~\n[c](d.md)", ["d.md"]),
        ("```` `x` ````\n[c](d.md)", ["d.md"]),
        ("<!-- [a](b.md) --> [c](d.md)", ["d.md"]),
        ("<!--\n[a](b.md)\n--> [c](d.md)", ["d.md"]),
        ("- [ ] task (see x.md)\n- [x](y.md)", ["y.md"]),
        ("[a]: b.md 'title'\n[^1]: a note", ["b.md"]),
        ("[a](https://x.y/z.md) [b](#top) [c](/abs.md) [d]() [e](?q)", []),
    ],
)
def test_what_is_a_link(text: str, targets: list[str]) -> None:
    assert [target for _, target in file_links(text)] == targets


@given(st.text(alphabet="[]()<>`~!-\\# \nab.:%\"'", max_size=60))
def test_any_text_can_be_looked_through(text: str) -> None:
    for line, target in file_links(text):
        assert target in text.split("\n")[line - 1]


def test_a_text_that_is_all_brackets_takes_no_longer_than_others() -> None:
    for piece in ("[", "](", "`", "[a](b(", "<!--", "]((", "[a]: <", "\\", "](<"):
        assert len(list(file_links(piece * 20_000))) <= 20_000


def test_the_journal(doctor: Doctor, workspace: Workspace) -> None:
    assert doctor().one("ACTIVITY.md")["level"] == "ok"
    workspace.journal.write_bytes("## 2024-10-19\nfürs Erste\n".encode("latin-1"))
    check = doctor().one("ACTIVITY.md")
    assert check["level"] == "advice" and "line 2" in check["message"]
    workspace.journal.write_bytes(b"\0\0")
    assert not doctor().one("ACTIVITY.md")["ok"]
    workspace.journal.unlink()
    assert doctor().one("ACTIVITY.md")["level"] == "ok"
    workspace.journal.mkdir()
    assert not doctor().one("ACTIVITY.md")["ok"]


@needs_rights
def test_documents_without_the_rights_for_them(workspace: Workspace) -> None:
    workspace.journal.chmod(0o400)
    session = workspace.sessions / "2024-10-19-x.md"
    session.touch(mode=0)
    session.chmod(0)
    answer = without_rights(workspace)
    assert "may not be written: it belongs to" in answer.one("ACTIVITY.md")["message"]
    assert not answer.one("session logs")["ok"]


def test_who_holds_the_journal(doctor: Doctor, workspace: Workspace) -> None:
    assert doctor().of("journal lock") == []
    with workspace.journal_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "held by" in doctor().one("journal lock")["message"]


def test_leftovers_of_saves(doctor: Doctor, workspace: Workspace) -> None:
    old = time.time() - 7200
    abandoned, recent, copy = (
        workspace.root / ".ACTIVITY.md.0123abcd.tmp",
        workspace.root / ".ACTIVITY.md.4567abcd.tmp",
        workspace.sessions / ".2024-10-19-x.md.0123abcd.bak",
    )
    for path in (abandoned, recent, copy):
        path.write_text("text")
    os.utime(abandoned, (old, old))
    safe, temporary = doctor().of("leftovers")
    assert not safe["ok"] and copy.name in safe["message"]
    assert temporary["level"] == "advice"
    assert abandoned.name in temporary["message"] and recent.name not in temporary["message"]
    answer = doctor("--fix")
    assert "removed 1 temporary file" in answer.done
    assert not abandoned.exists() and recent.exists() and copy.exists()


def test_typed_text_that_waits(doctor: Doctor, workspace: Workspace, tmp_path: Path) -> None:
    for key in (str(workspace.journal), str(tmp_path / "elsewhere.md")):
        keep = (
            "import pathlib, sys; from mlws_tui.services.drafts import Drafts;"
            "Drafts(pathlib.Path(sys.argv[1])).keep(sys.argv[2], '', 'typed', (0, 5))"
        )
        folder = state_folder() / "recovery"
        subprocess.run([sys.executable, "-c", keep, str(folder), key], check=True, timeout=60)
    assert len(Drafts(folder).pages("")) == 2
    check = doctor().one("leftovers")
    assert check["level"] == "advice" and "1 text typed and not saved" in check["message"]


def test_settings(doctor: Doctor, workspace: Workspace) -> None:
    assert all(doctor().one(name)["ok"] for name in ("config", "keymap", "themes", "templates"))
    workspace.config.write_text("gpu: {intervall: 1}\ntheme: nope\n")
    workspace.keymap.write_text("app.zom: f11\n")
    for folder, name, text in (
        ("themes", "mine.yaml", "primary: nocolour\n"),
        ("templates", "journal.md", "{{ nothing }}"),
        ("templates", "session-experiment.md", "{% for %}"),
    ):
        (workspace.marker / folder).mkdir(exist_ok=True)
        (workspace.marker / folder / name).write_text(text)
    answer = doctor()
    assert answer.code == 1
    assert len(answer.of("config")) == 2
    assert "config.yaml, line 1" in answer.of("config")[0]["message"]
    assert "gpu.interval" in answer.of("config")[0]["hint"]
    assert "app.zoom" in answer.one("keymap")["hint"]
    assert "mine.yaml, line 1" in answer.one("themes")["message"]
    assert "journal.md" in answer.of("templates")[0]["message"]
