"""What the tests of pages share: a workspace with runs that hang together, and its open workbench."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.workbench import Workbench
from tests.runs.kit import begun, ended, metrics, record
from tests.ui.stage import NOW

BASE, FORK, CHILD, AGENT = (
    "20261118-100000-lora-16",
    "20261119-100000-lora-8",
    "20261120-080000-lora-8-slow",
    "20261120-090000-support-bot",
)
BROKEN = "20261119-171020-qwen-dpo"
DIFF = "diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-WARMUP = 100\n+WARMUP = {}\n"


@contextlib.asynccontextmanager
async def bench_of(workspace: Workspace) -> AsyncIterator[Workbench]:
    """The workbench on a stopped clock, with all that the streams hold; nothing runs behind it."""
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: NOW) as bench:
        await bench.ingest.catch_up()
        yield bench


def family(workspace: Workspace) -> None:
    """Three runs, each forked from the one before, and an agent's run."""
    _trained(workspace, BASE, NOW - 170_000, {"lr": 1e-4, "lora": {"r": 16, "alpha": 32}}, 0.30, warmup=100)
    _trained(
        workspace,
        FORK,
        NOW - 84_000,
        {"lr": 1e-4, "lora": {"r": 8, "alpha": 32}},
        0.42,
        parent=BASE,
        warmup=200,
    )
    _trained(workspace, CHILD, NOW - 9000, {"lr": 1e-5, "lora": {"r": 8}}, 0.36, parent=FORK, warmup=200)
    _agent(workspace)
    checkpoints = workspace.root / "checkpoints"
    checkpoints.mkdir()
    (checkpoints / "best.pt").write_bytes(b"x" * 2048)
    log = workspace.root / f"logs/training/{BASE}.log"
    log.write_text("step 1 loss 2.0\n" * 100)
    workspace.journal.write_text(
        "# Activity\n\n## 2026-11-18\n\n### Experiments\n"
        f"- Started: {BASE}, LoRA r=16\n- another one, {BASE}-2, is not meant\n\n"
        f"## 2026-11-19\n\n### Experiments\n- [lora-16](logs/training/{BASE}.log) came out well\n"
        f"- [ ] run {FORK} again\n"
    )
    workspace.sessions.joinpath("2026-11-19-reviews.md").write_text(
        f"# Session: Reviews\n\n## Results\n\nThe best was `{BASE}`.\n"
    )


def broken(workspace: Workspace) -> None:
    """A run that failed, with its traceback."""
    start = NOW - 59_000
    error = {
        "type": "OutOfMemoryError",
        "message": "CUDA out of memory. Tried to allocate 2.00 GiB",
        "traceback": 'Traceback (most recent call last):\n  File "dpo.py", line 88, in step\n    loss.backward()\n'
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    }
    record(
        workspace,
        BROKEN,
        begun(BROKEN, start, host="gpu-server", config={"beta": 0.1}, cmd=["python", "dpo.py"]),
        *(metrics(step, start + step, loss=0.69 if step < 400 else "NaN") for step in range(10, 411, 10)),
        ended(start + 420, "failed", exit_code=1, error=error),
    )


def _trained(
    workspace: Workspace, run: str, start: float, config: dict[str, Any], best: float, **more: Any
) -> None:
    warmup = more.pop("warmup")
    head = begun(
        run,
        start,
        config={**config, "seed": 7},
        experiment="reviews",
        tags=["lora"],
        model="llama3.1:8b",
        dataset="reviews",
        host="gpu-server",
        cmd=["python", "train.py"],
        python="3.12.3",
        gpus=[{"index": 0, "name": "NVIDIA H200"}],
        log=f"logs/training/{run}.log",
        git={"sha": "0123456789abcdef", "branch": "main", "dirty": True, "diff": DIFF.format(warmup)},
        environment={
            "packages": {"torch": "2.8.0" if run == BASE else "2.9.0", "numpy": "2.3.1"},
            "driver": "580.65",
        },
        **more,
    )
    losses = [2.0 - step * (2.0 - best) / 80 for step in range(1, 81)]
    losses += [best + 0.01 * step for step in range(1, 21)]
    record(
        workspace,
        run,
        head,
        *(
            metrics(step, start + 60 * step, loss=round(loss, 5), accuracy=round(0.9 - loss / 10, 5))
            for step, loss in enumerate(losses, 1)
        ),
        {
            "type": "artifact",
            "ts": start + 4800,
            "path": "checkpoints/best.pt",
            "kind": "checkpoint",
            "bytes": 2048,
        },
        {
            "type": "artifact",
            "ts": start + 6000,
            "path": "checkpoints/last.pt",
            "kind": "checkpoint",
            "bytes": 4096,
        },
        {"type": "alert", "ts": start + 300, "level": "warn", "title": "slow", "text": "12 s a step"},
        {"type": "note", "ts": start + 400, "text": "the warm-up was too short"},
        ended(start + 6010, exit_code=0),
    )


def _agent(workspace: Workspace) -> None:
    start = NOW - 2400
    records: list[dict[str, Any]] = []

    def event(name: str, ts: float, **data: Any) -> None:
        records.append({"type": "event", "ts": start + ts, "name": name, "data": data})

    for turn in range(3):
        at = 60.0 * turn
        event(
            "tool_call",
            at + 2,
            tool="list_runs",
            arguments={"state": "failed"},
            output=[1, 2],
            latency=0.3,
            ok=True,
        )
        event(
            "tool_call",
            at + 3,
            tool="read_log",
            arguments={"lines": 100},
            error="no such file",
            latency=0.1,
            ok=False,
        )
        event("retry", at + 3.1, tool="read_log", attempt=1, error="no such file")
        event("tokens", at + 4, input=1000, output=200)
        event(
            "interaction", at + 10, question=f"How many runs failed, take {turn}?", answer="Two of them.",
            latency=8.0 + turn, ok=turn < 2, error=None if turn < 2 else "gave up", input_tokens=900,
        )  # fmt: skip
    record(
        workspace,
        AGENT,
        begun(AGENT, start, kind="agents", model="qwen3:32b", launched_by=CHILD, host="gpu-server"),
        *records,
        ended(start + 200, exit_code=0),
    )
