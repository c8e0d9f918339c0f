"""What a script gets by calling the SDK, read from the streams it left."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys

import pytest

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import finish, metric, of_type, only_stream, records, run, start, streams


def test_a_run_leaves_the_records_of_the_design(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as mlws
        with mlws.run("llama-ft", kind="training", experiment="reviews", config={"lr": 1e-4, "deep": {"r": 8}},
                      tags=["lora"], model="llama3.1:8b", dataset="imdb", parent="20200101-000000-before") as run:
            run.log({"loss": 0.452, "val/loss": 0.389}, step=1)
            run.log({"loss": 0.4, "nested": {"a": 1, "b": 2.5}})
            run.progress(2, total=10, epoch=1)
            run.artifact("config.json", kind="config")
            run.event("tool_call", tool="search", latency=0.2)
            run.alert("slow", "data loader", level="info")
            run.note("looks good")
            run.summary["accuracy"] = 0.873
            run.summary.update(f1=0.852)
        """,
    )
    assert (code, err) == (0, "")
    found = only_stream(workspace.root)
    assert [r["type"] for r in found] == [
        *("run", "metrics", "metrics", "progress", "artifact", "event", "alert", "note", "set", "set", "end")
    ]
    head = found[0]
    assert head["v"] == 1
    assert head["id"] == next(iter(streams(workspace.root)))
    assert head["config"] == {"lr": 1e-4, "deep": {"r": 8}}
    assert (head["experiment"], head["model"], head["dataset"]) == ("reviews", "llama3.1:8b", "imdb")
    assert (head["rank"], head["world_size"], head["attempt"], head["tz"]) == (0, 1, 1, "+00:00")
    assert head["log"] == f"logs/training/{head['id']}.log"
    assert head["pid_start"] > 0 and head["boot_id"] and head["cwd"] == str(workspace.root)
    assert metric(found, "loss") == [(1, 0.452), (2, 0.4)]
    assert metric(found, "nested/b") == [(2, 2.5)]
    assert found[3] == {"type": "progress", "ts": found[3]["ts"], "step": 2, "total": 10, "epoch": 1}
    assert found[-1]["status"] == "completed"
    assert all(isinstance(r["ts"], float) for r in found)


def test_streams_are_the_persons_alone(workspace: Workspace) -> None:
    run(workspace.root, "import mlws_tui as m; m.run('x').finish()")
    ((path,),) = streams(workspace.root).values()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in (workspace.streams / "_wake").iterdir()] == [path.parent.name]


