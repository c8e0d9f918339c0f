"""Stopping runs: SIGINT, SIGTERM, SIGKILL, each after a time to end by itself, to the right processes alone."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mlws_tui.domain.errors import MlwsError, NotFoundError
from mlws_tui.domain.figures import duration
from mlws_tui.domain.runs import Presence, ProcessRef, Run, RunState
from mlws_tui.domain.shellwords import quote
from mlws_tui.services.openindex import Parts
from mlws_tui.services.runacts import RunActs
from mlws_tui.sources.processes import hostname, presence, short_name
from mlws_tui.sources.signalling import Delivery, owner, send

log = logging.getLogger(__name__)

#: Seconds that a run has after each signal but the last.
GRACE = 10.0
_LAST_WAIT = 5.0  # after SIGKILL, and for a wrapper that writes down how its command ended
_POLL = 0.1
_STAGES = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class StopPlan:
    """Who would be signalled to stop a run.

    Attributes:
        run: The run.
        asked: Whom SIGINT and SIGTERM go to: its wrapper, which hands them on, else the processes themselves.
        killed: Whom SIGKILL goes to: all of its processes here but the wrapper, which records the end.
        wrapper: Its wrapper, where that lives.
        elsewhere: Hosts where others of its processes are, which are not signalled from here.
    """

    run: Run
    asked: tuple[ProcessRef, ...]
    killed: tuple[ProcessRef, ...]
    wrapper: ProcessRef | None
    elsewhere: tuple[str, ...]

    def words(self) -> str:
        """Who is signalled: ``its wrapper (pid 4121), which hands it on to pid 4130``."""
        if self.wrapper is not None:
            below = f", which hands it on to {_pids(self.killed)}" if self.killed else ""
            return f"its wrapper (pid {self.wrapper.pid}){below}"
        return _pids(self.asked)


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a run was stopped: its last signal, after how many seconds it had ended, and who goes on elsewhere."""

    run: Run
    signal: str
    seconds: float
    elsewhere: tuple[str, ...] = ()

    def words(self) -> str:
        """It in a few words: ``stopped by SIGINT after 2s``."""
        if self.elsewhere:
            return f"its processes here have ended; those on {', '.join(self.elsewhere)} go on"
        if not self.signal:
            return f"it ended by itself: {self.run.state.value}"
        return f"{self.run.state.value} by {self.signal} after {duration(self.seconds)}"


