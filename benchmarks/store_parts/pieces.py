"""The workload that every tracker gets: what is in it, and what of the answers goes into the table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .figures import Figures, number
from .trackers import NAMES

_SCRIPT = Path(__file__).with_name("workload.py")
_GRACE = 20.0  # seconds beyond its budget after which a tracker is ended from outside
_PEERS = ("trackio", "mlflow")
_FIND = f"import importlib.util as u; print(*[name for name in {_PEERS!r} if u.find_spec(name)])"
#: Nothing may call home, start a browser or count its users.
_OFFLINE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "DO_NOT_TRACK": "1",
}
_CALL = f"log() of {len(NAMES)} metrics"
_PACE = 20  # calls a second
_KILLED = "killed (SIGKILL) while it logs: records lost that log() had returned from"


@dataclass(frozen=True, slots=True)
class Lab:
    """One tracker in one interpreter, and how much of everything it gets.

    Attributes:
        tracker: Its name.
        python: The interpreter that has it.
        budget: Seconds for all pieces together.
        seconds: How long processes log.
        calls: How often each process logs at most.
        kills: How often a process is killed.
        points: Points of the long series.
        runs: How many runs the list is taken from.
        reads: Section of the reading questions, and rows of the list, the chart and all points; without it those are
            not asked.
    """

    tracker: str
    python: str
    budget: float
    seconds: float
    calls: int
    kills: int
    points: int
    runs: int
    reads: tuple[str, str, str, str] | None = None


def installed(python: str) -> list[str]:
    """Which of the other trackers that interpreter has."""
    return subprocess.run([python, "-c", _FIND], check=True, capture_output=True, text=True).stdout.split()


def measure(figures: Figures, lab: Lab) -> None:
    """Do all pieces on one tracker and keep what was measured; what was not done is said in its place."""
    plans = _plans(lab)
    answers, complaint = _answers(lab, plans)
    for plan, found in zip(plans, answers, strict=False):
        _show(figures, lab, plan, found)
    for plan in plans[len(answers) :]:
        _show(figures, lab, plan, {"failed": "not done"})
    if len(answers) < len(plans):
        figures.note(f"{lab.tracker} was ended before it had done all: {complaint}")
    elif answers:
        figures.note(f"{lab.tracker} {answers[0]['version']}")


def _plans(lab: Lab) -> list[dict[str, Any]]:
    """The pieces in order; those that may take all the time that is left come last."""

    def load(processes: int, pace: int) -> dict[str, Any]:
        weights = {"weight": 1 + processes / 8, "least": lab.seconds + 3 + 0.8 * processes}
        calls = {} if pace else {"calls": lab.calls}
        return {
            "piece": "load",
            **weights,
            "processes": processes,
            "pace": pace,
            "seconds": lab.seconds,
            **calls,
        }

    def kill(pace: int) -> dict[str, Any]:
        seconds = min(2.0, lab.seconds)
        weights = {"weight": 1, "least": (seconds + 1) * lab.kills + 2}
        return {"piece": "kill", **weights, "pace": pace, "seconds": seconds, "rounds": lab.kills}

    plans = [load(processes, pace) for pace in (_PACE, 0) for processes in (1, 8)]
    plans += [kill(_PACE), kill(0)]
    if lab.reads is not None:
        plans += [{"piece": "series", "weight": 4, "least": 5, "points": lab.points}]
        plans += [{"piece": "runs", "weight": 4, "least": 5, "runs": lab.runs}]
    return plans + [load(32, pace) for pace in (_PACE, 0)]


def _answers(lab: Lab, plans: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """An answer for each piece that was done, and the last thing that the tracker complained of."""
    with tempfile.TemporaryDirectory(prefix="store-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        errors = folder / "errors"
        command = [lab.python, str(_SCRIPT), lab.tracker, str(folder), str(lab.budget), json.dumps(plans)]
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=folder,
                env={**os.environ, **_OFFLINE, "HOME": str(folder)},
                start_new_session=True,
            )
            try:
                output, _ = process.communicate(timeout=lab.budget + _GRACE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
            finally:
                _end_group(process)
        last = errors.read_text(errors="replace").strip().splitlines()[-1:]
        return [json.loads(line) for line in output.splitlines()], "".join(last)[:200]


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever still runs; after an orderly end there is nothing."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _show(figures: Figures, lab: Lab, plan: dict[str, Any], found: dict[str, Any]) -> None:
    match plan["piece"]:
        case "load":
            _show_load(figures, lab, plan, found)
        case "kill":
            _show_kill(figures, lab, plan, found)
        case "series":
            _show_series(figures, lab, found)
        case _:
            _show_runs(figures, lab, found)


def _show_load(figures: Figures, lab: Lab, plan: dict[str, Any], found: dict[str, Any]) -> None:
    processes = plan["processes"]
    pace = f"{plan['pace']} a second in each process" if plan["pace"] else "as fast as it goes"
    section, what = f"{_CALL}, {pace}", f"{processes} process{'es' if processes > 1 else ''}"
    if _failed(figures, lab, section, what, found):
        return
    text = _three(found["us"], "µs") if found["us"] else "nothing logged"
    troubles = {"calls raised": found["refused"], "not ended in time": found["cut"]}
    text += "".join(f", {count:,} {words}" for words, count in troubles.items() if count)
    facts = {name: found[name] for name in ("cut", "calls", "refused", "seconds", "points", "stored")}
    figures.add(section, what, lab.tracker, text, unit="µs", **found["us"], **facts)
    if not found["us"]:
        return
    rate = found["stored"] / found["seconds"]
    text = f"{number(rate)} points/s"
    if found["stored"] < found["points"]:
        text += f", {found['stored']:,} of {found['points']:,} stored"
    elif not found["cut"]:  # of those that were cut off it is not known how much they had logged
        text += ", all stored"
    figures.add(section, f"{what}, until all have ended", lab.tracker, text, unit="points/s", value=rate)


def _show_kill(figures: Figures, lab: Lab, plan: dict[str, Any], found: dict[str, Any]) -> None:
    what = f"{plan['pace']} a second" if plan["pace"] else "as fast as it goes"
    if _failed(figures, lab, _KILLED, what, found):
        return
    lost = found["acknowledged"] - found["kept"]
    text = f"{lost:,} of {found['acknowledged']:,} ({found['rounds']}×)"
    figures.add(_KILLED, what, lab.tracker, text, lost=lost, **found)


def _show_series(figures: Figures, lab: Lab, found: dict[str, Any]) -> None:
    assert lab.reads is not None
    section, _, chart, points = lab.reads
    if _failed(figures, lab, section, points, found):
        return
    figures.note("“of N” with another tracker: it has N, as there was no time to write more, or it is all.")
    size = f"of {number(found['written'])}"
    for what, key in ((chart, "chart"), (points, "points")):
        text = f"{_three(found[key], 'ms')} {size}"
        figures.add(section, what, lab.tracker, text, unit="ms", of=found["written"], **found[key])
    figures.rate(
        "ingest", "points", lab.tracker, found["written"] / found["seconds"], "/s (its own bulk call)"
    )


def _show_runs(figures: Figures, lab: Lab, found: dict[str, Any]) -> None:
    assert lab.reads is not None
    section, listed, _, _ = lab.reads
    if not _failed(figures, lab, section, listed, found):
        text = f"{_three(found['list'], 'ms')} of {found['written']:,} runs"
        figures.add(section, listed, lab.tracker, text, unit="ms", of=found["written"], **found["list"])


def _failed(figures: Figures, lab: Lab, section: str, what: str, found: dict[str, Any]) -> bool:
    if "failed" not in found:
        return False
    figures.add(section, what, lab.tracker, found["failed"], failed=found["failed"])
    return True


def _three(found: dict[str, float], unit: str) -> str:
    return " / ".join(number(found[name]) for name in ("median", "p99", "max")) + f" {unit}"
