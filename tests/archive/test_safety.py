"""No log is touched that somebody writes, and none is lost to a kill, a full disk or a name that is taken."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.services.logplaces import find_log
from mlws_tui.sources.packed import packing_of, unpack
from tests.archive.kit import NAME, PACK, Archive, age, lay, text, tree
from tests.doctor.kit import Doctor, ingest, record
from tests.faults.kit import full, mounted
from tests.store.kit import RUN

PACKED = f"archive/training/{NAME}.log.zst"
PLAIN = f"training/{NAME}.log"
LEFT = f"logs/{PLAIN}"

_HOLD = "import sys,time; f=open(sys.argv[1],sys.argv[2]); print('open',flush=True); time.sleep(600)"
#: Archives or brings back all logs that it is given; it has said its word when it begins.
_WORK = """
import sys, threading, time, zstandard
from pathlib import Path
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.archiveguard import Guard
from mlws_tui.services.archivejobs import Archiving, Restoring, alone
back, root, *names = sys.argv[1:]
workspace, logs, stop = Workspace(Path(root)), [Path(name) for name in names], threading.Event()
guard = Guard(workspace, logs, (), time.time())
job = Restoring(workspace, stop) if back else Archiving(workspace, guard, "zstd", stop, None)
print("ready", flush=True)
with alone(workspace):
    job.do(logs)
"""
_COMMAND = (
    "import sys; from mlws_tui.cli.main import main; print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
)


@contextlib.contextmanager
def process(*args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program that has said its first word."""
    started = subprocess.Popen([sys.executable, "-c", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert started.stdout is not None
        assert started.stdout.readline()
        yield started
    finally:
        started.kill()
        started.communicate()


def whole(workspace: Workspace, log: Path) -> bytes:
    """The text of a log, wherever it lies now."""
    place = find_log(workspace, log)
    packing = packing_of(place)
    if packing is None:
        return place.read_bytes()
    with place.open("rb") as file:
        return b"".join(unpack(file, packing))


@pytest.mark.parametrize("mode", ["a", "r", "r+"])
def test_a_log_that_a_process_has_open_stays(workspace: Workspace, archive: Archive, mode: str) -> None:
    log = lay(workspace)
    with process(_HOLD, str(log), mode) as holder:
        answer = archive("--json")
        assert answer.code == 0
        assert answer.reasons[LEFT].startswith("is open in python")
        assert answer.reasons[LEFT].endswith(f"(pid {holder.pid})")
        assert tree(workspace) == {PLAIN: text()}
    assert archive().code == 0
    assert set(tree(workspace)) == {PACKED}


def test_a_log_that_this_process_writes_stays_and_one_that_it_reads_does_not(
    workspace: Workspace, archive: Archive
) -> None:
    log = lay(workspace)
    with log.open("ab"):
        age(log, 60)
        assert "is open in" in archive("--json").reasons[LEFT]
    with log.open("rb") as reading:
        assert archive("--json").reasons == {}
        assert reading.read() == text()


def test_the_log_of_a_run_that_has_not_ended_stays(workspace: Workspace, archive: Archive) -> None:
    log = lay(workspace, f"training/{RUN}.log")
    lay(workspace, f"training/{RUN}.rank1.log")
    file = record(workspace, RUN, {"type": "run", "ts": 1001.0, "log": f"logs/training/{RUN}.log"}, end=False)
    ingest(workspace)
    reasons = archive("--json").reasons
    assert set(reasons.values()) == {f"its run {RUN} has not ended"}
    assert len(reasons) == 2
    assert log.exists()
    with file.open("ab") as stream:
        stream.write(b'{"type":"end","ts":1010.0,"status":"failed"}\n')
    assert archive("--json").reasons == {}
    assert not log.exists()


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="needs a file of another user and rights to put off",
)
def test_a_log_of_another_user_stays_where_processes_cannot_be_seen(
    workspace: Workspace, archive: Archive
) -> None:
    log = lay(workspace)
    os.chown(log, 12345, 12345)

    def told_without(*rights: str) -> str:
        put_off = [
            "setpriv",
            "--inh-caps=-all",
            f"--bounding-set={','.join(f'-{right}' for right in rights)}",
        ]
        command = [*put_off, sys.executable, "-m", "mlws_tui", "--workspace", str(workspace.root), "archive"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout

    why = "it belongs to another user, whose processes cannot be seen"
    assert f"{LEFT} stays: {why}" in told_without("lease", "sys_ptrace")
    with process(_HOLD, str(log), "a"):
        age(log, 60)
        assert f"{LEFT} stays: it is open in python" in told_without("lease")
    assert archive().code == 0  # with all rights the kernel tells that nobody writes it
    assert (workspace.logs / PACKED).stat().st_uid == 12345


def test_killed_at_any_moment_it_loses_nothing(workspace: Workspace, archive: Archive) -> None:
    random.seed(7)
    texts = {}
    for number in range(12):
        data = text(4_000) + b"%d\n" % number
        texts[lay(workspace, f"training/202401{number + 10}-000000-x.log", data=data)] = data
    cut_off = 0
    for again in range(4):
        back = again % 2
        logs = [str(log) for log in texts if log.exists() != back]
        with process(_WORK, "back" if back else "", str(workspace.root), *logs) as started:
            time.sleep(random.uniform(0.001, 0.1))
            started.kill()
            cut_off += started.wait() == -signal.SIGKILL
        for log, data in texts.items():
            assert whole(workspace, log) == data
    assert cut_off
    assert archive().code == 0
    assert {log.relative_to(workspace.logs).as_posix() for log in texts} == {
        name.removeprefix("archive/").removesuffix(".zst") for name in tree(workspace)
    }
    for log, data in texts.items():
        assert whole(workspace, log) == data


def test_an_interrupt_leaves_nothing_half(workspace: Workspace) -> None:
    logs = [
        lay(workspace, f"training/2024010{number}-000000-x.log", data=text(20_000)) for number in range(6)
    ]
    with process(_COMMAND, "--workspace", str(workspace.root), "archive") as started:
        deadline = time.monotonic() + 30
        while not (workspace.logs / "archive" / "training").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        started.send_signal(signal.SIGINT)
        assert started.wait(20) in (0, 130)
    assert len(tree(workspace)) == len(logs)
    assert not any(name.endswith(".partial") for name in tree(workspace))
    for log in logs:
        assert whole(workspace, log) == text(20_000)


def test_what_a_kill_left_is_taken_up(workspace: Workspace, archive: Archive, doctor: Doctor) -> None:
    log = lay(workspace)
    assert archive().code == 0
    lay(workspace)  # as if it had not come to the removal
    half = lay(workspace, f"archive/training/.{NAME}.log.zst.partial", data=b"half")
    lay(workspace, "archive/agents/20240109-000000-x.log.zst", data=PACK["zstd"](b"x\n"))
    back = lay(workspace, "agents/.20240109-000000-x.log.partial", data=b"half")
    foreign = lay(workspace, "agents/.of-another-program.partial", data=b"?")
    assert doctor().one("half archives")["level"] == "ok"  # it may be at work
    answer = archive("--json")
    assert answer.document["archived"][0]["path"] == LEFT
    assert whole(workspace, log) == text()
    assert [path.exists() for path in (log, half, back, foreign)] == [False, False, False, True]
    lay(workspace)
    assert doctor().one("twice")["level"] == "advice"
    assert archive("--restore", LEFT).code == 0
    assert doctor().one("twice")["level"] == "ok"
    assert set(tree(workspace)) == {
        PLAIN,
        "agents/.of-another-program.partial",
        "archive/agents/20240109-000000-x.log.zst",
    }


def test_a_log_that_went_on_after_it_was_packed(workspace: Workspace, archive: Archive) -> None:
    lay(workspace, f"{PLAIN}.gz", data=PACK["gzip"](text()))
    log = lay(workspace, data=text() + b"and more\n")
    assert archive().code == 0
    assert set(tree(workspace)) == {PACKED}
    assert whole(workspace, log) == text() + b"and more\n"


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (PACK["zstd"](b"another text\n"), "is there already, and holds another text"),
        (PACK["zstd"](text())[:-50], "is there already, but the archive ends early"),
        (b"no archive", "is there already, but the file is no archive that is known"),
    ],
    ids=["another", "damaged", "foreign"],
)
def test_no_other_archive_is_replaced(
    workspace: Workspace, archive: Archive, there: bytes, reason: str
) -> None:
    lay(workspace)
    lay(workspace, PACKED, data=there)
    before = tree(workspace)
    answer = archive("--json")
    assert answer.reasons == {LEFT: f"logs/{PACKED} {reason}"}
    assert archive("--restore", LEFT).code == 1
    assert tree(workspace) == before