class Stopping:
    """Stops runs whose processes are here.

    Args:
        parts: The workspace's open index.
        acts: Records who stopped it.
        poll: Seconds between two looks at the processes.
    """

    def __init__(self, parts: Parts, acts: RunActs, *, poll: float = _POLL) -> None:
        self._parts = parts
        self._acts = acts
        self._poll = poll

    async def plan(self, run_id: str) -> StopPlan:
        """Who would be signalled.

        Raises:
            NotFoundError: if there is no such run.
            MlwsError: if it does not run, or nothing of it can be signalled from here; it says what to do instead.
        """
        found = await self._parts.store.get_run(run_id)
        if found is None:
            raise NotFoundError(f"There is no run {run_id!r}")
        (run,) = await self._parts.runs.with_states([found])
        return await asyncio.to_thread(_plan, run)

    async def stop(
        self,
        run_id: str,
        *,
        grace: float = GRACE,
        now: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Stopped:
        """Stop a run, and wait until it has ended. It counts as stopped by this user from then on.

        Whoever cancels the waiting leaves it with the signals that it has got so far.

        Args:
            run_id: The run.
            grace: Seconds that it has after SIGINT, and again after SIGTERM.
            now: SIGKILL at once.
            tell: Hears of each step, a sentence each.

        Raises:
            NotFoundError: if there is no such run.
            MlwsError: if it does not run, cannot be signalled from here, or is there even after SIGKILL.
            StoreError: if it could not be recorded who stopped it.
        """
        plan = await self.plan(run_id)
        begun = time.monotonic()
        last: signal.Signals | None = None
        for stage in _STAGES[-1:] if now else _STAGES:
            if not await self._signal(plan, stage):
                break  # it ended just now
            last = stage
            killed = stage is signal.SIGKILL
            patience = _LAST_WAIT if killed else grace
            more = "" if killed else f"; it has {patience:g} s to end"
            tell(f"{run_id}: {stage.name} to {_pids(plan.killed) if killed else plan.words()}{more}")
            if await self._gone(plan.killed or plan.asked, plan.run, patience):
                break
        else:
            raise MlwsError(
                f"Run {run_id} is still there after SIGKILL: {_pids(plan.killed)}",
                hint="it hangs in the kernel, on a disk or a GPU; only a restart of that helps",
            )
        if plan.wrapper is not None:
            await self._gone([plan.wrapper], plan.run, _LAST_WAIT)
        seconds = time.monotonic() - begun
        run = await self._recorded(plan, last is not None)
        return Stopped(run, last.name if last is not None else "", seconds, plan.elsewhere)

    async def _signal(self, plan: StopPlan, stage: signal.Signals) -> bool:
        """Send it; whether anybody was left who got it."""
        last = stage is signal.SIGKILL
        whom = plan.killed if last else plan.asked
        results = await asyncio.to_thread(_send_all, whom, stage, plan.run.last_seen)
        for process, result in results:
            if result is Delivery.DENIED:
                name = await asyncio.to_thread(owner, process.pid)
                raise MlwsError(
                    f"Process {process.pid} of run {plan.run.id} belongs to {name or 'another user'}",
                    hint=f"sudo -u {quote(name) if name else 'USER'} mlws-tui runs stop {plan.run.id}",
                )
        if not last:  # one that was suspended (ctrl+z) hears of it only when it goes on
            await asyncio.to_thread(_send_all, plan.killed, signal.SIGCONT, plan.run.last_seen)
        return any(result is Delivery.SENT for _, result in results)

    async def _gone(self, processes: Sequence[ProcessRef], run: Run, patience: float) -> bool:
        """Wait until all of these have ended; whether they have in that time (seconds)."""
        until = time.monotonic() + patience
        while await asyncio.to_thread(_alive, processes, run):
            if time.monotonic() >= until:
                return False
            await asyncio.sleep(min(self._poll, max(0.0, until - time.monotonic())))
        return True

    async def _recorded(self, plan: StopPlan, signalled: bool) -> Run:
        """The run as it is now. That this user stopped it is recorded first: that needs no index."""
        stopped = signalled and not plan.elsewhere
        if stopped:
            await self._acts.mark_stopped(plan.run.id)
        try:
            await self._parts.ingest.catch_up(logs=0.0)
            return await self._parts.runs.get(plan.run.id)
        except (
            MlwsError
        ) as error:  # the index is made anew from what is on the disk, by whoever opens it next
            log.warning("reading how %s ended: %s", plan.run.id, error)
            return replace(plan.run, state=RunState.STOPPED) if stopped else plan.run


def _plan(run: Run) -> StopPlan:
    """It reads /proc: call it in a thread."""
    _refuse_ended(run)
    seen = [(process, presence(process, run.last_seen)) for process in run.processes]
    here = [process for process, where in seen if where is Presence.ALIVE]
    away = [process for process, where in seen if where is Presence.ELSEWHERE]
    if not here:
        raise _elsewhere(run, away)
    unsure = [process for process in here if process.start is None]
    if unsure:
        raise MlwsError(
            f"The record of run {run.id} does not say when {_pids(unsure)} began: it may be another process",
            hint="look at it with ps, and kill it yourself if it is the right one",
        )
    wrapper = next((process for process in here if process.role == "wrapper"), None)
    others = tuple(process for process in here if process.role != "wrapper")
    commands = tuple(process for process in others if process.role == "command")
    # What a wrapper or a launcher started hears of it through that one; a signal twice would end some at once.
    asked = (wrapper,) if wrapper is not None else commands or others
    hosts = dict.fromkeys(short_name(process.host) for process in away)
    return StopPlan(run, asked, others, wrapper, tuple(hosts))


def _refuse_ended(run: Run) -> None:
    if run.log_only:
        hint = "find its process with ps, and end it yourself"
        raise MlwsError(f"Run {run.id} is known by its log alone, not by its processes", hint=hint)
    if run.state is RunState.CREATED and not run.processes:
        raise MlwsError(f"Run {run.id} has not begun", hint=f"mlws-tui runs delete {run.id} takes it away")
    if not run.state.live:
        raise MlwsError(f"Run {run.id} does not run: it is {run.state.value}")


def _elsewhere(run: Run, away: Sequence[ProcessRef]) -> MlwsError:
    """Why nothing of it can be signalled from here, and what to do."""
    if not away:
        return MlwsError(f"Run {run.id} does not run: its processes are gone")
    stop = f"mlws-tui runs stop {run.id}"
    hosts = list(dict.fromkeys(short_name(process.host) for process in away))
    if short_name(hostname()) in hosts:
        title = f"Run {run.id} is in another container of this host, or of before it was started again"
        return MlwsError(title, hint=f"in that container: {stop}")
    where = ", ".join(hosts)
    dashes = (
        "-- " if hosts[0].startswith("-") else ""
    )  # a host that a stream names must not be an option of ssh
    return MlwsError(
        f"Run {run.id} is on {where}, not on this host", hint=f"ssh {dashes}{quote(hosts[0])} {stop}"
    )


def _send_all(
    processes: Iterable[ProcessRef], stage: signal.Signals, spoke: float | None
) -> list[tuple[ProcessRef, Delivery]]:
    own = os.getpid()
    return [
        (process, send(process, stage, group=process.role == "command", spoke=spoke))
        for process in processes
        if process.pid != own  # an app or a script must not end itself
    ]


def _alive(processes: Sequence[ProcessRef], run: Run) -> bool:
    return any(presence(process, run.last_seen) is Presence.ALIVE for process in processes)


def _pids(processes: Sequence[ProcessRef]) -> str:
    """``pid 4130``, or ``pids 4130, 4131 and 6 more``."""
    pids = sorted({process.pid for process in processes})
    if len(pids) < 2:
        return f"pid {pids[0]}" if pids else "nobody"
    more = f" and {len(pids) - 4} more" if len(pids) > 4 else ""
    return f"pids {', '.join(map(str, pids[:4]))}{more}"
