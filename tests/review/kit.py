"""A fortnight of work: runs, a journal and a session log, as seen on Friday, 2026-11-20, at 09:41:23 UTC."""

from __future__ import annotations

from typing import Any

from mlws_tui.config.workspace import Workspace
from tests.runs.kit import alive, begun, ended, metrics, record
from tests.ui.stage import NOW

HOUR, DAY = 3600.0, 86_400.0
OLD, BETTER, WORSE, OOM, BROKEN, LONG, LIVE = (
    "20261106-100000-lora-old",
    "20261116-100000-lora-16",
    "20261117-100000-lora-8",
    "20261117-120000-lora-64",
    "20261118-090000-tokens",
    "20261115-220000-pretrain",
    "20261120-090000-lora-32",
)
GPU = "NVIDIA H200"
JOURNAL = """\
# Activity

## 2026-11-20

### Experiments
- Started: lora-32

### Next Steps
- [ ] look at lora-32 by 2026-11-19

## 2026-11-19

- Answer: the loss spikes because of one broken shard

## 2026-11-16

### Experiments
- **Insight:** a warm-up of two hundred steps is what kept the loss from rising at the start
- Blocker: the second GPU throttles
- Question: why does the loss spike at step 410?
- blog idea: one broken shard

### Learning
- packing halves the time of an epoch

### Next Steps
- [x] compare r=8 and r=16
- [ ] clean the data

## 2026-11-10

- Does *packing* hurt?
- [x] which tokenizer?
"""


def fortnight(workspace: Workspace) -> None:
    """Write all of it."""
    _trained(workspace, OLD, NOW - 14 * DAY, HOUR, 0.40)
    _trained(workspace, BETTER, NOW - 4 * DAY, 2 * HOUR, 0.30, power=500.0)
    _trained(workspace, WORSE, NOW - 3 * DAY, HOUR, 0.50)
    start = NOW - 3 * DAY + 2 * HOUR
    error = {"type": "OutOfMemoryError", "message": "CUDA out of memory. Tried to allocate 2.00 GiB"}
    record(
        workspace,
        OOM,
        begun(OOM, start, experiment="reviews", gpus=[GPU]),
        ended(start + 600, "failed", exit_code=1, error=error),
    )
    start = NOW - 2 * DAY
    error = {"type": "builtins.KeyError", "message": "'labels'"}
    record(workspace, BROKEN, begun(BROKEN, start), ended(start + 60, "failed", exit_code=1, error=error))
    # Two GPUs over midnight: 09:41 on Sunday the 15th to 09:41 on Monday the 16th
    start = NOW - 5 * DAY
    record(
        workspace,
        LONG,
        begun(LONG, start, experiment="pretraining", gpus=[GPU, GPU]),
        metrics(1, start + 1, tokens=1),
        ended(start + DAY, "stopped"),
    )
    record(workspace, LIVE, begun(LIVE, NOW - 2 * HOUR, experiment="reviews", gpus=[GPU], **alive()))
    workspace.journal.write_text(JOURNAL)
    workspace.sessions.joinpath("2026-11-18-pretraining.md").write_text(
        "# Session: Two days of Pretraining\n\n## Overview\n\nIt went on.\n"
    )


def _trained(
    workspace: Workspace, run: str, start: float, took: float, loss: float, power: float | None = None
) -> None:
    samples: list[dict[str, Any]] = [
        {"type": "system", "ts": start + took * n / 4, "gpus": [{"index": 0, "power": power}]}
        for n in range(5)
        if power is not None
    ]
    record(
        workspace,
        run,
        begun(run, start, experiment="reviews", gpus=[GPU]),
        metrics(10, start + 10, **{"val/loss": loss}),
        *samples,
        ended(start + took),
    )
