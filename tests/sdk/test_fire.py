"""The SDK under fire: full disks, forks, privacy, records that are too long, marks that nobody takes away."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.events import LONGEST_LINE
from mlws_tui.sdk.marks import DAY
from mlws_tui.sources.edits import EditsLog
from tests.sdk.scripts import metric, of_type, only_stream, records, run, streams


def modes(folder: Path) -> dict[str, int]:
    """Mode of the folder and of all below it, by a name without what is random in it."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.parametrize("umask", ["0", "0o77"])
@pytest.mark.parametrize(("folder", "file"), [(0o700, 0o600), (0o750, 0o640), (0o2750, 0o640)])
def test_what_is_new_is_as_private_as_the_streams_folder(
    workspace: Workspace, umask: str, folder: int, file: int
) -> None:
    workspace.streams.chmod(folder)
    script = f"""
        import os; os.umask({umask})
        import mlws_tui as m
        with m.run("x") as r:
            if (pid := os.fork()) == 0:
                r.log({{"a": 1}}); os._exit(0)
            os.waitpid(pid, 0)
    """
    assert run(workspace.root, script, RANK="0", WORLD_SIZE="2", MASTER_ADDR="h", MASTER_PORT="1")[0] == 0
    before = os.umask(int(umask, 8))
    try:
        EditsLog(workspace.streams).append({"type": "set"})
    finally:
        os.umask(before)
    found = modes(workspace.streams)
    assert {"_edits", "_wake", "_rendezvous"} < found.keys() and len(found) >= 10
    for name, mode in found.items():
        if (workspace.streams / name).is_dir():
            assert mode == folder, name
        elif not name.startswith("_rendezvous"):  # read by the ranks of one person alone
            assert mode == file, name


def test_marks_older_than_a_day_are_taken_away_a_few_at_a_time(workspace: Workspace) -> None:
    old = time.time() - DAY - 60
    for folder in ("_wake", "_rendezvous"):
        (workspace.streams / folder).mkdir()
        for number in range(40):
            mark = workspace.streams / folder / f"master-0-{number}-29500-host-0"
            mark.touch()
            os.utime(mark, (old, old))
    taken = workspace.streams / "_rendezvous" / "20241019-143000-x.1.rank0"  # its job may still run
    taken.touch()
    os.utime(taken, (old, old))
    script = "import mlws_tui as m\nfor _ in range(3): m.run('x').finish()"
    env = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "h", "MASTER_PORT": "1"}
    left = 40
    for _ in range(4):
        assert run(workspace.root, script, **env)[0] == 0
        now = len(list((workspace.streams / "_wake").glob("master*")))
        assert now < left or now == 0
        left = now
    assert left == 0 and taken.exists()
    old_places = [
        place for place in (workspace.streams / "_rendezvous").iterdir() if place.stat().st_mtime < old + 1
    ]
    assert len(old_places) < 40


def test_logging_waits_for_no_disk(workspace: Workspace) -> None:
    script = """
        import os
        def never(*_): raise AssertionError("fsync")
        os.fsync = os.fdatasync = os.sync = never
        import mlws_tui as m
        with m.run("x") as r:
            for i in range(100): r.log({"a": i})
            r.note("n"); r.event("e"); r.progress(1, 2); r.summary["s"] = 1
    """
    assert run(workspace.root, script) == (0, "", "")
    assert len(metric(only_stream(workspace.root), "a")) == 100


def test_forks_amid_logging_threads_neither_hang_nor_mix_records(workspace: Workspace) -> None:
    script = """
        import mlws_tui as m, os, threading
        stop = threading.Event()
        with m.run("x") as r:
            def work():
                while not stop.is_set():
                    r.log({"parent": 1})
            threads = [threading.Thread(target=work) for _ in range(2)]
            [thread.start() for thread in threads]
            for n in range(80):
                if (pid := os.fork()) == 0:
                    r.log({"child": n}, step=n)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop.set()
            [thread.join() for thread in threads]
    """
    assert run(workspace.root, script) == (0, "", "")
    (paths,) = streams(workspace.root).values()
    found = [records(path) for path in paths]
    assert sorted(value for each in found for _, value in metric(each, "child")) == list(range(80))
    assert sum(bool(metric(each, "parent")) for each in found) == 1


