"""The workload on one tracker: its pieces, one after the other, each answered by one JSON line on stdout.

    PYTHON workload.py TRACKER FOLDER BUDGET PLAN

It is run by the interpreter that has the tracker, which need not have mlws-tui, in a folder of its own. PLAN is a JSON
list of pieces, such as ``{"piece": "load", "weight": 1, "least": 9, "processes": 8, "pace": 20, "seconds": 5}``. The
BUDGET (seconds) is shared out by the weights; what a piece leaves is there for those after it, and each ends, with what
it has, when its share is over.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import struct
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from children import begun, fork, wait
from trackers import KINDS, NAMES, Tracker

_COUNTER = struct.Struct("q")
_LEAST = 2.0  # seconds; a piece is not begun with less
_GRACE = 5.0  # seconds beyond its share after which a piece is ended


@dataclass(frozen=True, slots=True)
class Plan:
    """One piece.

    Attributes:
        piece: Which it is.
        weight: Its share of the budget.
        least: Seconds that it gets where its share would be less, as long as there are any.
        processes: How many log at once.
        pace: Calls a second; 0: as fast as it goes.
        seconds: How long they log, or at most until they are killed.
        calls: How often each logs at most.
        rounds: How many processes are killed, one after the other.
        points: Points of the long series.
        runs: How many runs are written.
        width: Columns of a chart.
    """

    piece: str
    weight: float
    least: float
    processes: int = 1
    pace: float = 0
    seconds: float = 1
    calls: int = sys.maxsize
    rounds: int = 3
    points: int = 0
    runs: int = 0
    width: int = 120


def load(tracker: Tracker, plan: Plan, deadline: float) -> dict[str, Any]:
    """Time each call of `log` in some processes that log at once."""
    before = tracker.stored()
    ready, tell = os.pipe()
    hold, go = os.pipe()
    children: dict[int, Path] = {}
    for number in range(plan.processes):
        path = Path(f"calls-{number}")

        def work(number: int = number, path: Path = path) -> None:
            os.close(go)
            tracker.begin(f"load-{number}")
            os.write(tell, b".")
            os.read(hold, 1)  # ends when the parent lets go
            taken, refused = _calls(tracker, plan, random.Random(number))
            tracker.finish()
            path.write_bytes(array("q", [refused, *taken]).tobytes())

        children[fork(work)] = path
    os.close(tell)
    os.close(hold)
    start = time.monotonic()
    ready_by = deadline - plan.seconds - 2  # time to log, and to end
    if (count := begun(ready, plan.processes, ready_by)) < plan.processes:
        wait(children, deadline=0)  # what those few take while the others begin would be no fair figure
        return {"failed": f"{count} of {plan.processes} had begun after {time.monotonic() - start:.0f} s"}
    start = time.monotonic()
    os.close(go)
    cut = wait(children, deadline)
    seconds = time.monotonic() - start
    os.close(ready)
    taken, refused = _collect(children.values())
    return {
        "cut": cut,
        "calls": len(taken),
        "refused": refused,
        "seconds": seconds,
        "us": _spread(taken, 1e3),
        "points": len(NAMES) * (len(taken) - refused),
        "stored": tracker.stored() - before,
    }


def _calls(tracker: Tracker, plan: Plan, chance: random.Random) -> tuple[list[int], int]:
    """Log until the calls or the seconds are over; nanoseconds of each call, and how many raised."""
    pause = 1 / plan.pace if plan.pace else 0.0
    clock, taken, refused = time.perf_counter_ns, list[int](), 0
    end = time.monotonic() + plan.seconds
    if pause:
        time.sleep(chance.random() * pause)
    while len(taken) < plan.calls and time.monotonic() < end:
        step = len(taken)
        values = {name: 1.0 / (step + place) for place, name in enumerate(NAMES, 1)}
        begin = clock()
        try:
            tracker.log(values, step)
        except Exception as error:  # a tracker may raise anything of its own; it counts as a refused call
            refused += 1
            if refused == 1:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
        taken.append(clock() - begin)
        if pause:
            time.sleep(max(0.0, pause - (clock() - begin) / 1e9))
    return taken, refused


def kill(tracker: Tracker, plan: Plan, deadline: float) -> dict[str, Any]:
    """Kill a process that logs (SIGKILL), some times; records that `log` had returned from, and those found."""
    chance = random.Random(0)
    told = kept = rounds = 0
    while rounds < plan.rounds and time.monotonic() < deadline:
        counter = mmap.mmap(-1, _COUNTER.size)
        before = tracker.stored()

        def work(counter: mmap.mmap = counter, name: str = f"kill-{rounds}") -> None:
            tracker.begin(name)
            for step in range(sys.maxsize):
                tracker.log({name: 1.0 / (step + place) for place, name in enumerate(NAMES, 1)}, step)
                _COUNTER.pack_into(counter, 0, step + 1)
                if plan.pace:
                    time.sleep(1 / plan.pace)

        child = fork(work)
        while not _COUNTER.unpack_from(counter)[0] and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(plan.seconds * chance.uniform(0.5, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged = _COUNTER.unpack_from(counter)[0]
        told += acknowledged
        # The record that was being written may be there without `log` having returned: it makes up for none.
        kept += min(acknowledged, (tracker.stored() - before) // len(NAMES))
        rounds += 1
    return {"rounds": rounds, "acknowledged": told, "kept": kept}


def series(tracker: Any, plan: Plan, deadline: float) -> dict[str, Any]:
    """Write one long series through the tracker's own bulk call, then read it."""
    begin = time.monotonic()
    half = begin + (deadline - begin) * 0.6
    written = tracker.write_series(plan.points, lambda: time.monotonic() < half)
    seconds = time.monotonic() - begin
    points = _asked(tracker.read_points, deadline)
    chart = _asked(lambda: tracker.read_chart(plan.width), deadline)
    return {"written": written, "seconds": seconds, "points": points, "chart": chart}


