"""``mlws-tui logs``."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlws_tui.cli.logs import command
from mlws_tui.cli.output import Session
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import NotFoundError, UsageError, WorkspaceError
from tests.logs.conftest import append, numbered
from tests.runs.kit import alive, begun, ended, record

RUN = "20261120-091203-llama-ft"
OLD = "20191119-143000-sentiment"
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad\n'


class Logs:
    """The command, on one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __call__(self, *args: str) -> Result:
        session = Session(str(self.workspace.root))
        return CliRunner().invoke(command, args, obj=session, catch_exceptions=False)

    def start(self, *args: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "mlws_tui", "--workspace", str(self.workspace.root), "logs", *args]
        return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Terminal:
    """The program on a terminal."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def __call__(self, *args: str, columns: int = 80) -> list[str]:
        """The lines that it shows."""
        pid, master = pty.fork()
        if pid == 0:
            program = [sys.executable, "-m", "mlws_tui", "--workspace", str(self.workspace.root), *args]
            os.execvpe(program[0], program, {**os.environ, "COLUMNS": str(columns), "LINES": "40"})
        shown = b""
        with contextlib.suppress(OSError):  # so a terminal says that nobody is at its other end
            while data := os.read(master, 65_536):
                shown += data
        os.close(master)
        os.waitpid(pid, 0)
        return shown.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


@pytest.fixture
def terminal(workspace: Workspace) -> Terminal:
    return Terminal(workspace)


@pytest.fixture
def logs(workspace: Workspace) -> Logs:
    return Logs(workspace)


@pytest.fixture
def run(workspace: Workspace, log: Path) -> Path:
    """The stream of a run that goes on, and writes the log."""
    log.write_text(numbered(30))
    return record(workspace, RUN, begun(RUN, time.time(), log=workspace.relative(log), **alive()))


@pytest.fixture
def followed(logs: Logs, run: Path) -> Iterator[subprocess.Popen[str]]:
    with logs.start("follow", RUN, "-n", "2") as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_list_tells_of_each_log_whose_it_is(logs: Logs, run: Path, log: Path) -> None:
    os.utime(log, (1_700_000_000, 1_700_000_000))
    told = logs("list").stdout
    assert told == f"2023-11-14T22:13:20+0000\t230\tlogs/training/{RUN}.log\t{RUN}\trunning\tllama-ft\n"
    document = json.loads(logs("list", "--json").stdout)
    assert document == {
        "logs": [
            {
                "path": f"logs/training/{RUN}.log",
                "kind": "training",
                "size": 230,
                "modified": "2023-11-14T22:13:20.000+00:00",
                "archived": False,
                "run": RUN,
                "name": "llama-ft",
                "state": "running",
            }
        ]
    }


def test_the_list_has_archived_logs_and_those_of_no_run_newest_first(
    logs: Logs, run: Path, log: Path, workspace: Workspace
) -> None:
    old, packed = workspace.logs / "notes.txt", workspace.logs / "archive" / "training" / f"{OLD}.log.zst"
    packed.parent.mkdir(parents=True)
    record(workspace, OLD, begun(OLD, 100.0, log=f"logs/training/{OLD}.log"), ended(200.0))
    for path, ts in ((old, 1_700_000_000), (packed, 1_600_000_000)):
        path.write_bytes(b"x")
        os.utime(path, (ts, ts))
    listed = json.loads(logs("list", "--json").stdout)["logs"]
    assert [Path(one["path"]).name for one in listed] == [log.name, "notes.txt", f"{OLD}.log.zst"]
    assert [one["kind"] for one in listed] == ["training", None, "training"]
    assert [one["archived"] for one in listed] == [False, False, True]
    assert [one["run"] for one in listed][::2] == [RUN, OLD]
    assert [one["state"] for one in listed][::2] == ["running", "completed"]
    of_kind = json.loads(logs("list", "--kind", "training", "--json").stdout)["logs"]
    assert [one["run"] for one in of_kind] == [RUN, OLD]
    assert logs("list", "--kind", "agents").stdout == ""
    with pytest.raises(UsageError, match="no kind of log called 'bogus'"):
        logs("list", "--kind", "bogus")


def test_on_a_terminal_the_list_is_a_table(logs: Logs, run: Path, log: Path, terminal: Terminal) -> None:
    os.utime(log, (1_700_000_000, 1_700_000_000))
    head, row = terminal("logs", "list", columns=100)[:2]
    assert head.split() == ["WRITTEN", "SIZE", "LOG", "RUN", "STATE"]
    assert row.split() == [
        "2023-11-14",
        "22:13",
        "230",
        "B",
        f"logs/training/{RUN}.log",
        "llama-ft",
        "running",
    ]
    assert terminal("logs", "list", "--kind", "agents")[0] == "mlws-tui: no logs of the kind 'agents'"


@pytest.mark.parametrize(
    "target", [RUN, RUN[:15], "@last", f"training/{RUN}.log", f"logs/training/{RUN}.log"]
)
def test_a_log_is_named_by_its_run_or_its_file(logs: Logs, run: Path, target: str) -> None:
    assert logs("show", target, "-n", "2").stdout == "line 28\nline 29\n"


def test_a_log_as_a_document(logs: Logs, run: Path, log: Path) -> None:
    append(log, "\x1b[31mred\x1b[0m \x9b2J\nunfinished")
    everything = json.loads(logs("show", "@last", "--json").stdout)
    assert everything["file"] == f"logs/training/{RUN}.log"
    assert everything["lines"][0] == {"line": 1, "ts": None, "level": None, "text": "line 0"}
    assert len(everything["lines"]) == 32
    last = json.loads(logs("show", str(log), "-n", "2", "--json").stdout)
    assert last["lines"] == everything["lines"][-2:]
    assert [line["line"] for line in last["lines"]] == [31, 32]
    assert last["lines"][0]["text"].startswith("red ") and "\x9b" not in last["lines"][0]["text"]
    assert json.loads(logs("show", RUN, "-n", "0", "--json").stdout)["lines"] == []


def test_a_log_folder_may_be_a_link_to_another_disk(logs: Logs, run: Path, log: Path, tmp_path: Path) -> None:
    log.parent.rename(tmp_path / "scratch")
    log.parent.symlink_to(tmp_path / "scratch")
    assert logs("show", RUN, "-n", "1").stdout == "line 29\n"


def test_a_log_that_leads_out_of_the_workspace_is_refused(logs: Logs, workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, time.time(), log="logs/../../secret.log"))
    with pytest.raises(WorkspaceError, match="leads to nothing inside"):
        logs("show", RUN)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/etc/passwd", "//etc/passwd", "a/..", "a/../../x", "./../x", "a\0b", "\ud800"],
)
def test_a_hostile_name_leads_nowhere(workspace: Workspace, name: str) -> None:
    with pytest.raises(WorkspaceError):
        workspace.inside(name)


@pytest.mark.parametrize("name", ["logs/x.log", "./logs//x.log", "logs/a/../x.log"])
def test_a_name_is_taken_as_it_reads(workspace: Workspace, name: str) -> None:
    assert workspace.inside(name) == workspace.logs / "x.log"
    assert workspace.inside("..x") == workspace.root / "..x"


def test_what_is_shown_is_plain_text(logs: Logs, log: Path) -> None:
    log.write_bytes(b"\x1b[31mred\x1b[0m \x1b]52;c;x\x07\r\n 1%\r 99%\n" + b"x" * 70_000 + b"\nlast")
    shown = logs("show", str(log)).stdout.splitlines()
    assert shown[:2] == ["red ␛]52;c;x␇", " 99%"]
    assert shown[2].endswith("x … 4,465 bytes more")
    assert shown[3] == "last"
    assert logs("show", str(log), "-n", "0").stdout == ""


def test_a_log_that_is_not_there_is_told(logs: Logs, run: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        logs("show", "logs/nothing.log")
    with pytest.raises(NotFoundError):
        logs("show", "nothing")


def test_errors(logs: Logs, run: Path, log: Path) -> None:
    append(log, "2024-10-19 14:52:45 - ERROR - epoch failed\n" + TRACE + "RuntimeError: gone\n")
    assert json.loads(logs("errors", RUN, "--json").stdout) == {
        "errors": [
            {
                "file": f"logs/training/{RUN}.log",
                "line": 31,
                "ts": 1729349565.0,
                "level": "error",
                "type": "ValueError",
                "message": "bad",
                "traceback": TRACE.rstrip("\n"),
                "told": "epoch failed",
            },
            {
                "file": f"logs/training/{RUN}.log",
                "line": 35,
                "ts": 1729349565.0,
                "level": "error",
                "type": "RuntimeError",
                "message": "gone",
                "traceback": None,
                "told": None,
            },
        ]
    }
    told = logs("errors", str(log))
    text = told.stdout.splitlines()
    assert text[0] == "31:  2024-10-19 14:52:45  ValueError: bad (epoch failed)"
    assert text[1] == "    Traceback (most recent call last):"
    assert text[-1] == "35:  2024-10-19 14:52:45  RuntimeError: gone"
    assert told.stderr == "mlws-tui: 2 errors\n"


def test_warnings_too(logs: Logs, log: Path) -> None:
    log.write_text("2024-10-19 14:30:00 - WARNING - low\nx\nERROR: bad\nUserWarning: old\nWARNING: again\n")
    told = logs("errors", str(log), "--warnings")
    assert told.stdout.splitlines() == [
        "1:  2024-10-19 14:30:00  warning: low",
        "3:  2024-10-19 14:30:00  bad",
        "4:  2024-10-19 14:30:00  warning: UserWarning: old",
        "5:  2024-10-19 14:30:00  warning: again",
    ]
    assert told.stderr == "mlws-tui: 1 error, 3 warnings\n"
    listed = json.loads(logs("errors", str(log), "--warnings", "--json").stdout)["errors"]
    assert [(one["line"], one["level"], one["message"]) for one in listed][:2] == [
        (1, "warning", "low"),
        (3, "error", "bad"),
    ]
    log.write_text("fine\n")
    assert logs("errors", str(log)).stderr == "mlws-tui: no errors\n"


def test_following_ends_with_the_run(
    followed: subprocess.Popen[str], run: Path, log: Path, workspace: Workspace
) -> None:
    assert followed.stdout is not None
    assert [followed.stdout.readline() for _ in range(2)] == ["line 28\n", "line 29\n"]
    append(log, "live\nunfin")
    assert followed.stdout.readline() == "live\n"
    append(log, "ished")
    record(workspace, RUN, {"type": "end", "ts": time.time(), "status": "completed", "exit_code": 0})
    assert followed.stdout.read() == "unfinished\n"
    assert followed.wait(20) == 0
    assert followed.stderr is not None and followed.stderr.read() == ""


def test_following_a_file_ends_by_ctrl_c_and_tells_of_rotation(logs: Logs, log: Path) -> None:
    with logs.start("follow", str(log)) as process:
        assert process.stderr is not None and process.stdout is not None
        assert "is not there yet" in process.stderr.readline()
        log.write_text("one\n")
        assert process.stdout.readline() == "one\n"
        log.rename(log.with_suffix(".1"))
        log.write_text("two\n")
        assert "replaced by a new file" in process.stderr.readline()
        assert process.stdout.readline() == "two\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
