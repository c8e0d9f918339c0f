"""States from claims and processes, and whether a process is there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlws_tui.domain.liveness import derive, from_claims
from mlws_tui.domain.runs import Claim, Presence, ProcessRef, Run, RunError, RunState
from mlws_tui.sources.processes import boot_id, pid_namespace, presence

ALIVE, GONE, ELSEWHERE = Presence.ALIVE, Presence.GONE, Presence.ELSEWHERE
ERROR = RunError("ValueError", "no", "Traceback …")


def _rank(status: str | None, rank: int = 0, attempt: int = 1, ts: float = 50.0, **more: object) -> Claim:
    return Claim("rank", rank, attempt, status, ts, **more)  # type: ignore[arg-type]


def _wrapper(status: str | None, ts: float = 60.0, **more: object) -> Claim:
    return Claim("wrapper", 0, 1, status, ts, **more)  # type: ignore[arg-type]


def _run(*claims: Claim, roles: tuple[str, ...] = ("rank",)) -> Run:
    processes = tuple(ProcessRef(7, 1, "h", role=role) for role in roles)
    return Run(
        "id",
        "n",
        "training",
        RunState.CREATED,
        claims=claims,
        processes=processes,
        last_seen=40.0,
        started=1.0,
    )


def _state(run: Run, *presences: Presence, now: float = 100.0) -> tuple[RunState, float | None]:
    derived = derive(run, presences, now, 600.0)
    return derived.state, derived.ended


def test_without_a_process_it_is_created() -> None:
    assert _state(_run(_rank(None), roles=())) == (RunState.CREATED, None)
    assert from_claims(_run(_rank(None), roles=())).state is RunState.CREATED


def test_running_crashed_and_lost_follow_from_the_processes() -> None:
    two = _run(_rank(None), _rank(None, 1), roles=("rank", "rank"))
    assert from_claims(two).state is RunState.RUNNING
    assert _state(two, ALIVE, GONE) == (RunState.RUNNING, None)
    assert _state(two, GONE, GONE) == (RunState.CRASHED, 40.0)
    assert _state(two, GONE, ELSEWHERE) == (RunState.RUNNING, None)
    assert _state(two, GONE, ELSEWHERE, now=641.0) == (RunState.LOST, 40.0)
    assert _state(two, ALIVE, ELSEWHERE, now=641.0) == (RunState.RUNNING, None)


def test_a_failed_rank_speaks_before_rank_0() -> None:
    run = _run(_rank("completed"), _rank("failed", 3, ts=45.0, error=ERROR), _rank(None, 1))
    derived = from_claims(run)
    assert (derived.state, derived.ended, derived.error) == (RunState.FAILED, 45.0, ERROR)
    assert from_claims(_run(_rank(None), _rank("completed", 1))).state is RunState.RUNNING
    assert from_claims(_run(_rank("completed"), _rank(None, 1))).state is RunState.COMPLETED


def test_the_wrappers_word_is_awaited_while_it_may_come() -> None:
    run = _run(_wrapper(None), _rank("completed"), roles=("wrapper", "command", "rank"))
    assert from_claims(run).state is RunState.RUNNING
    assert _state(run, ALIVE, GONE, GONE) == (RunState.RUNNING, None)
    assert _state(run, GONE, GONE, GONE) == (RunState.COMPLETED, 50.0)
    silent = _run(_wrapper(None), _rank(None), roles=("wrapper", "command", "rank"))
    assert _state(silent, GONE, ALIVE, ALIVE) == (RunState.RUNNING, None)
    assert _state(silent, GONE, GONE, GONE) == (RunState.CRASHED, 40.0)


def test_the_wrapper_speaks_before_ranks_but_their_traceback_is_kept() -> None:
    run = _run(
        _wrapper("failed", exit_code=1, error=RunError("", "exit code 1")), _rank("failed", error=ERROR)
    )
    derived = from_claims(run)
    assert (derived.state, derived.ended, derived.exit_code, derived.error) == (
        RunState.FAILED,
        60.0,
        1,
        ERROR,
    )
    killed = from_claims(_run(_wrapper("failed", signal=9, error=RunError("", "killed")), _rank(None)))
    assert (killed.signal, killed.error) == (9, RunError("", "killed"))


def test_a_person_has_the_last_word_on_the_state_but_not_on_the_time() -> None:
    person = Claim("person", 0, 1, "stopped", 99.0)
    derived = from_claims(_run(person, _wrapper("failed", exit_code=3)))
    assert (derived.state, derived.ended, derived.exit_code) == (RunState.STOPPED, 60.0, 3)
    assert from_claims(_run(replace(person, status="failed"), _rank(None))).ended == 40.0
    assert from_claims(_run(person, _rank(None))).ended == 99.0  # nobody else says when it was stopped
    assert (
        from_claims(_run(replace(person, status="no such state"), _rank("completed"))).state
        is RunState.COMPLETED
    )


def test_only_the_newest_attempt_counts() -> None:
    person = Claim("person", 0, 1, "failed", 55.0)
    run = _run(person, _rank("completed"), _rank(None, attempt=2))
    assert from_claims(run).state is RunState.RUNNING
    assert (
        from_claims(_run(person, _rank("failed"), _rank("completed", attempt=2))).state is RunState.COMPLETED
    )


def _me(**fields: object) -> ProcessRef:
    stat = Path(f"/proc/{os.getpid()}/stat").read_text()
    mine = ProcessRef(
        os.getpid(), int(stat.rsplit(")", 1)[1].split()[19]), socket.gethostname(), boot_id(), pid_namespace()
    )
    return replace(mine, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        (_me(), ALIVE),
        (_me(start=None), ALIVE),
        (_me(host="renamed"), ALIVE),
        (_me(boot_id=None, pid_ns=None), ALIVE),
        (_me(start=1), GONE),
        (_me(boot_id="another"), GONE),
        (_me(boot_id="another", host="far.example.org"), ELSEWHERE),
        (_me(boot_id=None, host="far"), ELSEWHERE),
        (_me(pid_ns="pid:[1]"), ELSEWHERE),
        (_me(pid=2**31 - 1), GONE),
        (_me(pid=2**80), GONE),
        (_me(pid=-1), GONE),
    ],
)
def test_presence(process: ProcessRef, expected: Presence) -> None:
    assert presence(process) is expected


def test_a_process_that_ended_is_gone_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()  # its end of the pipe closes when it ends
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert presence(_me(pid=child.pid, start=None)) is GONE
    child.wait()
    child.stdout.close()
    assert presence(_me(pid=child.pid, start=None)) is GONE
