"""How a run ended, told apart; and the same by the wrapper, by the script alone, and of streams without a reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.endings import told, word
from mlws_tui.domain.endreasons import classify
from mlws_tui.domain.liveness import derive, from_claims
from mlws_tui.domain.runs import Claim, Presence, ProcessRef, Progress, Run, RunError, RunState
from mlws_tui.services.launch.outcome import from_exit
from mlws_tui.sources.cgroups import oom_kills
from mlws_tui.store.resolve import StreamFacts, resolve
from tests.launch.conftest import PYTHON, Recorded, run

Script = Callable[[str], list[str]]
OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."
TRACE = ["Traceback (most recent call last):", '  File "train.py", line 1, in <module>']
ID = "20241019-143000-train"


def _ended(role: str = "wrapper", **ending: Any) -> Run:
    """The run of one stream with that end."""
    facts = {"role": role, "pid": 7, "host": "h", "name": "train", "kind": "training"}
    stream = StreamFacts(
        "f", role, 0, 1, 10.0, 20.0, facts=facts, ending={"type": "end", "ts": 20.0, **ending}
    )
    return resolve(ID, [stream], []).run


def _failed(message: str, kind: str = "", **more: Any) -> Run:
    error = {"type": kind, "message": message, "traceback": ""}
    return _ended(status="failed", error=error, **more)


@pytest.mark.parametrize(
    ("made", "state_word", "sentence"),
    [
        (_ended(status="completed", exit_code=0), "completed", "completed"),
        (_failed("no loss", "ValueError", exit_code=1), "failed", "failed: ValueError: no loss"),
        (_failed("exit code 3", exit_code=3), "failed", "failed: exit code 3"),
        (
            _failed("CUDA out of memory. Tried 2 GiB.\nmore", "torch.OutOfMemoryError", exit_code=1),
            "out of memory",
            "out of GPU memory: Tried 2 GiB.",
        ),
        (
            _failed("killed by signal 9 (SIGKILL)", "SIGKILL", signal=9),
            "killed",
            "killed: SIGKILL, perhaps out of memory on the host (exit 137)",
        ),
        (
            _failed("killed by signal 9 (SIGKILL)", "SIGKILL", signal=9, reason="oom-host"),
            "out of memory",
            "killed: out of memory on the host (exit 137)",
        ),
        (_failed("exit code 137", exit_code=137, reason="oom-host"), "out of memory",
         "killed: out of memory on the host (exit 137)"),
        (_failed("Unable to allocate 8 TiB", "MemoryError"), "out of memory",
         "failed: out of memory on the host: MemoryError: Unable to allocate 8 TiB"),
        (_failed("killed by signal 11 (SIGSEGV)", "SIGSEGV", signal=11), "failed",
         "failed: segmentation fault (SIGSEGV)"),
        (_ended(status="stopped", signal=2), "stopped", "stopped by you (SIGINT)"),
        (_ended(status="stopped", exit_code=130), "stopped", "stopped by you (SIGINT)"),
        (_ended(status="stopped", signal=15), "stopped", "stopped by SIGTERM"),
        (_ended(status="stopped", signal=1), "stopped", "stopped: its terminal went (SIGHUP)"),
        (_ended(status="stopped", signal=15, reason="time-limit"), "time limit",
         "stopped: time limit of its job"),
        (_ended(status="stopped", signal=15, error={"type": "TimeLimit", "message": "over"}), "time limit",
         "stopped: time limit of its job"),
        (_ended("rank", status="stopped", signal=2), "stopped", "stopped by you (SIGINT)"),
        (_ended(status="stopped", reason="<of another version>"), "stopped", "stopped"),
    ],
)  # fmt: skip
def test_ends_in_words(made: Run, state_word: str, sentence: str) -> None:
    assert (word(made), told(made)) == (state_word, sentence)


def test_what_a_person_set_keeps_how_it_really_ended() -> None:
    killed = _ended(status="failed", signal=9)
    by_person = from_claims(replace(killed, claims=(Claim("person", 0, 1, "stopped", 19.0), *killed.claims)))
    assert (by_person.state, told(by_person)) == (RunState.STOPPED, "stopped by you (SIGKILL)")


def test_silence_in_words_and_times() -> None:
    here, there = ProcessRef(7, 1, "h"), ProcessRef(7, 1, "gpu07")
    begun = replace(_ended(), state=RunState.RUNNING, claims=(), progress=Progress(step=120), host="gpu07")
    gone = derive(replace(begun, processes=(here,)), [Presence.GONE], 100.0, 60.0)
    assert told(gone, 100.0).startswith("crashed: at step 120: its processes are gone since ")
    lost = derive(replace(begun, processes=(there,)), [Presence.ELSEWHERE], 740.0, 60.0)
    assert told(lost, 740.0) == "lost: at step 120: nothing heard from gpu07 for 12m00s"
    again = replace(begun, attempt=2)
    assert told(derive(again, [Presence.ALIVE], 100.0, 60.0)) == "running again, attempt 2"


def test_a_rank_that_is_gone_while_others_go_on_is_told() -> None:
    ranks = tuple(ProcessRef(rank + 2, 1, "h", rank=rank) for rank in range(4))
    wrapper = ProcessRef(1, 1, "h", role="wrapper")
    claims = tuple(Claim("rank", rank, 1, None, 5.0) for rank in range(4))
    begun = replace(
        _ended(), claims=(Claim("wrapper", 0, 1, None, 5.0), *claims), processes=(wrapper, *ranks), ranks=4
    )
    alive, gone = Presence.ALIVE, Presence.GONE
    hanging = derive(begun, [alive, alive, alive, alive, gone], 10.0, 60.0)
    assert (hanging.state, told(hanging)) == (RunState.RUNNING, "running, but rank 3 of 4 is gone")
    failed = Claim("rank", 1, 1, "failed", 6.0, error=RunError("ValueError", "no"))
    worse = replace(begun, claims=(*begun.claims[:2], failed, *begun.claims[3:]))
    assert told(derive(worse, [alive] * 5, 10.0, 60.0)) == "running, but rank 1 of 4 failed"
    assert told(derive(worse, [alive, gone, gone, alive, alive], 10.0, 60.0)).endswith(
        "ranks 0, 1 of 4 are gone"
    )
    done = replace(begun, claims=(*begun.claims[:4], Claim("rank", 3, 1, "completed", 6.0)))
    assert told(derive(done, [alive, alive, alive, alive, gone], 10.0, 60.0)) == "running"


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ([*TRACE, OOM], "oom-gpu"),
        ([*TRACE, "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"], "oom-gpu"),
        (["[rank1]: " + TRACE[0], "[rank1]:   File", "[rank1]: " + OOM, *TRACE,
          "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: "], "oom-gpu"),
        (["jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying"], "oom-gpu"),
        ([OOM, "smaller batch", *TRACE, "ValueError: later"], ""),
        (["terminate called after throwing an instance of 'std::bad_alloc'"], "oom-host"),
        (["slurmstepd: error: *** STEP 9.0 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***"],
         "time-limit"),
        (["some words"], ""),
        # What was got over long ago, or a line before, is not why it failed; other last words tell why.
        (["CUDA out of memory", *["step"] * 100, "the end"], ""),
        (["CUDA out of memory; retrying with batch 4", "error: no loss"], ""),
        (["CUDA out of memory", "error: disk quota exceeded"], ""),
        (["CUDA out of memory", *["step"] * 10, "error: cannot load the model"], "oom-gpu"),
        (["CUDA out of memory", *["table"] * 60, *TRACE, "torch.x.errors.ChildFailedError: "], "oom-gpu"),
    ],
)  # fmt: skip
def test_reasons_that_the_last_lines_tell(tail: list[str], reason: str) -> None:
    outcome = from_exit(1, tail, None)
    assert classify("failed", exit_code=1, error=outcome.error, tail=tail) == reason


def test_a_launchers_error_gives_way_to_that_of_the_rank() -> None:
    tail = [*TRACE, "ValueError: of the rank", "", *TRACE, "torch.x.errors.ChildFailedError: ", "====="]
    error = from_exit(1, tail, None).error
    assert error is not None and (error["type"], error["message"]) == ("ValueError", "of the rank")


def test_the_kernels_count_is_evidence(tmp_path: Path) -> None:
    killed: dict[str, Any] = {"status": "failed", "number": 9}
    assert classify(**killed, oom_killed=True) == "oom-host"
    assert classify(**killed) == "killed"
    worker = {"type": "RuntimeError", "message": "DataLoader worker (pid 9) is killed by signal: Killed. "}
    assert classify("failed", exit_code=1, error=worker, oom_killed=True) == "oom-host"
    assert classify("failed", number=9, out_of_time=True) == "time-limit"

    def machine(cgroup: str, **files: str) -> int | None:
        root = tmp_path / cgroup.replace("/", "_").replace(":", "-")
        (root / "proc/self").mkdir(parents=True)
        (root / "proc/self/cgroup").write_text(cgroup)
        for name, text in files.items():
            path = root / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return oom_kills(root / "proc", root / "cg")

    events = "low 0\nmax 3\noom 2\noom_kill 2\n"
    assert machine("0::/user.slice/a\n", **{"cg__user.slice__a__memory.events": events}) == 2
    assert machine("0::/\n", **{"cg__memory.events": events}) == 2
    old = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n"
    assert machine("4:cpu,memory:/job\n0::/\n", **{"cg__memory__job__memory.oom_control": old}) == 4
    assert machine("4:memory:/hidden\n", **{"cg__memory__memory.oom_control": old}) == 4
    assert machine("1:cpu:/\n", proc__vmstat="pgfault 1\noom_kill 5\n") == 5
    assert machine("", proc__vmstat="pgfault 1\n") is None


def test_the_wrapper_records_why(recorded: Recorded, script: Script) -> None:
    run(script("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"), "--name", "k")
    run(
        [PYTHON, "-c", f"class OutOfMemoryError(Exception): pass\nraise OutOfMemoryError({OOM[24:]!r})"],
        "--name",
        "o",
    )
    run([PYTHON, "-c", "raise KeyboardInterrupt"], "--name", "i")
    run(["sh", "-c", "kill -TERM $$"], "--name", "t", env={**os.environ, "SLURM_JOB_END_TIME": "1000"})
    reasons = {run_id[16:]: recorded.end(run_id).get("reason") for run_id in recorded.ids()}
    assert reasons == {"k": "killed", "o": "oom-gpu", "i": "interrupted", "t": "time-limit"}
    last = next(run_id for run_id in recorded.ids() if run_id.endswith("-o"))
    assert "Failed: exit code 1, out of GPU memory after " in recorded.log(last)


def test_a_script_alone_tells_the_same(recorded: Recorded, script: Script) -> None:
    code = "import mlws_tui as mlws\nmlws.run('x')\nprint('ready', flush=True)\nimport time; time.sleep(60)\n"
    with subprocess.Popen(
        script(code), stdout=subprocess.PIPE, env={**os.environ, "SLURM_JOB_END_TIME": "1000"}
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    (path,) = (recorded.workspace.streams / recorded.ids()[0]).glob("*.jsonl")

    ending = json.loads(path.read_text().splitlines()[-1])
    made = _ended("rank", **{key: value for key, value in ending.items() if key not in ("type", "ts")})
    assert (made.reason, told(made)) == ("time-limit", "stopped: time limit of its job")


def test_a_plan_has_no_say_once_a_process_speaks() -> None:
    plan = {"name": "fork", "kind": "training", "parent": "p", "config": {"lr": 1, "bs": 2}, "cmd": ["old"]}
    old = StreamFacts("a", first_ts=10.0, last_ts=10.0, facts={**plan, "git": {"sha": "old", "diff": "+old"}})
    waiting = resolve(ID, [old], [])
    assert (waiting.run.state, waiting.run.started, waiting.run.command) == (RunState.CREATED, 10.0, ("old",))
    facts = {"role": "wrapper", "pid": 7, "cmd": ["new"], "config": {"lr": 3}, "environment": {"os": "x"}}
    begun = StreamFacts("b", "wrapper", first_ts=500.0, last_ts=501.0, facts=facts)
    made = resolve(ID, [old, begun], [])
    run = made.run
    assert (run.state, run.started, run.command, run.git) == (RunState.RUNNING, 500.0, ("new",), None)
    assert (run.name, run.parent, run.config) == ("fork", "p", {"lr": 3, "bs": 2})
    assert (made.diff, made.environment, run.environment) == (None, {"os": "x"}, {})


def test_a_log_that_ends_with_ctrl_c_was_stopped() -> None:
    error = {"type": "KeyboardInterrupt", "message": "", "traceback": ""}
    log = StreamFacts("l", "log", last_ts=20.0, ending={"status": "failed", "ts": 20.0, "error": error})
    assert told(resolve(ID, [log], []).run) == "stopped by you (SIGINT)"