def runs(tracker: Any, plan: Plan, deadline: float) -> dict[str, Any]:
    """Write many runs, then list the newest."""
    begin = time.monotonic()
    most = begin + (deadline - begin) * 0.8
    written = tracker.write_runs(plan.runs, lambda: time.monotonic() < most)
    return {"written": written, "list": _asked(lambda: tracker.list_runs(100), deadline)}


def _asked(ask: Callable[[], int], deadline: float, times: int = 10) -> dict[str, float]:
    """Ask at least once; how many rows came, and milliseconds."""
    taken: list[int] = []
    rows = 0
    while not taken or (len(taken) < times and time.monotonic() < deadline):
        begin = time.perf_counter_ns()
        rows = ask()
        taken.append(time.perf_counter_ns() - begin)
    return {"rows": rows, "samples": len(taken), **_spread(taken, 1e6)}


def _collect(paths: Iterable[Path]) -> tuple[list[int], int]:
    taken: list[int] = []
    refused = 0
    for path in paths:
        with suppress(FileNotFoundError):  # it never began, or was cut off
            found = array("q", path.read_bytes())
            refused += found[0]
            taken.extend(found[1:])
            path.unlink()
    return taken, refused


def _spread(taken: Sequence[int], unit: float) -> dict[str, float]:
    if not taken:
        return {}
    ordered, last = sorted(taken), len(taken) - 1
    return {
        "median": ordered[last // 2] / unit,
        "p99": ordered[round(last * 0.99)] / unit,
        "max": ordered[last] / unit,
    }


PIECES = {"load": load, "kill": kill, "series": series, "runs": runs}


def main(name: str, folder: Path, budget: float, plans: Sequence[Plan]) -> None:
    """Do all pieces. Each is done in a process of its own, so that none inherits what another one opened."""
    end = time.monotonic() + budget
    answer = os.dup(1)
    os.dup2(2, 1)  # trackers print; the answers have stdout to themselves
    tracker = KINDS[name](folder)
    version = tracker.load()
    first = fork(lambda: (tracker.begin("first"), tracker.finish())[1])  # makes the database
    os.waitpid(first, 0)
    left = sum(plan.weight for plan in plans)
    for plan in plans:
        rest = end - time.monotonic()
        share = min(rest, max(plan.least, rest * plan.weight / left))
        left -= plan.weight
        found = _piece(tracker, plan, share)
        line = {"version": version, "share": share, **found}
        os.write(answer, json.dumps(line).encode() + b"\n")


def _piece(tracker: Tracker, plan: Plan, share: float) -> dict[str, Any]:
    """The answer of one piece, or why there is none."""
    if share < _LEAST:
        return {"failed": "no time left"}
    deadline = time.monotonic() + share
    path = Path("answer")
    path.unlink(missing_ok=True)

    def work() -> None:
        found = PIECES[plan.piece](tracker, plan, deadline)
        path.with_suffix(".new").write_text(json.dumps(found))
        path.with_suffix(".new").rename(path)

    cut = wait([fork(work)], deadline + _GRACE)
    if cut:
        return {"failed": f"not done in {share + _GRACE:.0f} s"}
    if not path.exists():
        return {"failed": "failed"}
    found: dict[str, Any] = json.loads(path.read_text())
    return found


if __name__ == "__main__":
    main(
        sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), [Plan(**each) for each in json.loads(sys.argv[4])]
    )