def test_numbers_of_other_libraries_and_what_is_no_number(workspace: Workspace) -> None:
    _, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        class Scalar:
            def item(self): return 0.5
        class Broken:
            def item(self): raise RuntimeError("on the wrong device")
        class F64(float): pass
        with m.run("x") as r:
            for _ in range(2):
                r.log({"a": Scalar(), "b": Broken(), "c": F64(2.0), "d": True, "e": "text", "f": None, "g": 2**70,
                       "h": float("nan"), "i": float("inf"), "j": -float("inf"), 7: 1.0, "k\\n\\u2028\\"": 1, "l": [1]})
            r.log({"ok": 1}, step="seven")
            r.log({"ok": 2}, step=Scalar())
        """,
    )
    found = only_stream(workspace.root)
    values = of_type(found, "metrics")[0]["values"]
    assert values == {
        "a": 0.5, "c": 2.0, "d": 1, "g": float(2**70), "h": "NaN", "i": "Infinity", "j": "-Infinity", "7": 1.0,
        'k\n\u2028"': 1,
    }  # fmt: skip
    assert metric(found, "ok") == [(3, 1), (0.5, 2)]
    for name in ("'b'", "'e'", "'f'", "'l'"):
        assert err.count(f"metric {name} is no number") == 1


def test_an_exception_is_a_failed_run_with_its_traceback(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as m
        def forward(): raise ValueError("shapes 3 and 4 do not match")
        with m.run("x") as r:
            r.log({"loss": 1.0})
            forward()
        """,
    )
    end = only_stream(workspace.root)[-1]
    assert code == 1 and "ValueError" in err
    assert (end["type"], end["status"]) == ("end", "failed")
    assert (end["error"]["type"], end["error"]["message"]) == ("ValueError", "shapes 3 and 4 do not match")
    assert "in forward" in end["error"]["traceback"]


@pytest.mark.parametrize(
    ("last_words", "status", "code"),
    [
        ("sys.exit(3)", "failed", 3),
        ("sys.exit()", "completed", 0),
        ("raise KeyboardInterrupt", "stopped", None),
        ("pass", "completed", None),
    ],
)
def test_how_a_block_is_left_is_how_the_run_ended(
    workspace: Workspace, last_words: str, status: str, code: int | None
) -> None:
    run(workspace.root, f"import sys, mlws_tui as m\nwith m.run('x'):\n    {last_words}")
    end = only_stream(workspace.root)[-1]
    assert (end["status"], end["exit_code"]) == (status, code)


def test_init_log_finish_without_a_block(workspace: Workspace) -> None:
    run(
        workspace.root,
        "import mlws_tui as m; m.init('x'); m.log({'a': 1}); m.log({'a': 2}); m.finish(); m.log({'a': 3})",
    )
    found = only_stream(workspace.root)
    assert metric(found, "a") == [(1, 1), (2, 2)]
    assert found[-1]["status"] == "completed"


def test_init_without_finish_ends_with_the_process(workspace: Workspace) -> None:
    run(workspace.root, "import mlws_tui as m; m.init('x'); m.log({'a': 1})")
    assert only_stream(workspace.root)[-1]["status"] == "completed"


def test_init_and_an_uncaught_exception(workspace: Workspace) -> None:
    code, _, err = run(workspace.root, "import mlws_tui as m; m.init('x'); 1 / 0")
    end = only_stream(workspace.root)[-1]
    assert code == 1 and "ZeroDivisionError" in err
    assert (end["status"], end["error"]["type"]) == ("failed", "ZeroDivisionError")


def test_sigterm_is_recorded_and_still_kills(workspace: Workspace) -> None:
    process = start(
        workspace.root, "import mlws_tui as m, signal\nm.init('x')\nprint('up', flush=True)\nsignal.pause()"
    )
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == -signal.SIGTERM
    end = only_stream(workspace.root)[-1]
    assert (end["status"], end["signal"]) == ("stopped", 15)


def test_a_handler_of_the_script_is_left_alone(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m, signal, sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    m.init("x")
    print("up", flush=True)
    signal.pause()
    """
    process = start(workspace.root, script)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 7


def test_os_exit_loses_nothing_but_the_end(workspace: Workspace) -> None:
    run(workspace.root, "import os, mlws_tui as m; r = m.init('x'); r.log({'a': 1}); os._exit(0)")
    found = only_stream(workspace.root)
    assert metric(found, "a") == [(1, 1)]
    assert of_type(found, "end") == []


def test_kill_9_keeps_every_record_that_log_returned_for(workspace: Workspace) -> None:
    process = start(
        workspace.root,
        "import mlws_tui as m, os\nr = m.init('x')\nfor i in range(10**9):\n    r.log({'a': i}, step=i)\n    os.write(1, b'%d\\n' % i)",
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(500)]
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    last = max([*said, *(int(line) for line in rest if line.endswith("\n"))])
    finish(process)
    assert [step for step, _ in metric(only_stream(workspace.root), "a")][: last + 1] == list(range(last + 1))


def test_threads_share_a_run(workspace: Workspace) -> None:
    run(
        workspace.root,
        """
        import mlws_tui as m, threading
        with m.run("x") as r:
            def work(n):
                for i in range(500):
                    r.log({f"t{n}": i}, step=i)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
            [t.start() for t in threads]; [t.join() for t in threads]
        """,
    )
    found = only_stream(workspace.root)
    for n in range(8):
        assert metric(found, f"t{n}") == [(i, i) for i in range(500)]


def test_a_forked_child_writes_a_file_of_its_own(workspace: Workspace) -> None:
    code, _, err = run(
        workspace.root,
        """
        import mlws_tui as m, os, threading
        stop = threading.Event()
        with m.run("x") as r:
            def work():
                while not stop.is_set():
                    r.log({"parent": 1})
            thread = threading.Thread(target=work); thread.start()
            for n in range(20):
                pid = os.fork()
                if pid == 0:
                    if n % 2:
                        r.log({"child": n}, step=n)
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0
            stop.set(); thread.join()
        """,
    )
    assert (code, err) == (0, "")
    (paths,) = streams(workspace.root).values()
    assert len(paths) == 11
    heads = [records(path) for path in paths]
    children = [found for found in heads if found[0]["role"] == "child"]
    assert sorted(metric(found, "child")[0][0] for found in children) == list(range(1, 20, 2))
    assert all(found[0]["id"] == paths[0].parent.name and not of_type(found, "end") for found in children)


def test_a_full_disk_lets_training_go_on_with_one_warning(workspace: Workspace) -> None:
    code, out, err = run(
        workspace.root,
        """
        import mlws_tui as m, resource
        r = m.init("x")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
        for i in range(3000):
            r.log({"a": i}, step=i)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        r.finish()
        print("trained to the end")
        """,
    )
    assert (code, out) == (0, "trained to the end\n")
    assert err.count("mlws:") == 1 and "the disk is full" in err
    ((path,),) = streams(workspace.root).values()
    parsed, torn = [], 0
    for line in path.read_bytes().splitlines():
        try:
            parsed.append(json.loads(line))
        except ValueError:
            torn += 1
    steps = [step for step, _ in metric(parsed, "a")]
    assert torn <= 1 and steps == sorted(set(steps))
    assert steps[-1] == 2999 and len(steps) >= 1000
    (alert,) = of_type(parsed, "alert")
    assert alert["text"].startswith(f"{3000 - len(steps)} records were lost")
    assert [end["status"] for end in of_type(parsed, "end")] == ["completed"]


def test_a_missing_workspace_is_made_and_said_once(tmp_path) -> None:
    script = "import mlws_tui as m; m.run('x').finish(); m.run('y').finish()"
    _, _, err = run(tmp_path, script)
    home = os.path.realpath(os.environ["HOME"])
    assert err.count("made the workspace") == 1
    assert len(os.listdir(f"{home}/ml-workspace/.mlws/streams")) == 3  # two runs and _wake


def test_a_workspace_that_cannot_be_made_does_not_stop_training(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = run(
        tmp_path,
        "import mlws_tui as m\nwith m.run('x') as r:\n    r.log({'a': 1}); r.note('n'); r.summary['s'] = 1; print(r.id == '')",
        MLWS_WORKSPACE=str(tmp_path / "file" / "below"),
    )
    assert (code, out) == (0, "True\n")
    assert err.count("mlws:") == 1


def test_resume_is_a_new_attempt_of_the_same_run(workspace: Workspace) -> None:
    _, first, _ = run(
        workspace.root, "import mlws_tui as m; r = m.run('x'); r.log({'a': 1}, step=1); print(r.id)"
    )
    _, again, _ = run(
        workspace.root, f"import mlws_tui as m; r = m.run('x', resume={first.strip()!r}); print(r.id)"
    )
    assert again == first
    (paths,) = streams(workspace.root).values()
    assert sorted(records(path)[0]["attempt"] for path in paths) == [1, 2]


def test_the_logger_writes_the_execution_log(workspace: Workspace) -> None:
    _, out, _ = run(
        workspace.root,
        "import mlws_tui as m\nwith m.run('x') as r: r.logger.info('Epoch 1/3'); print(r.log_file)",
    )
    with open(out.strip()) as file:
        assert file.read().endswith(" - INFO - Epoch 1/3\n")


def test_the_classic_helper_makes_a_log_and_a_run(workspace: Workspace) -> None:
    _, out, _ = run(
        workspace.root,
        "import mlws_tui as m\nlogger, path = m.setup_experiment_logging('sentiment-analysis')\nlogger.info('Accuracy: 87.3%')\nprint(path)",
    )
    line, path = out.splitlines()
    assert line.endswith(" - INFO - Accuracy: 87.3%") and path.startswith("logs/experiments/2")
    head = only_stream(workspace.root)[0]
    assert (head["kind"], head["log"], head["name"]) == ("experiments", path, "sentiment-analysis")
    assert (workspace.root / path).read_text().strip() == line


def test_the_classic_helper_works_with_no_workspace(tmp_path) -> None:
    code, out, err = run(
        tmp_path, "import mlws_tui as m; print(m.setup_experiment_logging('x', 'logs')[1].exists())"
    )
    assert (code, out, err) == (0, "True\n", "")


def test_importing_and_beginning_a_run_loads_nothing_heavy(workspace: Workspace) -> None:
    heavy = (
        "textual",
        "rich",
        "sqlite3",
        "aiosqlite",
        "pynvml",
        "click",
        "asyncio",
        "yaml",
        "msgspec",
        "subprocess",
    )
    _, out, _ = run(
        workspace.root,
        f"import sys, mlws_tui as m\nm.run('x').finish()\nprint([name for name in {heavy} if name in sys.modules])",
    )
    assert out == "[]\n"
    assert sys.version_info >= (3, 11)
