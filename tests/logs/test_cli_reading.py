"""``mlws-tui logs show`` and ``follow``: the lines that are asked for, wherever the log lies now."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import MlwsError, NotFoundError, UsageError
from tests.logs.conftest import append
from tests.logs.test_cli import RUN, TRACE, Logs
from tests.runs.kit import alive, begun, ended, record

DAY = """\
2024-10-19 14:30:00 - INFO - begin
2024-10-19 14:31:00 - INFO - Loss: 0.9
no time here
2024-10-19 14:32:00 - WARNING - loss spike
2024-10-19 14:33:00 - ERROR - epoch failed
Traceback (most recent call last):
  File "a.py", line 1, in f
ValueError: bad
2024-10-19 14:34:00 - INFO - end
"""
LINES = DAY.splitlines()


@pytest.fixture
def logs(workspace: Workspace) -> Logs:
    return Logs(workspace)


@pytest.fixture
def day(log: Path) -> Path:
    log.write_text(DAY)
    return log


def shown(logs: Logs, *args: str) -> list[int]:
    """Which lines of the day are shown."""
    return [LINES.index(line) + 1 for line in logs("show", *args).stdout.splitlines()]


def test_lines_with_a_text(logs: Logs, day: Path) -> None:
    assert shown(logs, str(day), "--grep", "loss") == [2, 4], "any case"
    assert shown(logs, str(day), "--grep", "Loss") == [2], "a capital letter counts"
    assert shown(logs, str(day), "--grep", r"loss|begin", "--regex") == [1, 2, 4]
    assert shown(logs, str(day), "--grep", "ValueError") == [5, 6, 7, 8], "an error is shown as a whole"
    assert shown(logs, str(day), "--grep", "nothing") == []
    assert shown(logs, str(day), "--grep", "loss", "-n", "1") == [4]
    with pytest.raises(UsageError, match="is no regular expression"):
        logs("show", str(day), "--grep", "(", "--regex")
    with pytest.raises(UsageError, match="needs an expression"):
        logs("follow", str(day), "--regex")


@pytest.mark.parametrize("args", [("show",), ("show", "-n", "1"), ("follow",)])
def test_an_expression_that_takes_too_long_shows_nothing(
    logs: Logs, log: Path, args: tuple[str, ...]
) -> None:
    log.write_text(("a" * 60_000 + "b\n") * 3)
    with logs.start(*args, str(log), "--regex", "--grep", "(a|aa)+(?:c|d)$") as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert "takes too long" in err and len(err.splitlines()) == 1


def test_lines_of_a_level(logs: Logs, day: Path) -> None:
    assert shown(logs, str(day), "--level", "error") == [5, 6, 7, 8]
    assert shown(logs, str(day), "--level", "warning") == [4, 5, 6, 7, 8]
    assert shown(logs, str(day), "--level", "warning", "--grep", "spike") == [4]


@pytest.mark.parametrize(
    "since,until,lines",
    [
        ("14:32", "", [4, 5, 6, 7, 8, 9]),
        ("", "14:31:30", [1, 2, 3]),
        ("2024-10-19 14:31", "14:33", [2, 3, 4]),
        ("-90s", "", [5, 6, 7, 8, 9]),
        ("", "2024-10-18", []),
        ("2024-10-20", "", []),
    ],
)
def test_lines_of_a_time(logs: Logs, day: Path, since: str, until: str, lines: list[int]) -> None:
    assert shown(logs, str(day), "--since", since, "--until", until) == lines


def test_times_with_fractions_of_a_second(logs: Logs, log: Path) -> None:
    log.write_text("".join(f"2024-10-19 14:30:06.{part}00 - INFO - {part}\n" for part in range(10)))
    told = logs("show", str(log), "--since", "14:30:06.5", "--until", "2024-10-19 14:30:06,8").stdout
    assert [line[-1] for line in told.splitlines()] == ["5", "6", "7"]


@pytest.mark.parametrize(
    "args", [("--grep", "needle"), ("--grep", "ne+dle", "--regex"), ("--grep", "ÄNeedle")]
)
def test_a_match_far_inside_a_line_is_shown_with_what_is_around_it(
    logs: Logs, log: Path, args: tuple[str, ...]
) -> None:
    line = "x" * 2_500_000 + "äö ÄNeedle needle üö" + "y" * 2_500_000
    log.write_text(f"short\n{line}\nlast\n")
    size = len(line.encode())
    for way in ("show", "follow"):
        with logs.start(way, str(log), *args) as process:
            deadline = time.monotonic() + 15
            assert process.stdout is not None
            told = process.stdout.readline()
            assert time.monotonic() < deadline
            process.terminate()
        before, rest = told.split(" bytes before … ")
        piece, after = rest.rstrip("\n").rsplit(" … ", 1)
        assert "needle" in piece and len(piece) <= 2048
        left = int(after.removesuffix(" bytes more").replace(",", ""))
        assert int(before.replace(",", "")) + len(piece.encode()) + left == size
    document = json.loads(logs("show", str(log), "--json", *args).stdout)
    assert [one["line"] for one in document["lines"]] == [2] and "needle" in document["lines"][0]["text"]


def test_the_last_lines_before_a_time(logs: Logs, day: Path) -> None:
    assert shown(logs, str(day), "--until", "14:32", "-n", "2") == [2, 3]
    assert shown(logs, str(day), "--since", "14:31", "--until", "14:33", "--grep", "loss") == [2, 4]


def test_what_is_no_time_and_a_log_without_times(logs: Logs, day: Path, log: Path) -> None:
    with pytest.raises(UsageError, match="is no time"):
        logs("show", str(day), "--since", "soon")
    with pytest.raises(UsageError, match="is no time"):
        logs("show", str(day), "--since", "50%")
    log.write_text("no times\nat all\n")
    with pytest.raises(MlwsError, match="tells no times"):
        logs("show", str(log), "--since", "14:30")


def test_numbers(logs: Logs, day: Path) -> None:
    numbered = logs("show", str(day), "--numbers", "-n", "2").stdout.splitlines()
    assert numbered == ["      8  ValueError: bad", f"      9  {LINES[8]}"]
    some = logs("show", str(day), "--numbers", "--grep", "loss").stdout.splitlines()
    assert [line.split()[0] for line in some] == ["2", "4"]
    listed = json.loads(logs("show", str(day), "--json", "--level", "warning").stdout)["lines"]
    assert [one["line"] for one in listed] == [4, 5, 6, 7, 8]
    assert listed[0]["level"] == "warning" and listed[0]["ts"] == 1729348320.0
    assert listed[3]["ts"] is None


def test_a_packed_log_and_an_archived_one(logs: Logs, day: Path, workspace: Workspace) -> None:
    packed = workspace.logs / "archive" / "training" / f"{day.name}.gz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(DAY.encode() * 500))
    record(workspace, RUN, begun(RUN, 100.0, log=workspace.relative(day)), ended(200.0))
    day.unlink()
    for target in (RUN, str(packed), f"logs/training/{RUN}.log", f"training/{RUN}.log.gz"):
        told = logs("show", target, "-n", "1", "--numbers").stdout
        assert told == f"   4500  {LINES[8]}\n", target
    assert logs("follow", RUN, "-n", "1").stdout == f"{LINES[8]}\n"
    errors = json.loads(logs("errors", str(packed), "--json").stdout)["errors"]
    assert len(errors) == 500 and errors[-1]["line"] == 4_496
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(MlwsError, match="ends early"):
        logs("show", RUN)


@contextmanager
def following(logs: Logs, *args: str) -> Iterator[subprocess.Popen[str]]:
    with logs.start("follow", *args) as process:
        try:
            yield process
        finally:
            process.kill()


def read(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().rstrip("\n") for _ in range(count)]


def test_following_what_is_asked_for(logs: Logs, day: Path) -> None:
    with following(logs, str(day), "--level", "error", "-n", "1") as process:
        assert read(process, 1) == [LINES[7]]
        append(day, "INFO fine\nERROR: again\n" + TRACE + "INFO fine\n")
        assert read(process, 4) == ["ERROR: again", *TRACE.splitlines()]


def test_following_as_documents(logs: Logs, day: Path) -> None:
    with following(logs, str(day), "--grep", "loss", "-n", "1", "--json") as process:
        (last,) = map(json.loads, read(process, 1))
        assert last["ts"] == 1729348320.0 and last["level"] == "warning" and last["text"] == LINES[3]
        append(day, "other\nloss: 1\n")
        (new,) = map(json.loads, read(process, 1))
        assert new["text"] == "loss: 1" and new["line"] in (11, None)


def test_a_run_that_has_no_log_yet_is_waited_for(logs: Logs, log: Path, workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, time.time(), **alive()))
    with following(logs, RUN) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"mlws-tui: {RUN} has not written a log yet; waiting for it\n"
        log.write_text("first\n")
        record(workspace, RUN, begun(RUN, time.time(), log=workspace.relative(log), **alive()))
        assert read(process, 1) == ["first"]
        append(log, "last\n")
        record(workspace, RUN, ended(time.time()))
        assert read(process, 2) == ["last", ""]
        assert process.wait(20) == 0


def test_a_run_that_ended_without_a_log_is_told_from_one_that_may_write_one(
    logs: Logs, log: Path, workspace: Workspace
) -> None:
    record(workspace, RUN, begun(RUN, time.time(), **alive()))
    with pytest.raises(NotFoundError, match="has written no log yet"):
        logs("show", RUN)
    record(workspace, RUN, ended(time.time()))
    for what in ("show", "follow", "errors"):
        with pytest.raises(NotFoundError, match="has ended and wrote no log"):
            logs(what, RUN)
    record(workspace, RUN, begun(RUN, time.time(), log=workspace.relative(log)), ended(time.time()))
    with pytest.raises(NotFoundError, match=r"has ended, and its log .* is not there"):
        logs("follow", RUN)


def test_the_logs_of_all_ranks(logs: Logs, log: Path, workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, 100.0, log=workspace.relative(log)), ended(200.0))
    other = log.with_name(f"{RUN}.rank1.log")
    log.write_text("2024-10-19 14:30:00 one\n2024-10-19 14:30:02 ERROR three\n")
    other.write_text("2024-10-19 14:30:01 two\n2024-10-19 14:30:03 ERROR four\n")
    merged = logs("show", RUN, "--merge").stdout.splitlines()
    assert [line.split()[-1] for line in merged] == ["one", "two", "three", "four"]
    assert len({line.split()[0] for line in merged}) == 2
    document = json.loads(logs("show", RUN, "--merge", "--json").stdout)
    assert document["merged"] == [workspace.relative(log), workspace.relative(other)]
    errors = json.loads(logs("errors", RUN, "--json").stdout)["errors"]
    assert [(one["file"], one["line"]) for one in errors] == [
        (workspace.relative(log), 2),
        (workspace.relative(other), 2),
    ]
    told = logs("errors", RUN).stdout.splitlines()
    assert told[0] == f"{workspace.relative(log)}:" and told[2] == f"{workspace.relative(other)}:"
    other.unlink()
    assert len(logs("show", RUN, "--merge").stdout.splitlines()) == 2
    with pytest.raises(UsageError, match="logs of a run"):
        logs("show", str(log), "--merge")


def test_ctrl_c_ends_the_wait(logs: Logs, workspace: Workspace) -> None:
    record(workspace, RUN, begun(RUN, time.time(), **alive()))
    with following(logs, RUN) as process:
        assert process.stderr is not None and "waiting" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