def test_a_damaged_archive_is_not_brought_back(
    workspace: Workspace, archive: Archive, doctor: Doctor
) -> None:
    lay(workspace, PACKED, data=PACK["zstd"](text())[:-50])
    before = tree(workspace)
    answer = archive("--restore", PLAIN, "--json")
    assert (answer.code, answer.reasons) == (1, {LEFT: "the archive ends early"})
    assert tree(workspace) == before
    assert doctor().one("archives")["ok"]
    assert doctor("--deep").one("archives")["message"] == f"logs/{PACKED}: the archive ends early"


def test_a_full_disk_costs_nothing(workspace: Workspace, archive: Archive) -> None:
    lay(workspace)
    lay(workspace, "training/20240102-000000-x.log")
    (workspace.logs / "archive").rmdir()
    with mounted(workspace.logs / "archive", "2m") as there:
        if not there:
            pytest.skip("no small file system may be mounted here")
        (workspace.logs / "archive" / "training").mkdir()
        before = tree(workspace)
        with full(workspace.logs / "archive"):
            answer = archive("--json")
        assert answer.code == 1
        assert (
            "Then the disk took no more (no space left on device); all other logs are as they were"
            in answer.err
        )
        assert tree(workspace) == before
        assert archive().code == 0
        assert set(tree(workspace)) == {PACKED, "archive/training/20240102-000000-x.log.zst"}


def test_an_archive_with_a_second_name_comes_back(workspace: Workspace, archive: Archive) -> None:
    packed = lay(workspace, PACKED, data=PACK["zstd"](text()))
    os.link(packed, workspace.root / "backup")
    assert archive("--restore", PLAIN).code == 0
    assert tree(workspace) == {PLAIN: text()}
    assert (workspace.root / "backup").exists()


def test_a_log_that_a_run_names_by_a_link_stays(workspace: Workspace, archive: Archive) -> None:
    lay(workspace)
    (workspace.logs / "training" / "latest.log").symlink_to(f"{NAME}.log")
    record(workspace, RUN, {"type": "run", "ts": 1001.0, "log": "logs/training/latest.log"}, end=False)
    ingest(workspace)
    assert archive("--json").reasons == {LEFT: f"its run {RUN} has not ended"}


def test_two_do_not_archive_at_once(workspace: Workspace, archive: Archive) -> None:
    lay(workspace)
    with (workspace.marker / "archive.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = archive()
    assert answer.code == 1
    assert "Another program holds" in answer.err
    assert set(tree(workspace)) == {PLAIN}
