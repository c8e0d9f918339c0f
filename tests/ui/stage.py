"""A workspace in which time stands still, and the app on it: the same picture every time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from textual.pilot import Pilot

from mlws_tui.config.load import load_settings
from mlws_tui.config.resources import theme_folders
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.gpus import (
    OK,
    DiskUse,
    GpuFacts,
    GpuFrame,
    GpuProcess,
    GpuSample,
    HostSample,
    Reading,
    throttles,
)
from mlws_tui.sdk.facts import process_facts
from mlws_tui.services.workbench import Workbench
from mlws_tui.ui.app import MlwsApp, Opened
from mlws_tui.ui.themes import load_themes

#: Friday, 2026-11-20, 09:41:23 UTC.
NOW = 1795167683.0
TRAINING, DONE, BROKEN = "20261120-091203-llama-ft", "20261119-150000-sentiment", "20261119-171020-qwen-dpo"
GIB = 1024**3


def furnish(workspace: Workspace) -> None:
    """Write the files that three runs, a journal and a session log leave."""
    _training(workspace)
    _done(workspace)
    _broken(workspace)
    workspace.journal.write_text(
        "# Activity\n\n## 2026-11-20\n\n### Experiments\n"
        f"- Started: {TRAINING}, LoRA r=16 on the reviews\n- Insight: the warm-up was too short\n\n"
        "### Next Steps\n- [ ] compare r=8 and r=16\n- [x] clean the data\n\n"
        "## 2026-11-19\n\n### Experiments\n- Completed: sentiment, accuracy 87.3%\n"
    )
    workspace.sessions.joinpath("2026-11-19-sentiment.md").write_text(
        "# Session: Sentiment analysis with llama3.1\n\n**Type:** Experiment\n\n## Overview\n\n"
        "Fine-tuned on 25,000 reviews.\n\n## Results\n\n- [accuracy]\n\n## Summary\n\n[three sentences]\n"
    )


def frame() -> GpuFrame:
    """Two GPUs, one of them at work for the training run."""
    busy = GpuProcess(4121, 58 * GIB, "ana", ("python", "train.py", "--rank", "16"), mine=True, run=TRAINING)
    return GpuFrame(
        at=NOW,
        host="gpu-server",
        driver="580.65",
        gpus=(_gpu(0, 87, 61, 61, 612, 0x4, (busy,)), _gpu(1, 3, 2, 34, 74, 0x1, ())),
        system=HostSample(
            NOW,
            0.12,
            (0.10, 0.14),
            31 * GIB,
            251 * GIB,
            0,
            0,
            (1.2, 0.9, 0.8),
            Reading(DiskUse("/data", 700 * GIB, 300 * GIB, 1000 * GIB)),
        ),
    )


class Still:
    """The app on the stage: it opens its workbench on a stopped clock, and nothing runs behind it."""

    def __init__(self, workspace: Workspace, theme: str = "mlws-dark") -> None:
        self.workspace = workspace
        self.bench: Workbench | None = None
        themes, problems = load_themes(theme_folders(workspace))
        assert not problems
        self.app = MlwsApp(self._open, themes=themes, theme=theme, live=False)

    async def _open(self) -> Opened:
        settings, _ = load_settings(self.workspace)
        self.bench = await Workbench.open(self.workspace, settings, clock=lambda: NOW)
        self.bench.gpus.frame = frame()
        await self.bench.ingest.catch_up()
        return Opened(self.bench)

    async def ready(self, pilot: Pilot[Any], *seen: str) -> None:
        """Wait until the panes are there and these words are on the screen."""
        await until(pilot, lambda: self.app.bench is not None)
        await self.sees(pilot, *seen)

    async def sees(self, pilot: Pilot[Any], *words: str) -> None:
        """Wait until these words are on the screen."""
        await until(
            pilot, lambda: all(word in screen_text(self.app) for word in words), lambda: screen_text(self.app)
        )

    async def leave(self) -> None:
        await self.app.shut_down()


def screen_text(app: MlwsApp) -> str:
    """What is on the screen, line by line."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


async def until(pilot: Pilot[Any], holds: Callable[[], bool], shown: Callable[[], str] = str) -> None:
    """Let the app work until the condition holds."""
    for _ in range(200):
        await pilot.pause(0.05)  # each look at the screen costs milliseconds that others wait for
        if holds():
            await pilot.pause()
            return
    raise AssertionError(f"it never came to be:\n{shown()}")


def _gpu(
    index: int,
    use: float,
    memory: int,
    heat: float,
    power: float,
    mask: int,
    processes: tuple[GpuProcess, ...],
) -> GpuSample:
    return GpuSample(
        GpuFacts(index, f"GPU-{index}", "NVIDIA H200"),
        taken=NOW,
        state=OK,
        reason="",
        utilization=Reading(use / 100),
        memory_used=Reading(memory * GIB),
        memory_total=Reading(141 * GIB),
        temperature=Reading(heat),
        power=Reading(power),
        power_limit=Reading(700.0),
        clock_graphics=Reading(1980),
        clock_memory=Reading(3201),
        fan=Reading(reason="this GPU has no fan of its own"),
        throttle=Reading(throttles(mask)),
        processes=Reading(processes),
    )


