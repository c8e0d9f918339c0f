"""Names from people, scripts and streams never lead out of their folder (F41)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

from mlws_tui.cli.logs import command as logs_command
from mlws_tui.cli.output import Session
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, UsageError, WorkspaceError
from mlws_tui.domain.events import is_run_id, run_id, slug
from mlws_tui.sdk.place import claim
from mlws_tui.services.journal import JournalService
from mlws_tui.services.launch.recorder import LogWriter
from mlws_tui.services.logs import LogsService
from mlws_tui.services.sessions import SessionsService
from mlws_tui.sources import files
from mlws_tui.ui.themes import load_themes
from tests.store.kit import EVERYTHING, header, ingested, write

RUN = "20241019-143000-sentiment"
NOW = datetime(2024, 10, 20, 9, 30)
HOSTILE = [
    "../x",
    "../../etc/passwd",
    "/abs",
    "",
    ".",
    "..",
    "a/b",
    "a\0b",
    "-rf",
    "~root",
    "x" * 300,
    "日本語",
]
HOSTILE += [
    "$(touch pwned)",
    "`id`",
    "%s{0}",
    "\ud800",
    "a\nb",
    "con",
    "..%2f..",
    "\u202egnp.exe",
    "*",
    "\\..\\x",
]


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# names that become names of files


@given(st.text())
@example("..")
@example("日本語")
@example("." * 300)
def test_any_name_becomes_one_plain_component(name: str) -> None:
    made = slug(name)
    assert made not in ("", ".", "..")
    assert not made.startswith((".", "-"))
    assert "/" not in made and "\0" not in made and len(os.fsencode(made)) <= 80
    assert is_run_id(run_id(name, 0.0, 12))


@given(st.text())
@example("20241019-143000-../x")
@example("20241019-143000-a/../../x")
@example("20241019-143000-a\n")
@example("20241019-143000-" + "a" * 300)
def test_what_passes_as_an_id_is_one_component(text: str) -> None:
    if is_run_id(text):
        assert "/" not in text and "\0" not in text and text[0].isdigit() and len(os.fsencode(text)) <= 200


@pytest.mark.parametrize("name", HOSTILE)
def test_a_run_of_any_name_lies_in_the_streams_folder(workspace: Workspace, name: str) -> None:
    before = everything(workspace.root.parent)
    run = claim(str(workspace.root), name, "training", 1_729_348_200.0)
    assert is_run_id(run)
    new = everything(workspace.root.parent) - before
    assert new == {f"workspace/.mlws/streams/{run}"}


def test_the_wrapper_takes_any_name(workspace: Workspace) -> None:
    outside = everything(workspace.root.parent)
    command = [sys.executable, "-m", "mlws_tui", "run", "--name", "../../-rf \x1b[2J", "--", "true"]
    subprocess.run(command, cwd=workspace.root, check=True, capture_output=True, timeout=60)
    new = everything(workspace.root.parent) - outside
    assert {path.split("/")[0] for path in new} == {"workspace"}
    (log,) = [path for path in new if path.endswith(".log")]
    assert log.startswith("workspace/logs/training/") and log.endswith("-rf-2J.log")


@pytest.mark.parametrize("title", ["../x", "/abs", "a\0b", "-rf", "x" * 300, "日本語", "\ud800"])
def test_a_session_of_any_title_lies_in_its_folder(workspace: Workspace, title: str) -> None:
    session = SessionsService(workspace, clock=lambda: NOW).new(title)
    assert session.path.parent == workspace.sessions
    assert session.path.is_file()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_session_reads_outside_of_its_folder(workspace: Workspace, name: str) -> None:
    (workspace.root / "docs" / "x.md").write_text("secret")
    service = SessionsService(workspace)
    try:
        page = service.page(name)
    except MlwsError:
        return
    assert page.text == ""
    assert not page.exists
    assert Path(page.key).parent == workspace.sessions


def test_a_session_that_is_a_link_out_of_its_folder_is_not_listed_read_or_written(
    workspace: Workspace,
) -> None:
    secret = workspace.root.parent / "secret.md"
    secret.write_text("# Secret\n")
    (workspace.sessions / "2024-10-20-mine.md").symlink_to(secret)
    service = SessionsService(workspace, clock=lambda: NOW)
    assert service.list() == []
    with pytest.raises(UsageError, match="leads out of"):
        service.page("2024-10-20-mine")
    with pytest.raises(UsageError, match="leads out of"):
        service.save("2024-10-20-mine", "", "overwritten")
    assert secret.read_text() == "# Secret\n"


# fields of streams


@given(st.text())
@example("../x")
@example("logs/../../x")
@example("/etc/passwd")
@example("//etc/passwd")
@example("logs/training/" + "x" * 5000)
@example(".")
def test_what_data_names_lies_in_the_workspace_or_is_refused(name: str) -> None:
    root = Path("/some/workspace")
    try:
        path = Workspace(root).inside(name)
    except WorkspaceError as error:
        assert "\0" not in error.sentence()
        return
    assert path != root
    assert os.path.commonpath([root, os.path.normpath(path)]) == str(root)


@pytest.mark.parametrize(
    "log", ["../secret", "/etc/passwd", "a\0b", "logs/../../secret", "x" * 300, "", "logs", ".mlws/streams"]
)
async def test_a_log_that_a_stream_names_outside_of_the_workspace_is_not_shown(
    workspace: Workspace, log: str
) -> None:
    (workspace.root.parent / "secret").write_text("secret\n")
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", [header(log=log)])
    result = await _show(workspace)
    assert result.exit_code == 1
    assert isinstance(result.exception, MlwsError)
    assert "secret\n" not in result.output
    assert "root:" not in result.output


async def _show(workspace: Workspace) -> Result:
    session = Session(str(workspace.root))
    return await asyncio.to_thread(CliRunner().invoke, logs_command, ["show", RUN], obj=session)


async def test_a_log_may_be_a_link_as_only_its_owner_can_have_made_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Another disk is where large logs go. Whoever can put a link here can read all that we can."""
    elsewhere = tmp_path / "scratch.log"
    elsewhere.write_text("epoch 1\n")
    (workspace.logs_of("training") / f"{RUN}.log").symlink_to(elsewhere)
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", [header(log=f"logs/training/{RUN}.log")])
    assert "epoch 1" in (await _show(workspace)).output


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
async def test_what_is_no_file_is_no_log_and_nobody_waits_for_it(
    workspace: Workspace, make: Callable[[Path], None]
) -> None:
    log = workspace.logs_of("training") / "x.log"
    make(log)
    with pytest.raises(MlwsError, match="no plain file"):
        await LogsService(workspace).errors(log)


