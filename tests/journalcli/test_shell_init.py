"""`mlws-tui shell-init`: real shells read what it prints and use it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace

ODD = 'costs $5 & it\'s "done" `id` \\n *'


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A path on which mlws-tui is this one."""
    program = tmp_path / "bin" / "mlws-tui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlws_tui "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"


def _run(shell: str, script: str, workspace: Workspace, path: str) -> subprocess.CompletedProcess[str]:
    command = shutil.which(shell)
    if command is None:
        pytest.skip(f"no {shell} here")
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    return subprocess.run(
        [command, *quiet, "-c", script],
        env={**os.environ, "PATH": path, "MLWS_WORKSPACE": str(workspace.root), "ODD": ODD},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


READ = {
    "bash": """
        set -eu; shopt -s expand_aliases
        alias ml-log='echo "\\n## day\\n" >>'
        eval "$(mlws-tui shell-init bash)"
        """,
    "zsh": """
        set -eu; setopt aliases
        alias ml-log='echo "\\n## day\\n" >>'
        autoload -Uz compinit; compinit -u -D
        eval "$(mlws-tui shell-init zsh)"
        """,
    "fish": "mlws-tui shell-init fish | source",
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_short_commands_write_what_was_meant(shell: str, workspace: Workspace, path: str) -> None:
    use = 'ml-log Learning "$ODD"\nlog-activity next "two  words" --task\ntoday\n'
    done = _run(shell, f"{READ[shell]}\n{use}", workspace, path)
    assert done.returncode == 0, done.stderr
    text = workspace.journal.read_text()
    assert f"### Learning\n- {ODD}\n" in text
    assert "### Next Steps\n- [ ] two  words\n" in text
    assert f"- {ODD}\n" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_workspace_that_is_named_is_that_of_every_folder(
    shell: str, tmp_path: Path, path: str, workspace: Workspace
) -> None:
    root = tmp_path / "my 'notes' $HOME"
    made = subprocess.run(
        [sys.executable, "-m", "mlws_tui", "init", "--journal", str(root)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert f"export MLWS_WORKSPACE={shlex.quote(str(root))}" in made
    named = f"mlws-tui --workspace {_quoted(shell, str(root))}"
    unset = "set -e MLWS_WORKSPACE" if shell == "fish" else "unset MLWS_WORKSPACE"
    read = READ[shell].replace("mlws-tui", named)
    done = _run(shell, f"{read}\nml-log code here\n{unset}\n{read}\ncd /\nml-log code there", workspace, path)
    assert done.returncode == 0, done.stderr
    assert "- here\n" in workspace.journal.read_text()
    assert "- there\n" in (root / "ACTIVITY.md").read_text()


def _quoted(shell: str, text: str) -> str:
    return "'" + text.replace("'", "\\'") + "'" if shell == "fish" else shlex.quote(text)


def test_bash_completes_commands_sections_and_options(workspace: Workspace, path: str) -> None:
    script = f"""{READ["bash"]}
        asked() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _mlws_tui_completion mlws-tui; echo "${{COMPREPLY[*]-}}"; }}
        asked mlws-tui jour
        asked mlws-tui log Le
        asked mlws-tui log Learning --ta
        asked mlws-tui nothing x
        complete -p ml-log
        """
    done = _run("bash", script, workspace, path)
    assert done.stdout.splitlines()[:4] == ["journal", "Learning", "--task", ""]
    assert "-W" in done.stdout.splitlines()[4]
    assert done.stderr == ""


def test_without_the_program_on_the_path_the_commands_name_this_one(workspace: Workspace) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "mlws_tui", "shell-init", "bash"],
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    done = _run("bash", f"{printed}\nml-log code x", workspace, "/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert "### Code\n- x\n" in workspace.journal.read_text()
