"""From what is recorded of a run, and what can be seen of its processes, to the state it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlws_tui.domain.endreasons import classify
from mlws_tui.domain.runs import Claim, Presence, ProcessRef, Run, RunError, RunState

_STATES = frozenset(RunState)


def deciding_claim(claims: Sequence[Claim], *, await_wrapper: bool = True) -> Claim | None:
    """Whose word on how the run ended holds: a person's, then the wrapper's, a failed rank's, rank 0's.

    Only the newest attempt counts. None while nobody has the say: no one ended, or, with `await_wrapper`, the
    wrapper has not spoken yet.
    """
    newest = max((claim.attempt for claim in claims), default=1)
    current = [claim for claim in claims if claim.attempt == newest]
    spoken = [claim for claim in current if claim.status in _STATES]
    for speaker in ("person", "wrapper"):
        said = [claim for claim in spoken if claim.speaker == speaker]
        if said:
            return max(said, key=lambda claim: claim.ts)
    if await_wrapper and any(claim.speaker == "wrapper" for claim in current):
        return None
    ranks = [claim for claim in spoken if claim.speaker == "rank"]
    failed = [claim for claim in ranks if claim.status == RunState.FAILED]
    if failed:
        return min(failed, key=lambda claim: (claim.ts, claim.rank))
    first = [claim for claim in ranks if claim.rank == 0]
    return max(first, key=lambda claim: claim.ts) if first else None


def from_claims(run: Run) -> Run:
    """The run with the state that its records alone tell; processes are not looked at."""
    claim = deciding_claim(run.claims)
    if claim is not None:
        return _ended(run, claim)
    state = RunState.RUNNING if run.processes or run.log_only else RunState.CREATED
    return replace(run, state=state, ended=None, exit_code=None, signal=None, error=None, reason="")


def derive(run: Run, presences: Sequence[Presence], now: float, lost_after: float) -> Run:
    """The run with the state that its records and its processes tell together.

    Args:
        run: What is recorded.
        presences: What can be seen of each of `run.processes`, in the same order.
        now: Unix seconds.
        lost_after: Seconds of silence after which a run elsewhere counts as lost.
    """
    claim = deciding_claim(run.claims)
    if claim is not None:
        return _ended(run, claim)
    seen = list(zip(run.processes, presences, strict=True))
    wrappers = [presence for process, presence in seen if process.role == "wrapper"]
    if all(presence is Presence.GONE for presence in wrappers):
        claim = deciding_claim(run.claims, await_wrapper=False)
        if claim is not None:
            return _ended(run, claim)
    if not seen:
        state = RunState.RUNNING if run.log_only else RunState.CREATED
        return replace(run, state=state, ended=None)
    if any(presence is Presence.ALIVE for _, presence in seen):
        return replace(run, state=RunState.RUNNING, ended=None, reason=_ranks_missing(run, seen))
    if all(presence is Presence.GONE for _, presence in seen):
        return replace(run, state=RunState.CRASHED, ended=run.last_seen)
    if run.last_seen is not None and now - run.last_seen > lost_after:
        return replace(run, state=RunState.LOST, ended=run.last_seen)
    return replace(run, state=RunState.RUNNING, ended=None)


def _ended(run: Run, claim: Claim) -> Run:
    state = RunState(claim.status) if claim.status is not None else run.state
    if state.live:
        return replace(run, state=state, ended=None, exit_code=None, signal=None, error=None, reason="")
    ended = claim.ts
    if (
        claim.speaker == "person"
    ):  # a person says how it is to be called, not when and with which code it ended
        others = [other for other in run.claims if other.speaker != "person"]
        recorded = deciding_claim(others, await_wrapper=False)
        claim = recorded or replace(claim, exit_code=None, signal=None)
        ended = recorded.ts if recorded is not None else _ended_unrecorded(run, claim)
    failed = state in (RunState.FAILED, RunState.CRASHED)
    error = _best_error(run, claim) if failed else claim.error
    return replace(
        run,
        state=state,
        ended=ended,
        exit_code=claim.exit_code,
        signal=claim.signal,
        error=error,
        reason="" if state is RunState.COMPLETED else claim.reason or _reason_of(claim, error),
    )


def _ended_unrecorded(run: Run, claim: Claim) -> float:
    """When a run ended of which a person alone says so: who stops it does so then; else when it spoke last."""
    if claim.status == RunState.STOPPED or run.last_seen is None:
        return claim.ts
    return run.last_seen


def _reason_of(claim: Claim, error: RunError | None) -> str:
    """Why it ended, by the error that is shown, where the claim itself does not tell."""
    told = None if error is None else {"type": error.type, "message": error.message}
    return classify(claim.status, exit_code=claim.exit_code, number=claim.signal, error=told)


def _ranks_missing(run: Run, seen: Sequence[tuple[ProcessRef, Presence]]) -> str:
    """``rank 3 of 8 is gone`` where one of several went without a word or failed while others go on."""
    if run.ranks < 2:
        return ""
    ended = {claim.rank: claim for claim in run.claims if claim.attempt == run.attempt and claim.status}
    ranks = {claim.rank for claim in ended.values() if claim.speaker == "rank" and claim.status == "failed"}
    gone = {
        process.rank for process, presence in seen if process.role == "rank" and presence is Presence.GONE
    }
    missing = sorted(ranks | (gone - ended.keys()))
    if not missing:
        return ""
    if len(missing) == 1:
        how = "failed" if missing[0] in ranks else "is gone"
        return f"rank {missing[0]} of {run.ranks} {how}"
    shown = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
    return f"ranks {shown} of {run.ranks} are gone"


def _best_error(run: Run, claim: Claim) -> RunError | None:
    """The claim's own error, or a rank's where that one has the traceback."""
    if claim.error is not None and claim.error.traceback:
        return claim.error
    ranks = [
        other.error
        for other in sorted(run.claims, key=lambda other: (other.ts, other.rank))
        if other.attempt == claim.attempt and other.speaker == "rank" and other.error is not None
    ]
    with_traceback = [error for error in ranks if error.traceback]
    if with_traceback:
        return with_traceback[0]
    return claim.error or (ranks[0] if ranks else None)