def _stream(workspace: Workspace, run: str, records: Iterable[dict[str, Any]]) -> None:
    folder = workspace.streams / run
    folder.mkdir()
    (folder / "gpu-server-4121-0a1b2c3d.jsonl").write_text(
        "".join(json.dumps(record) + "\n" for record in records)
    )


def _head(run: str, ts: float, **more: Any) -> dict[str, Any]:
    name = run[16:]
    return {
        "type": "run", "v": 1, "ts": ts, "id": run, "name": name, "kind": "training", "host": "gpu-server", "pid": 4121,
        "pid_start": 1, "boot_id": "an-earlier-boot", "experiment": "reviews", "tags": ["lora"], "rank": 0,
        "world_size": 1, "model": "llama3.1:8b", "dataset": "reviews", "config": {"lr": 1e-4, "lora": {"r": 16}},
        "cmd": ["python", "train.py", "--rank", "16"], "cwd": "/data/reviews", "python": "3.12.3",
        "log": f"logs/training/{run}.log",
        "git": {"sha": "0123456789abcdef", "branch": "main", "dirty": True}, **more,
    }  # fmt: skip


def _loss(step: int) -> float:
    return 2.4 * math.exp(-step / 150) + 0.3 + 0.08 * math.sin(step * 12.9898)


def _training(workspace: Workspace) -> None:
    start = NOW - 1760
    # The process that trains is this one, so that it is seen to live.
    facts = process_facts(start)
    mine = {key: facts[key] for key in ("host", "pid", "pid_start", "boot_id", "pid_ns")}
    records = [_head(TRAINING, start, **mine)]
    for step in range(1, 621):
        records.append(
            {
                "type": "metrics",
                "ts": start + 2.8 * step,
                "step": step,
                "values": {"loss": round(_loss(step), 4)},
            }
        )
        if step % 40 == 0:
            values = {"val/loss": round(_loss(step) + 0.1, 4)}
            records.append({"type": "metrics", "ts": start + 2.8 * step, "step": step, "values": values})
    records.append({"type": "progress", "ts": NOW - 1, "step": 620, "total": 1000, "epoch": 2, "epochs": 3})
    _stream(workspace, TRAINING, records)
    lines = [
        f"2026-11-20 09:{12 + step // 25:02d}:23 - INFO - step {step} loss: {_loss(step):.3f}\n"
        for step in range(20, 621, 20)
    ]
    lines.insert(18, "2026-11-20 09:26:40 - WARNING - gradient norm 12.4 was clipped\n")
    (workspace.logs / "training" / f"{TRAINING}.log").write_text("".join(lines))


def _done(workspace: Workspace) -> None:
    start = NOW - 67000
    records = [_head(DONE, start)]
    for step in range(1, 101):
        values = {"accuracy": round(0.873 - 0.4 * math.exp(-step / 20), 4)}
        records.append({"type": "metrics", "ts": start + 13.6 * step, "step": step, "values": values})
    records += [
        {
            "type": "artifact",
            "ts": start + 1350,
            "path": "checkpoints/best.pt",
            "kind": "checkpoint",
            "bytes": 16_777_216,
        },
        {"type": "set", "ts": start + 1360, "by": "sdk", "summary": {"accuracy": 0.873, "f1": 0.852}},
        {"type": "end", "ts": start + 1364, "status": "completed", "exit_code": 0},
    ]
    _stream(workspace, DONE, records)


def _broken(workspace: Workspace) -> None:
    start = NOW - 59000
    error = {
        "type": "OutOfMemoryError",
        "message": "CUDA out of memory. Tried to allocate 2.00 GiB",
        "traceback": 'Traceback (most recent call last):\n  File "dpo.py", line 88, in step\n    loss.backward()\n'
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    }
    records = [_head(BROKEN, start, config={"beta": 0.1})]
    records += [
        {
            "type": "metrics",
            "ts": start + step,
            "step": step,
            "values": {"loss": 0.69 if step < 400 else "NaN"},
        }
        for step in range(10, 411, 10)
    ]
    records.append({"type": "end", "ts": start + 420, "status": "failed", "exit_code": 1, "error": error})
    _stream(workspace, BROKEN, records)
    (workspace.logs / "training" / f"{BROKEN}.log").write_text("".join(_broken_log(error["traceback"])))


def _broken_log(traceback: str) -> Iterable[str]:
    """A log with colours, warnings, JSON lines, and the traceback that ended it."""
    for step in range(1, 411):
        stamp = f"2026-11-19 17:{10 + step // 60:02d}:{step % 60:02d}"
        yield f"{stamp} - INFO - step {step}/1000 loss: {0.69 - step / 4000:.4f} grad_norm: {1 + step % 7 / 10:.2f}\n"
        if step % 60 == 7:
            yield f"{stamp} - WARNING - gradient norm {step / 9:.1f} was clipped\n"
        if step % 100 == 0:
            yield f'{{"level": "info", "msg": "checkpoint saved", "path": "step-{step}.pt", "bytes": 16777216}}\n'
        if step == 380:
            yield f"{stamp} - ERROR - worker 3 lost its connection, trying again\n"
    yield "\x1b[32m✓\x1b[0m \x1b[1mcheckpoint\x1b[0m saved to \x1b[36mstep-410.pt\x1b[0m\n"
    yield traceback + "\n"
