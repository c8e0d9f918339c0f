"""A workspace of the journal alone: nothing is made before it is needed, and nothing fails for want of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workspace import init, journal_alone


def _files(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_the_journal_alone_is_made_of_nothing_but_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--journal", str(tmp_path / "notes")]) == 0
    assert _files(tmp_path / "notes") == [".mlws", "ACTIVITY.md"]
    assert "log Learning" in capsys.readouterr().out
    assert main(["init", "--journal", str(tmp_path / "notes")]) == 0
    assert "nothing was changed" in capsys.readouterr().out


def test_a_journal_that_is_there_stays_as_it_is_and_the_rest_may_come_later(tmp_path: Path) -> None:
    (tmp_path / "ACTIVITY.md").write_bytes(b"mine\r\n")
    made = init(tmp_path, journal=True)
    assert "ACTIVITY.md" in made.kept and journal_alone(made.workspace)
    assert _files(tmp_path) == [".mlws", "ACTIVITY.md"]
    assert init(tmp_path, journal=True).made == ()
    whole = init(tmp_path)
    assert "logs/training/" in whole.made and not journal_alone(whole.workspace)
    assert (tmp_path / "ACTIVITY.md").read_bytes() == b"mine\r\n"


READING = [
    ("runs", "list"),
    ("experiments", "list"),
    ("session", "list"),
    ("logs", "list"),
    ("today",),
    ("journal", "days"),
    ("journal", "lint"),
    ("journal", "suggestions"),
    ("gpu",),
    ("config",),
]


def test_every_command_works_without_logs_and_sessions(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    root = init(tmp_path / "notes", journal=True).workspace.root
    for command in READING:
        code = main(["--workspace", str(root), *command, "--json"])
        out, err = capfdbinary.readouterr()
        assert code == 0, (command, err)
        assert isinstance(json.loads(out), dict), command
        assert err == b"", command
    assert main(["--workspace", str(root), "log", "Learning", "it works"]) == 0
    assert main(["--workspace", str(root), "archive", "--dry-run"]) == 0
    assert _files(root) == [".mlws", "ACTIVITY.md"]


def test_folders_come_with_the_first_run_and_the_first_session_log(tmp_path: Path) -> None:
    root = init(tmp_path / "notes", journal=True).workspace.root
    call = [sys.executable, "-m", "mlws_tui", "--workspace", str(root)]
    subprocess.run([*call, "session", "new", "What I found"], check=True, capture_output=True)
    assert _files(root) == [".mlws", "ACTIVITY.md", "docs"]
    subprocess.run(
        [*call, "run", "--name", "first", "--", "true"], check=True, capture_output=True, timeout=60
    )
    assert len(list((root / "logs").rglob("*-first.log"))) == 1
    assert not journal_alone(Workspace(root))


def test_without_a_workspace_there_is_one_sentence_with_the_command_to_make_one(
    own_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["log", "Learning", "lost?"]) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "mlws-tui init" in told.err and told.out == ""
    assert os.listdir(tmp_path) == [] and os.listdir(own_environment) == []
