"""The frame of the command line: help, errors as one sentence, exit codes, nothing imported in vain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from mlws_tui import __version__
from mlws_tui.cli.main import COMMANDS, GROUPS
from mlws_tui.config.workspace import Workspace
from tests.e2e.terminal import Terminal

MLWS = [sys.executable, "-m", "mlws_tui"]


def mlws(*args: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MLWS, *args],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )


def loaded_by(code: str) -> set[str]:
    """Which modules a fresh interpreter has after running the code."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_help_lists_every_command_and_imports_none() -> None:
    answer = mlws("--help")
    assert answer.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in answer.stdout
        assert line in answer.stdout
    loaded = loaded_by("from mlws_tui.cli.main import main\nmain(['--help'])")
    assert not loaded & {
        "textual",
        "rich",
        "sqlite3",
        "aiosqlite",
        "asyncio",
        "yaml",
        "msgspec",
        "pynvml",
        "psutil",
    }


def test_every_command_is_in_one_group_of_the_help_and_can_be_imported() -> None:
    assert sorted(name for _, names in GROUPS for name in names) == sorted(COMMANDS)
    for target, _ in COMMANDS.values():
        module, _, name = target.partition(":")
        assert isinstance(getattr(import_module(module), name), click.Command)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str) -> None:
    answer = mlws(name, "--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"Usage: mlws-tui {name}")


def test_the_sdk_imports_nothing_heavy() -> None:
    heavy = {
        "textual",
        "rich",
        "sqlite3",
        "aiosqlite",
        "asyncio",
        "pynvml",
        "click",
        "yaml",
        "msgspec",
        "psutil",
    }
    assert (
        not loaded_by("import mlws_tui\nmlws_tui.run, mlws_tui.init, mlws_tui.log, mlws_tui.finish") & heavy
    )


def test_version() -> None:
    assert mlws("--version").stdout == f"mlws-tui {__version__}\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["jurnal"], "There is no command 'jurnal' (did you mean journal?)"),
        (["--wrong"], "No such option '--wrong'"),
        (["init", "a", "b"], "Got unexpected extra argument (b)"),
        ([], "The app needs a terminal"),
    ],
)
def test_wrong_usage_is_one_sentence_with_a_hint_and_exit_2(args: list[str], said: str) -> None:
    answer = mlws(*args)
    assert answer.returncode == 2
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith(f"mlws-tui: {said}")
    assert line.endswith(")")


def test_a_missing_workspace_is_exit_1_with_the_way_out(tmp_path: Path) -> None:
    answer = mlws("--workspace", str(tmp_path), "config")
    assert answer.returncode == 1
    assert (
        answer.stderr
        == f"mlws-tui: {tmp_path} is no workspace (make it one with: mlws-tui init {tmp_path})\n"
    )


def test_init_says_what_it_made_and_what_it_kept(tmp_path: Path) -> None:
    (tmp_path / "ACTIVITY.md").write_text("# Mine\n")
    first = mlws("init", str(tmp_path))
    assert first.returncode == 0
    assert "made  logs/training/" in first.stdout
    assert "kept  ACTIVITY.md" in first.stdout
    assert "nothing was changed" in mlws("init", str(tmp_path)).stdout
    assert (tmp_path / "ACTIVITY.md").read_text() == "# Mine\n"


def test_init_without_a_path_makes_the_usual_one(own_environment: Path) -> None:
    assert mlws("init", cwd=own_environment).returncode == 0
    assert (own_environment / "ml-workspace" / ".mlws").is_dir()


def test_control_characters_in_a_path_never_reach_the_terminal() -> None:
    answer = mlws("--workspace", "/no\x1b[2J\x07where", "config")
    assert answer.returncode == 1
    assert "\x1b" not in answer.stderr and "\x07" not in answer.stderr


def test_config_tells_origin_and_problems(workspace: Workspace) -> None:
    workspace.config.write_text("theme: mlws-light\ngpu: {intervall: 1}\n")
    answer = mlws("--workspace", str(workspace.root), "config", "--json")
    assert answer.returncode == 0
    document = json.loads(answer.stdout)
    by_key = {item["key"]: item for item in document["settings"]}
    assert by_key["theme"]["value"] == "mlws-light"
    assert by_key["theme"]["origin"] == f"{workspace.config}, line 1"
    assert by_key["gpu.interval"]["origin"] == "default"
    (problem,) = document["problems"]
    assert "did you mean gpu.interval?" in problem
    assert answer.stderr == f"mlws-tui: {problem}\n"


def test_themes_marks_the_chosen_one(workspace: Workspace) -> None:
    workspace.config.write_text("theme: mlws-light\n")
    answer = mlws("--workspace", str(workspace.root), "themes", "--json")
    chosen = [theme["name"] for theme in json.loads(answer.stdout)["themes"] if theme["chosen"]]
    assert chosen == ["mlws-light"]


def test_keys_lists_the_keys_that_hold(workspace: Workspace) -> None:
    workspace.keymap.write_text("app.zoom: f11\n")
    answer = mlws("--workspace", str(workspace.root), "keys", "--json")
    assert answer.returncode == 0, answer.stderr
    actions = {action["id"]: action for action in json.loads(answer.stdout)["actions"]}
    assert actions["app.zoom"]["keys"] == ["f11"]
    assert actions["app.zoom"]["default"] == ["z"]


def test_json_on_a_terminal_holds_no_control_characters(workspace: Workspace) -> None:
    (workspace.logs / "training" / "a\u202eb\x9b2J.log").touch()
    command = ["--workspace", str(workspace.root), "logs", "list", "--json"]
    assert "a\u202eb\x9b2J" in mlws(*command).stdout
    terminal = Terminal([*MLWS, *command], columns=500)
    try:
        assert terminal.wait_exit() == 0
        assert b"a\\u202eb\\u009b2J" in terminal.raw and terminal.raw.isascii()
    finally:
        terminal.close()


def test_a_reader_that_goes_away_is_no_error() -> None:
    answer = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m mlws_tui config | (exec <&-; sleep 0)"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.stderr == ""


def test_a_full_disk_is_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        answer = subprocess.run([*MLWS, "config"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert answer.returncode == 1
    assert answer.stderr == "mlws-tui: No space left on device\n"


def test_the_usual_workspace_is_offered_and_never_made_unasked(own_environment: Path) -> None:
    terminal = Terminal(MLWS)
    try:
        terminal.wait_for("Make one in")
        terminal.type("n\n")
        assert terminal.wait_exit() == 1
        assert "There is no workspace" in terminal.text
    finally:
        terminal.close()
    assert not (own_environment / "ml-workspace").exists()


def test_the_usual_workspace_is_made_where_the_person_says_yes(own_environment: Path) -> None:
    terminal = Terminal(MLWS)
    try:
        terminal.wait_for("Make one in")
        terminal.type("y\n")
        terminal.wait_for("2 Runs")
        terminal.type("q")
        assert terminal.wait_exit() == 0
    finally:
        terminal.close()
    assert (own_environment / "ml-workspace" / ".mlws").is_dir()


def test_a_reader_who_has_enough_is_no_failure(workspace: Workspace) -> None:
    """As `head` leaves: what is said to nobody ends as other commands end then."""
    process = subprocess.Popen([*MLWS, "keys"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), told) == (141, b"")
