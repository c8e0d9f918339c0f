"""The journal and session logs from a shell: real commands in real processes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import mlws_tui
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.journal import JournalService

LOADED = """
import sys
from mlws_tui.cli.main import main
code = main(sys.argv[1:])
heavy = {"textual", "sqlite3", "aiosqlite", "pynvml", "asyncio", "jinja2", "rich"} & set(sys.modules)
print(sorted(heavy), file=sys.stderr)
sys.exit(code)
"""


class Shell:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __call__(self, *args: str, code: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "mlws_tui", "--workspace", str(self.workspace.root), *args],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    def json(self, *args: str) -> Any:
        return json.loads(self(*args, "--json").stdout)


@pytest.fixture
def shell(workspace: Workspace) -> Shell:
    workspace.journal.write_bytes(b"# Log\n\n## 2024-10-19\n\n### Code\n- a\n")
    return Shell(workspace)


def test_a_capture_goes_to_its_day_and_section(shell: Shell) -> None:
    assert (
        shell("log", "code", "two", "words", "--date", "2024-10-19").stdout == "2024-10-19 Code: two words\n"
    )
    shell("log", "next", "-", "--task", "--date", "19.10.2024", stdin="compare\nboth\n")
    assert shell.workspace.journal.read_bytes() == (
        b"# Log\n\n## 2024-10-19\n\n### Code\n- a\n- two words\n\n### Next Steps\n- [ ] compare\n- [ ] both\n"
    )


def test_a_capture_loads_neither_store_nor_screen(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "--workspace", str(shell.workspace.root), "log", "Code", "x"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip() == "[]"


def test_what_is_piped_keeps_its_bytes_and_is_no_log(shell: Shell) -> None:
    call = [sys.executable, "-m", "mlws_tui", "--workspace", str(shell.workspace.root), "log", "code", "-"]
    subprocess.run([*call, "--date", "2024-10-19"], input=b"caf\xe9\n", check=True, capture_output=True)
    assert shell.workspace.journal.read_bytes().endswith(b"- a\n- caf\xe9\n")
    before = shell.workspace.journal.read_bytes()
    done = subprocess.run(call, input=b"x" * 200_000, check=False, capture_output=True)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert shell.workspace.journal.read_bytes() == before


def test_a_day_may_be_said_in_words(shell: Shell) -> None:
    shell("log", "Code", "late", "--date", "last friday")
    shown = shell.json("journal", "show", "last friday")
    assert [section["text"] for section in shown["sections"]] == ["- late\n"]
    assert date.fromisoformat(shown["date"]).weekday() == 4


def test_the_run_is_linked_behind_the_first_line(shell: Shell) -> None:
    with mlws_tui.run("llama-ft", dir=shell.workspace.root) as run:
        pass
    shell("log", "exp", "Best so far\nby far", "--run", "llama-ft", "--date", "2024-10-19")
    shell("log", "exp", f"again `{run.id}`", "--run", "@last", "--date", "2024-10-19")
    text = shell.workspace.journal.read_text()
    assert f"- Best so far `{run.id}`\n  by far\n- again `{run.id}`\n" in text


def test_today_is_written_in_ones_own_editor(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf -- "$WRITES" >> "$1"; exit ${FAILS:-0}\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    before = shell.workspace.journal.read_bytes()
    for nothing in ("", "\\n\\n"):
        monkeypatch.setenv("WRITES", nothing)
        assert "as it was" in shell("today", "--edit").stdout
    assert shell.workspace.journal.read_bytes() == before
    monkeypatch.setenv("WRITES", "### Code\\n- by hand\\n")
    assert "is saved" in shell("today", "--edit").stdout
    assert shell.json("today")["sections"][0]["text"] == "- by hand\n"
    monkeypatch.setenv("WRITES", "- and lost?")
    monkeypatch.setenv("FAILS", "3")
    told = shell("today", "--edit", code=1).stderr
    kept = Path(re.findall(r"is in (\S+\.md)", told)[0])
    assert kept.stat().st_mode & 0o077 == 0 and kept.parent.stat().st_mode & 0o077 == 0
    (draft,) = JournalService(shell.workspace).drafts.pages(str(shell.workspace.journal))
    assert draft.text == "### Code\n- by hand\n- and lost?"
    assert "lost" not in shell.workspace.journal.read_text()


def test_today_and_days_as_documents(shell: Shell) -> None:
    assert "Nothing is written" in shell("today").stdout
    assert shell.json("today")["sections"] == []
    shell("log", "Models", "Pulled qwen \x1b[2J")
    today = shell.json("today")
    assert today["path"] == "ACTIVITY.md"
    assert [section["title"] for section in today["sections"]] == ["Models"]
    assert today["sections"][0]["text"] == "- Pulled qwen \x1b[2J\n"
    assert "\x1b" not in shell("today").stdout
    days = shell.json("journal", "days")["days"]
    assert [day["date"] for day in days] == [today["date"], "2024-10-19"]
    assert days[1]["heading"] == "2024-10-19"
    assert shell.json("journal", "show", "2024-10-19")["text"] == "## 2024-10-19\n\n### Code\n- a\n"
    assert "2024-10-19 Sat  Code" in shell("journal", "days").stdout


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("journal", "show", "2020-01-01"), 1, "no entry of 2020-01-01"),
        (("journal", "show", "someday"), 2, "names no day"),
        (("log", "Code", "x", "--date", "someday"), 2, "names no day"),
        (("log", "Code", "x", "--date", ""), 2, "names no day"),
        (("journal", "suggestions", "--day", ""), 2, "names no day"),
        (("log", "2020-01-01", "x"), 2, "is a day, not a section"),
        (("log", "Code"), 2, "TEXT is missing"),
        (("log", "Code", "x", "--run", "@last"), 1, "no runs yet"),
        (("today", "--edit", "--json"), 2, "do not go together"),
        (("log", " ", "x"), 2, "needs a section"),
        (("session", "new", "x", "--type", "Nonsense"), 2, "no template"),
        (("session", "show", "nothing"), 1, "no session log"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    shell: Shell, args: tuple[str, ...], code: int, words: str
) -> None:
    done = shell(*args, code=code)
    assert done.stdout == ""
    assert words in done.stderr and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_sessions_are_made_listed_and_shown(shell: Shell) -> None:
    assert "no session log yet" in shell("session", "list").stdout
    path = shell("session", "new", "Tuning", "llama3.1", "--type", "optimization").stdout.strip()
    assert path.endswith("-tuning-llama3.1.md")
    (session,) = shell.json("session", "list")["sessions"]
    assert (session["title"], session["type"], session["runs"]) == ("Tuning llama3.1", "Optimization", [])
    assert session["placeholders"] > 10
    assert shell("session", "show", "tuning").stdout.startswith("# Session: Tuning llama3.1\n")
    shown = shell.json("session", "show", "tuning")
    assert shown["sections"][0] == {"title": "Overview", "line": 8, "state": "empty"}
