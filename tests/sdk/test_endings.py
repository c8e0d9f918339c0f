"""How a run ends when the script does not say so."""

from __future__ import annotations

import signal

import pytest

from mlws_tui.config.workspace import Workspace
from tests.sdk.scripts import finish, metric, of_type, only_stream, records, run, start, streams


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
        """
        import mlws_tui as m, os
        r = m.init("x")
        for i in range(10**9):
            r.log({"a": i}, step=i)
            os.write(1, b"%d\\n" % i)
        """,
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(500)]
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    last = max([*said, *(int(line) for line in rest if line.endswith("\n"))])
    finish(process)
    assert [step for step, _ in metric(only_stream(workspace.root), "a")][: last + 1] == list(range(last + 1))


@pytest.mark.parametrize(
    ("last_words", "status", "code"),
    [("sys.exit(3)", "failed", 3), ("sys.exit('no data')", "failed", 1), ("sys.exit(0)", "completed", 0)],
)
def test_init_and_sys_exit(workspace: Workspace, last_words: str, status: str, code: int) -> None:
    exit_code, _, _ = run(workspace.root, f"import sys, mlws_tui as m; m.init('x'); {last_words}")
    end = only_stream(workspace.root)[-1]
    assert exit_code == code
    assert (end["status"], end["exit_code"]) == (status, code)


def test_ctrl_c_stops_the_run(workspace: Workspace) -> None:
    script = "import mlws_tui as m, signal\nwith m.run('x'):\n    print('up', flush=True)\n    signal.pause()"
    process = start(workspace.root, script)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert finish(process)[0] == -signal.SIGINT
    end = only_stream(workspace.root)[-1]
    assert (end["status"], end["signal"]) == ("stopped", 2)


def test_a_run_that_the_script_does_not_keep_still_ends(workspace: Workspace) -> None:
    run(workspace.root, "import gc, mlws_tui as m\nfor n in range(3): m.run(f'r{n}')\ngc.collect()")
    ends = [records(path)[-1] for (path,) in streams(workspace.root).values()]
    assert [(end["type"], end["status"]) for end in ends] == [("end", "completed")] * 3


def test_an_exception_that_cannot_say_what_it_is(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m
    class Odd(Exception):
        def __str__(self): raise RuntimeError
    with m.run("x"):
        raise Odd
    """
    run(workspace.root, script)
    end = only_stream(workspace.root)[-1]
    assert (end["status"], end["error"]["type"]) == ("failed", "Odd")


def test_an_ending_of_another_name_is_one_of_the_three(workspace: Workspace) -> None:
    _, _, err = run(workspace.root, "import mlws_tui as m; m.run('x').finish('crashed', exit_code=1)")
    assert only_stream(workspace.root)[-1]["status"] == "failed"
    assert err.count("mlws:") == 1


def test_children_of_multiprocessing_end_nothing(workspace: Workspace) -> None:
    script = """
    import mlws_tui as m, multiprocessing, sys
    def work(): sys.exit(5)
    with m.run("x") as r:
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=work) for _ in range(4)]
        [c.start() for c in children]; [c.join() for c in children]
        for _ in range(40):  # terminated at any moment of its first milliseconds
            slow = context.Process(target=lambda: __import__("signal").pause())
            slow.start(); slow.terminate(); slow.join()
            assert slow.exitcode == -15
        r.log({"a": 1})
    """
    code, _, err = run(workspace.root, script)
    assert (code, err) == (0, "")
    found = only_stream(workspace.root)
    assert [r["type"] for r in found] == ["run", "metrics", "end"]
    assert found[-1]["status"] == "completed"