async def test_links_among_the_streams_are_passed_over(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / RUN
    write(outside.parent, f"{RUN}/host-1-a.jsonl", [header(name="outside")])
    streams = workspace.streams
    (streams / RUN).symlink_to(outside)
    other = "20241020-090000-llama"
    write(streams, f"{other}/host-1-a.jsonl", [header(other)])
    (streams / other / "host-2-b.jsonl").symlink_to(outside / "host-1-a.jsonl")
    (streams / "_edits").symlink_to(outside)
    async with ingested(workspace.root) as store:
        runs = (await store.list_runs(EVERYTHING)).runs
    assert [(run.id, run.name) for run in runs] == [(other, "llama")]


async def test_a_stream_cannot_speak_for_another_run(workspace: Workspace) -> None:
    other = "20241020-090000-llama"
    write(workspace.streams, f"{other}/host-1-a.jsonl", [header(other)])
    hostile = [
        header(RUN, id="../../x"),
        {"type": "set", "ts": 2000.0, "run": other, "name": "taken over", "deleted": True, "forever": True},
        {"type": "set", "ts": 2000.0, "run": "../../x", "name": "x"},
        {"type": "artifact", "ts": 2000.0, "path": "../../../etc/passwd", "bytes": 1},
    ]
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", hostile)
    before = everything(workspace.root.parent)
    async with ingested(workspace.root) as store:
        runs = {run.id: run for run in (await store.list_runs(EVERYTHING)).runs}
    assert runs.keys() == {RUN, other}
    assert (runs[other].name, runs[other].deleted) == ("llama", False)
    new = everything(workspace.root.parent) - before
    assert [
        name for name in new if not name.startswith(("workspace/.mlws/index.db", "workspace/.mlws/ingest"))
    ] == []


# links and other things in the place of what we write


def test_a_log_is_never_written_through_a_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (tmp_path / "x.log").symlink_to(mine)
    (tmp_path / "y.log").symlink_to(tmp_path / "nowhere")
    for name in ("x.log", "y.log"):
        with pytest.raises(FileExistsError):
            LogWriter(tmp_path / name, tmp_path)
    assert mine.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_a_lock_is_never_made_through_a_link(workspace: Workspace, tmp_path: Path) -> None:
    workspace.journal_lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(files.FileError, match=r"journal\.lock could not be opened"):
        JournalService(workspace, clock=lambda: NOW).append("Experiments", "x")
    assert not (tmp_path / "elsewhere").exists()


def test_a_pipe_in_the_place_of_the_journal_is_not_waited_for(workspace: Workspace) -> None:
    workspace.journal.unlink()
    os.mkfifo(workspace.journal)
    with pytest.raises(files.FileError, match="no regular file"):
        JournalService(workspace).read()


def test_a_file_in_the_place_of_a_folder_is_one_sentence(workspace: Workspace) -> None:
    workspace.sessions.rmdir()
    workspace.sessions.write_text("a file")
    with pytest.raises(MlwsError, match="sessions"):
        SessionsService(workspace, clock=lambda: NOW).new("Tuning")


def test_a_theme_is_found_by_its_own_name_alone(workspace: Workspace) -> None:
    folder = workspace.marker / "themes"
    folder.mkdir()
    (workspace.marker / "x.yaml").write_text("primary: red\n")
    (folder / "-rf.yaml").write_text("primary: red\n")
    themes, _ = load_themes([folder])
    assert [theme.name for theme in themes] == ["-rf"]
