"""What the tests of lists share: a workspace with runs of every kind, and its services on a loop of their own."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runs import Run, RunQuery
from mlws_tui.domain.runviews import RunIndex, RunView
from mlws_tui.services.workbench import Workbench
from mlws_tui.services.workspace import init
from tests.runs.kit import alive, begun, ended, metrics, record

NOW = 1_800_000_000.0
DAY = 86_400.0
EVERY = RunQuery(limit=1000, include_archived=True, include_deleted=True)


def run_id(number: int) -> str:
    return f"20270101-0000{number:02d}-run-{number}"


@contextlib.asynccontextmanager
async def opened(workspace: Workspace) -> AsyncIterator[Workbench]:
    """The workspace's services with all that its streams hold, not started; the clock stands at NOW."""
    settings, _ = load_settings(workspace)
    async with await Workbench.open(workspace, settings, clock=lambda: NOW) as bench:
        await bench.ingest.catch_up()
        yield bench


@dataclass
class Desk:
    """An opened workspace for tests that are not async, and all of its runs as their pages have them."""

    runner: asyncio.Runner
    bench: Workbench
    runs: list[Run]

    def index(self, line: str = "", *order: str, group: str = "", everything: bool = False) -> RunIndex:
        view = RunView(filter=line, order=order, group=group)
        return self.runner.run(self.bench.runlists.index(view, everything=everything))

    def found(self, line: str) -> set[str]:
        return set(self.index(line).ids)


@contextlib.contextmanager
def desk(root: Path) -> Iterator[Desk]:
    """A workspace with runs of every kind."""
    workspace = init(root / "workspace").workspace
    for number in range(40):
        _write(workspace, number, random.Random(number))
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        bench = runner.run(stack.enter_async_context(opened(workspace)))
        try:
            runner.run(_edit(bench))
            page = runner.run(bench.runs.list(EVERY))
            runs = [runner.run(bench.runs.get(run.id)) for run in page.runs]
            yield Desk(runner, bench, runs)
        finally:
            runner.run(stack.aclose())


async def _edit(bench: Workbench) -> None:
    """What people change: two are put away, one is deleted, some get a note and a figure."""
    for number, fields in (
        (3, {"archived": True}),
        (4, {"archived": True}),
        (5, {"deleted": True}),
        (6, {"notes": "ran out of Memory\nsee the log", "metrics": {"loss": 0.05}}),
        (7, {"metrics": {"human": 0.5}, "best_checkpoint": "best.pt", "tags_add": ["best"]}),
        (8, {"metrics": {"loss": "NaN"}, "tags_add": ["späť"], "summary": {"f1": 0.7}}),
    ):
        await bench.runs.edit(run_id(number), by="tests", **fields)
    await bench.ingest.catch_up()


def _write(workspace: Workspace, number: int, chance: random.Random) -> None:
    run, start = run_id(number), NOW - chance.uniform(0.01, 20) * DAY
    config: dict[str, object] = {
        "lr": chance.choice([1e-5, 1e-4, 1e-3, "1e-4"]),
        "optim": {"name": chance.choice(["adam", "adamw", "sgd"]), "wd": chance.random()},
        "bf16": chance.random() < 0.5,
        "layers": [1, 2],
        "my key": chance.randint(0, 3),
    }
    if number % 4 == 1:
        config = {"optim.name": "adam", "seed": number}
    who = alive() if number in (10, 11) else {}
    head = begun(
        run,
        start,
        **who,
        config=config,
        tags=chance.sample(["lora", "full", "a b", "base"], chance.randint(0, 3)),
        experiment=chance.choice(["sweep", "Sweep two", None]),
        model=chance.choice(["Llama-3-8B", "qwen", None]),
        gpus=[{"name": "H100"}] * chance.randint(0, 2),
        git={"sha": f"{number:040x}", "branch": chance.choice(["main", "fix"])},
        cmd=["python", "train.py"],
        dataset="a" * 60 + "!" if number == 20 else None,
    )
    steps = range(1, chance.randint(2, 6))
    names = [name for name in ("loss", "val/acc", "reward") if chance.random() < 0.7]
    values = [{name: chance.choice([chance.random(), "NaN", 1.5]) for name in names} for _ in steps]
    points = [metrics(step, start + step, **one) for step, one in zip(steps, values, strict=True) if one]
    progress = {"type": "progress", "ts": start + 9, "step": number, "total": 40, "epoch": 1.5}
    record(workspace, run, head, *points, progress)
    if number % 3 == 0:  # the same series goes on in the file of a second attempt
        more = [metrics(step + 10, start + 100 + step, loss=chance.random()) for step in steps]
        record(workspace, run, {**head, "ts": start + 99, "attempt": 2}, *more, file="gpu1-2-bb.jsonl")
    if number % 5 == 0:
        other = {**head, "ts": start + 99, "attempt": 2 if number % 3 == 0 else 1, "rank": 1}
        record(workspace, run, other, metrics(1, start + 100, loss=-5.0), file="gpu1-3-cc.jsonl")
    if number not in (10, 11, 12):
        status = chance.choice(["completed", "failed", "stopped"])
        error = {"type": "ValueError", "message": "Bad Batch"} if status == "failed" else None
        end = ended(start + chance.uniform(200, 9000), status, **({"error": error} if error else {}))
        record(workspace, run, end, file="gpu1-2-bb.jsonl" if number % 3 == 0 else "gpu1-1-aa.jsonl")
