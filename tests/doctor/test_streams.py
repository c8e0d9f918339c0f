"""What the doctor says of the streams: names, rights, lines, marks, clocks."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import pytest

from mlws_tui.cli.main import main
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.deletion import delete_run_forever
from mlws_tui.services.doctor import Case, Known, look
from mlws_tui.sources.edits import EditsLog
from mlws_tui.sources.processes import boot_id, hostname, pid_namespace
from mlws_tui.store.metrics import MOST_NAMES
from tests.doctor.kit import Doctor, ingest, needs_rights, record, texts, without_rights
from tests.store.kit import OTHER, RUN, header, metrics, write

_DAY = 86_400


def test_names_that_are_no_streams(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    assert doctor().one("streams")["message"].startswith("1 run, ")
    (workspace.streams / "notes.txt").touch()
    (workspace.streams / "copies").mkdir()
    (workspace.streams / "_later").mkdir()
    (workspace.streams / RUN / "model.bin").touch()
    (workspace.streams / OTHER).symlink_to(workspace.streams / RUN)
    links, foreign = doctor().of("streams")
    assert (links["level"], foreign["level"]) == ("advice", "advice")
    assert OTHER in links["message"]
    assert "copies, notes.txt" in foreign["message"] and "model.bin" in foreign["message"]
    assert "_later" not in foreign["message"]


@needs_rights
def test_streams_that_may_not_be_read(workspace: Workspace) -> None:
    record(workspace).chmod(0)
    record(workspace, OTHER)
    (workspace.streams / OTHER).chmod(0)
    answer = without_rights(workspace)
    (workspace.streams / OTHER).chmod(0o700)
    assert answer.code == 1
    message = answer.one("streams")["message"]
    assert f"{RUN}/host-1-a.jsonl" in message and OTHER in message and "uid" in message


@needs_rights
def test_edits_that_may_not_be_written(doctor: Doctor, workspace: Workspace) -> None:
    assert "nothing was changed" in doctor().one("edits")["message"]
    edits = workspace.streams / "_edits" / "host.jsonl"
    edits.parent.mkdir(mode=0o700)
    edits.write_text("{}\n")
    assert doctor().one("edits")["message"] == "3 bytes of changes"
    edits.chmod(0o400)
    assert "host.jsonl" in without_rights(workspace).one("edits")["message"]


def test_lines_that_do_not_parse(doctor: Doctor, workspace: Workspace) -> None:
    """F01, F07"""
    path = record(workspace, RUN, b"garbage\n", b"\0\0\0\0\n")
    ingest(workspace)
    answer = doctor()
    assert answer.code == 0
    check = answer.one("records")
    assert check["level"] == "advice"
    assert "2 lines" in check["message"] and path.name in check["message"]


def test_a_stream_that_shrank(doctor: Doctor, workspace: Workspace) -> None:
    """F08"""
    path = record(workspace, end=False)
    ingest(workspace)
    with path.open("r+b") as file:
        file.truncate(50)
    ingest(workspace)
    answer = doctor()
    assert answer.code == 1
    assert "is shorter" in answer.one("records")["message"]


def test_a_stream_that_shrank_after_its_run_was_over(doctor: Doctor, workspace: Workspace) -> None:
    """F08: nobody reads it any more, and an index that is made again forgets what it held."""
    path = record(workspace)
    past = time.time() - 60
    os.utime(path, (past, past))
    ingest(workspace)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    os.utime(path, (past, past))
    answer = doctor()
    assert answer.code == 1 and path.name in answer.one("lost streams")["message"]
    answer = doctor("--rebuild")
    assert answer.code == 1 and "fewer points than before" in answer.done and path.parent.name in answer.done
    assert doctor().code == 0


def test_a_run_without_a_run_record_and_one_that_went_on_after_its_end(
    doctor: Doctor, workspace: Workspace
) -> None:
    write(workspace.streams, f"{OTHER}/host-1-a.jsonl", [metrics(1, 1.0, loss=1)])
    path = record(workspace)
    past = time.time() - 60
    os.utime(path, (past, past))
    ingest(workspace)
    with path.open("ab") as file:
        file.write(b'{"type":"note","ts":5000,"text":"late"}\n')
    after, nameless = doctor().of("records")
    assert (after["level"], nameless["level"]) == ("advice", "advice")
    assert path.name in after["message"]
    assert OTHER in nameless["message"] and RUN not in nameless["message"]


def process(pid: int) -> dict[str, Any]:
    return {"host": hostname(), "pid": pid, "boot_id": boot_id(), "pid_ns": pid_namespace()}


def test_a_half_line_of_a_process_that_is_gone(doctor: Doctor, workspace: Workspace) -> None:
    """F01"""
    half = b'{"type":"metrics","ts":10'
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", [header(RUN, **process(os.getpid())), half])
    write(workspace.streams, f"{OTHER}/host-2-a.jsonl", [header(OTHER, **process(2**22 + 1)), half])
    ingest(workspace)
    check = doctor().one("half lines")
    assert check["level"] == "advice"
    assert OTHER in check["message"] and RUN not in check["message"]


def test_old_marks_go_and_those_of_a_live_run_stay(doctor: Doctor, workspace: Workspace) -> None:
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", [header(RUN, **process(os.getpid()))])
    ingest(workspace)
    marks = workspace.streams / "_rendezvous", workspace.streams / "_wake"
    for folder in marks:
        folder.mkdir(mode=0o700)
    old = time.time() - 2 * _DAY
    names = [f"{RUN}.1.rank0", f"{OTHER}.1.rank0", "torchelastic-0-x-0"]
    for path in [*(marks[0] / name for name in names), marks[1] / RUN, marks[1] / OTHER]:
        path.touch(mode=0o600)
        os.utime(path, (old, old))
    (marks[1] / "20260101-000000-new").touch(mode=0o600)
    check = doctor().one("marks")
    assert check["level"] == "advice" and "3 marks" in check["message"]
    answer = doctor("--fix")
    assert "removed 3 old marks" in answer.done
    assert answer.one("marks")["level"] == "ok"
    assert [path.name for path in marks[0].iterdir()] == [f"{RUN}.1.rank0"]
    assert {path.name for path in marks[1].iterdir()} == {RUN, "20260101-000000-new"}


def test_records_of_the_future(doctor: Doctor, workspace: Workspace) -> None:
    """F10"""
    record(workspace)
    ingest(workspace)
    assert doctor().one("clock")["level"] == "ok"
    record(workspace, OTHER, metrics(1, time.time() + 3 * _DAY + 60, loss=1))
    ingest(workspace)
    check = doctor().one("clock")
    assert check["level"] == "advice"
    assert OTHER in check["message"] and "3d" in check["message"]


def test_a_clock_that_was_set_back_behind_the_boot(workspace: Workspace) -> None:
    """F10"""
    report = look(Case(workspace, Known(), now=1000.0))
    (clock,) = [check for check in report.checks() if check.name == "clock"]
    assert clock.level == "advice" and "it was set back" in clock.message


def test_what_is_left_of_a_run_that_was_deleted_for_ever(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    kept = record(workspace, OTHER)
    ingest(workspace)
    asyncio.run(delete_run_forever(workspace, EditsLog(workspace.streams), RUN, by="ada"))
    ingest(workspace)
    answer = doctor()
    assert answer.code == 0
    assert answer.of("deleted runs") == [] and answer.of("lost streams") == []
    record(workspace)  # another host still wrote it
    ingest(workspace)
    answer = doctor()
    assert RUN in answer.one("deleted runs")["message"]
    assert answer.one("records")["level"] == "ok"
    answer = doctor("--fix")
    assert f"removed the files of 1 deleted run: {RUN}" in answer.done
    assert answer.of("deleted runs") == []
    assert not (workspace.streams / RUN).exists() and kept.exists()


def test_more_names_than_the_index_holds(doctor: Doctor, workspace: Workspace) -> None:
    """F13"""
    values = {f"name{number}": 1.0 for number in range(MOST_NAMES + 5)}  # and loss: 6 too many
    record(workspace, RUN, {"type": "metrics", "ts": 1002.0, "step": 1, "values": values})
    ingest(workspace)
    check = doctor().one("records")
    assert check["level"] == "advice" and "6 values are not in the index" in check["message"]


def test_what_cannot_be_read_of_a_damaged_index_is_left_out(doctor: Doctor, workspace: Workspace) -> None:
    record(workspace)
    (workspace.marker / "index.db").write_text("no database")
    answer = doctor()
    assert answer.problems == ["index"]
    assert answer.of("records") == [] and answer.of("half lines") == []
    assert "failed itself" not in texts(answer.document["checks"])


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "[bold]\u202e", "\udcff"])
def test_hostile_names_are_shown_as_signs(
    workspace: Workspace, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """F38"""
    (workspace.streams / name).mkdir()
    assert main(["--workspace", str(workspace.root), "doctor"]) == 0
    shown = capsys.readouterr().out
    assert not any(sign in shown for sign in ("\x1b[2J", "a\nb", "\u202e"))
    assert "these are no streams of runs" in shown