ON_A_SMALL_DISK = """
    import os, sys
    import mlws_tui as m
    root = os.environ["MLWS_WORKSPACE"]
    r = m.init("x")
    filler = os.open(root + "/filler", os.O_WRONLY | os.O_CREAT)
    os.write(filler, b"x" * 120_000)
    for i in range(4000):
        r.log({"a": i}, step=i)
    if "freed" in sys.argv:
        os.ftruncate(filler, 0)
    r.finish()
    [run] = [name for name in os.listdir(root + "/.mlws/streams") if name[0] != "_"]
    folder = root + "/.mlws/streams/" + run
    [name] = os.listdir(folder)
    sys.stdout.write(open(folder + "/" + name).read())
"""


@pytest.mark.parametrize("freed", [True, False])
def test_on_a_full_disk_what_is_lost_is_counted_exactly(workspace: Workspace, freed: bool) -> None:
    mount = (
        f'mount -t tmpfs -o size=256k none "{workspace.root}" && mkdir "{workspace.root}/.mlws" && exec "$@"'
    )
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, mount, "sh", "true"], check=False).returncode
    ):
        pytest.skip("no small file system can be mounted here")
    command = [sys.executable, "-c", textwrap.dedent(ON_A_SMALL_DISK), *(["freed"] if freed else [])]
    env = {**os.environ, "MLWS_WORKSPACE": str(workspace.root)}
    done = subprocess.run(
        [*unshare, mount, "sh", *command], capture_output=True, text=True, env=env, timeout=60, check=True
    )
    parsed: list[dict[str, Any]] = []
    torn = 0
    for line in done.stdout.splitlines():
        try:
            parsed.append(json.loads(line))
        except ValueError:
            torn += 1
    steps = [step for step, _ in metric(parsed, "a")]
    assert torn <= 2 and steps == sorted(set(steps)) and "the disk is full" in done.stderr
    if freed:
        (alert,) = of_type(parsed, "alert")
        assert alert["text"].startswith(f"{4000 - len(steps)} records were lost")
        assert steps[-1] == 3999 and [end["status"] for end in of_type(parsed, "end")] == ["completed"]
    else:
        lost = 4000 - len(steps) + 1  # the end too
        assert f"{lost} records of {workspace.root}" in done.stderr and not of_type(parsed, "end")


def test_what_no_reader_would_take_is_left_out_and_said(workspace: Workspace) -> None:
    script = f"""
        import mlws_tui as m
        long = "x" * {LONGEST_LINE}
        with m.run("x", config={{"data": long}}) as r:
            r.note(long); r.note(long + "y"); r.event("e", text=long)
            r.log({{"a": 1}})
    """
    code, _, err = run(workspace.root, script)
    assert code == 0 and err.count("mlws:") == 2 and "a config of more than 16 MB is not recorded" in err
    found = only_stream(workspace.root)
    assert [record["type"] for record in found] == ["run", "metrics", "end"] and "config" not in found[0]


def test_a_named_pipe_among_the_streams_holds_no_script_up(workspace: Workspace) -> None:
    assert run(workspace.root, "import mlws_tui as m; m.run('x').finish()")[0] == 0
    (name,) = streams(workspace.root)
    os.mkfifo(workspace.streams / name / "gpu1-1-aa.jsonl")
    (workspace.streams / name / "gpu1-2-aa.jsonl").symlink_to("/dev/zero")
    (workspace.streams / "_wake" / name).unlink()
    os.mkfifo(workspace.streams / "_wake" / name)
    assert run(workspace.root, f"import mlws_tui as m; m.run('x', resume={name!r}).finish()") == (0, "", "")
    attempts = [records(path)[0]["attempt"] for path in streams(workspace.root)[name] if path.is_file()]
    assert sorted(attempts) == [1, 2]


def test_100_000_names_and_any_text_as_a_name_are_recorded(workspace: Workspace) -> None:
    script = """
        import mlws_tui as m
        odd = ["", " ", "a/b", "a.b", "🔥", "a\\nb", "\\0", "\\x1b[31m", "\\ud800", "x" * 10_000]
        with m.run("x") as r:
            r.log({f"layer{n}/grad": n for n in range(100_000)}, step=1)
            r.log(dict.fromkeys(odd, 1), step=2)
    """
    assert run(workspace.root, script) == (0, "", "")
    many, odd = of_type(only_stream(workspace.root), "metrics")
    assert len(many["values"]) == 100_000 and many["values"]["layer99999/grad"] == 99_999
    assert len(odd["values"]) == 10 and {"", "a\nb", "\0", "🔥", "x" * 10_000} < odd["values"].keys()
