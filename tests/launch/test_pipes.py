"""``mlws-tui run`` where its output is no terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import UsageError
from mlws_tui.services.launch import LaunchOptions, launch_background
from tests.launch.conftest import PYTHON, RUN, Recorded, ended, run, wait_for

Script = Callable[[str], list[str]]


def test_streams_and_exit_code_are_the_commands(recorded: Recorded) -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 3)
    end = recorded.end()
    assert (end["status"], end["exit_code"], end["signal"]) == ("failed", 3, None)
    assert end["error"]["message"] == "exit code 3"


def test_the_log_is_stamped_and_tells_beginning_and_end(recorded: Recorded) -> None:
    run(
        ["sh", "-c", "echo hello; echo '{\"a\": 1}'; echo 'ERROR: bad'; echo; echo '2024-10-19 14:30:00 own'"]
    )
    lines = recorded.log().splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - "
    assert re.fullmatch(stamp + r"INFO - Command: sh -c .*", lines[0])
    assert re.fullmatch(stamp + r"INFO - Folder: .*", lines[1])
    output = [line for line in lines[2:-1] if " - Code: " not in line]
    assert re.fullmatch(stamp + "INFO - hello", output[0])
    assert output[1] == '{"a": 1}'
    assert re.fullmatch(stamp + "ERROR - ERROR: bad", output[2])
    assert output[3:] == ["", "2024-10-19 14:30:00 own"]
    assert re.fullmatch(stamp + r"INFO - Completed: exit code 0 after [\d.]+ s", lines[-1])


def test_the_run_record_has_the_facts(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    options = "--name my run --kind experiments --experiment reviews --tag a --tag b --config lr=1e-4 --config m=tiny"
    words = options.replace("my run", "my_run").split()
    run([PYTHON, "-c", "pass"], *words)
    first = recorded.first()
    run_id = recorded.ids()[0]
    assert re.fullmatch(r"\d{8}-\d{6}-my_run", run_id)
    assert first["name"] == "my_run"
    assert (first["kind"], first["experiment"], first["tags"]) == ("experiments", "reviews", ["a", "b"])
    assert first["config"] == {"lr": 1e-4, "m": "tiny"}
    assert first["cmd"] == [PYTHON, "-c", "pass"]
    assert first["cwd"] == str(tmp_path)
    assert first["gpus"] == ["2", "3"]
    assert first["log"] == f"logs/experiments/{run_id}.log"
    assert first["role"] == "wrapper" and first["v"] == 1 and first["id"] == run_id
    assert first["command_pid"] > 0 and first["command_pid_start"] >= first["pid_start"]
    assert any(record.get("python", "").count(".") == 2 for record in recorded.records())
    assert (recorded.workspace.streams / "_wake" / run_id).exists()


def test_code_is_recorded_with_its_uncommitted_changes(recorded: Recorded, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=code, check=True)

    git("init", "-q", "-b", "trunk")
    (code / "train.py").write_text("print(1)\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (code / "train.py").write_text("print(2)\n")
    run([PYTHON, "train.py"], cwd=code)
    found = [record["git"] for record in recorded.records() if record.get("git")][-1]
    assert len(found["sha"]) == 40
    assert (found["branch"], found["dirty"]) == ("trunk", True)
    assert "-print(1)\n+print(2)" in found["diff"]
    assert " on trunk, with uncommitted changes" in recorded.log()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_command_killed_by_a_signal(recorded: Recorded, number: signal.Signals) -> None:
    done = run(["sh", "-c", f"kill -{int(number)} $$"])
    assert done.returncode == 128 + number
    end = recorded.end()
    assert (end["exit_code"], end["signal"]) == (None, number)
    assert end["status"] == ("stopped" if number == signal.SIGTERM else "failed")
    assert end["error"]["message"] == f"killed by signal {int(number)} ({number.name})"


def test_a_signal_to_the_wrapper_goes_to_the_command(recorded: Recorded, script: Script) -> None:
    command = script(
        "import signal, sys, time\n"
        "def told(number, frame):\n    print('got', number, flush=True)\n    sys.exit(5)\n"
        "signal.signal(signal.SIGUSR1, told)\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([*RUN, "--", *command], stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        assert wrapper.stdout.readline() == "ready\n"
        wrapper.send_signal(signal.SIGUSR1)
        assert wrapper.stdout.read() == "got 10\n"
        assert wrapper.wait(20) == 5


def test_ctrl_c_counts_as_stopped_also_with_an_exit_code(recorded: Recorded, script: Script) -> None:
    command = script(
        "import signal, sys, time\nsignal.signal(2, lambda *_: sys.exit(1))\n"
        "print('ready', flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([*RUN, "--", *command], stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        wrapper.stdout.readline()
        wrapper.send_signal(signal.SIGINT)
        assert wrapper.wait(20) == 1
    assert recorded.end()["status"] == "stopped"


def test_an_uncaught_exception_is_recorded_with_its_traceback(recorded: Recorded, script: Script) -> None:
    command = script(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('no loss') from e\n"
    )
    assert run(command).returncode == 1
    error = recorded.end()["error"]
    assert (error["type"], error["message"]) == ("RuntimeError", "no loss")
    assert error["traceback"].startswith("Traceback (most recent call last):")
    assert "ZeroDivisionError: division by zero" in error["traceback"]
    assert "\nRuntimeError: no loss\n" in recorded.log()
    assert " - ERROR - Traceback (most recent call last):\n  File " in recorded.log()


@pytest.mark.parametrize(("make", "code"), [(None, 127), (0o644, 126)])
def test_a_command_that_cannot_run(recorded: Recorded, tmp_path: Path, make: int | None, code: int) -> None:
    name = "no-such-program-here"
    if make is not None:
        name = str(tmp_path / "plain.txt")
        Path(name).write_text("x")
        Path(name).chmod(make)
    done = run([name])
    assert done.returncode == code
    assert done.stderr.startswith(f"mlws-tui: {name}: ") and done.stderr.count("\n") == 1
    end = recorded.end()
    assert (end["status"], end["exit_code"]) == ("failed", code)
    assert end["error"]["message"] in done.stderr


def test_a_script_without_an_interpreter_line_runs_as_in_a_shell(recorded: Recorded, tmp_path: Path) -> None:
    path = tmp_path / "go"
    path.write_text("echo from a shell $1\n")
    path.chmod(0o755)
    assert run(["./go", "x"]).stdout == "from a shell x\n"


def test_standard_input_is_the_commands(recorded: Recorded) -> None:
    assert run(["cat"], input="one\ntwo\n").stdout == "one\ntwo\n"


def test_much_output_arrives_whole(recorded: Recorded) -> None:
    done = run([PYTHON, "-c", "for i in range(100_000): print('line', i)"])
    assert done.stdout == "".join(f"line {i}\n" for i in range(100_000))
    assert recorded.output() == done.stdout.splitlines()


def test_what_the_command_gets(recorded: Recorded, script: Script) -> None:
    command = script(
        "import json, os, signal\n"
        "print(json.dumps({'env': dict(os.environ), 'fds': sorted(os.listdir('/proc/self/fd')),"
        " 'pipe': signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN, 'group': os.getpgrp() == os.getpid(),"
        " 'sid': os.getsid(0), 'pid': os.getpid()}))\n"
    )
    told = json.loads(run(command).stdout)
    run_id = recorded.ids()[0]
    assert told["env"]["MLWS_RUN_ID"] == run_id
    assert told["env"]["MLWS_WORKSPACE"] == str(recorded.workspace.root)
    assert told["env"]["PYTHONUNBUFFERED"] == "1"
    assert len(told["fds"]) == 4  # the three standard ones and the listing's own
    assert told["group"] and told["sid"] == recorded.first()["pid"]
    assert told["pid"] == recorded.first()["command_pid"]


def test_the_commands_own_wish_for_buffering_holds(recorded: Recorded) -> None:
    done = run(["sh", "-c", "echo $PYTHONUNBUFFERED"], env={**os.environ, "PYTHONUNBUFFERED": "0"})
    assert done.stdout == "0\n"


def test_a_run_within_a_run(recorded: Recorded) -> None:
    run([*RUN, "--name", "inner", "--", "true"], "--name", "outer")
    outer = next(run_id for run_id in recorded.ids() if run_id.endswith("outer"))
    inner = next(run_id for run_id in recorded.ids() if run_id.endswith("inner"))
    assert recorded.first(inner)["launched_by"] == outer


def test_a_killed_wrapper_does_not_end_the_command(
    recorded: Recorded, script: Script, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    command = script(
        "import os, time\nprint('ready')\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
        "for i in range(20000): print('after', i)\n"
    )
    with subprocess.Popen([*RUN, "--", *command], stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        wrapper.stdout.readline()
        wrapper.kill()
    go.touch()
    assert recorded.end()["status"] == "completed"
    assert recorded.output()[-1] == "after 19999"


def test_hup_ends_the_command_with_its_wrapper(recorded: Recorded, script: Script) -> None:
    command = script("import time\nprint('ready')\ntime.sleep(60)\n")
    with subprocess.Popen([*RUN, "--hup", "--", *command], stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        wrapper.stdout.readline()
        wrapper.kill()
    end = recorded.end()
    assert (end["status"], end["signal"]) == ("stopped", signal.SIGHUP)


def test_a_reader_that_goes_does_not_end_the_command(recorded: Recorded) -> None:
    code = "for i in range(50_000): print('line', i)"
    with subprocess.Popen([*RUN, "--", PYTHON, "-c", code], stdout=subprocess.PIPE, text=True) as wrapper:
        assert wrapper.stdout is not None
        wrapper.stdout.readline()
        wrapper.stdout.close()
        assert wrapper.wait(30) == 0
    assert recorded.output()[-1] == "line 49999"


def test_children_that_keep_the_output_open_do_not_hold_up_the_end(recorded: Recorded) -> None:
    done = run(["sh", "-c", "sleep 30 & echo $!"])
    os.kill(int(done.stdout), signal.SIGKILL)
    assert done.returncode == 0
    assert recorded.end()["status"] == "completed"


def test_in_the_background(recorded: Recorded, script: Script, workspace: Workspace, tmp_path: Path) -> None:
    command = script("import os, sys\nprint(os.getcwd(), os.environ['X'], sys.stdin.read())\n")
    there = tmp_path / "there"
    there.mkdir()
    run_id = launch_background(workspace, command, LaunchOptions(name="bg", cwd=there, env={"X": "y"}))
    assert recorded.ids() == [run_id]
    assert recorded.end(run_id)["status"] == "completed"
    assert recorded.output(run_id) == [f"{there} y "]
    first = recorded.first(run_id)
    wait_for(lambda: ended(first["pid"]), what="the supervisor's end")


def test_what_cannot_be_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        launch_background(workspace, [], LaunchOptions())
    with pytest.raises(UsageError):
        launch_background(workspace, ["true"], LaunchOptions(cwd=tmp_path / "none"))


def test_a_workspace_that_takes_nothing_is_told_in_one_sentence(recorded: Recorded) -> None:
    logs = recorded.workspace.logs / "training"
    logs.rmdir()
    logs.write_text("in the way")
    done = run(["true"])
    assert done.returncode == 1
    assert done.stderr.startswith("mlws-tui: The run cannot be recorded in ") and done.stderr.count("\n") == 1


def test_options_after_the_command_are_its_own(recorded: Recorded) -> None:
    done = subprocess.run(
        [*RUN, "echo", "--name", "x", "--", "y"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "--name x -- y\n"


def test_a_script_that_uses_the_sdk_joins_the_run(recorded: Recorded, script: Script) -> None:
    command = script(
        "import mlws_tui as mlws\n"
        "with mlws.run('inside', config={'a': 1}) as run:\n    run.log({'loss': 0.5}, step=1)\n"
    )
    done = run(command, "--name", "outside")
    assert done.returncode == 0, done.stderr
    (run_id,) = recorded.ids()
    files = list((recorded.workspace.streams / run_id).glob("*.jsonl"))
    assert len(files) == 2
    assert sum('"metrics"' in path.read_text() for path in files) == 1


@pytest.mark.parametrize(("closed", "stdout"), [("0<&-", "out\n"), ("2>&-", "out\n"), ("1>&-", "")])
def test_closed_standard_streams_do_no_harm(recorded: Recorded, closed: str, stdout: str) -> None:
    inner = " ".join([*RUN, "--", "sh", "-c", "'echo out; echo err >&2; cat; exit 4'", closed])
    done = subprocess.run(
        ["sh", "-c", inner], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.returncode) == (stdout, 4)
    assert sorted(recorded.output()) == ["err", "out"]
