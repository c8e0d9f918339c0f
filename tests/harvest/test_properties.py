"""Whatever becomes of logs, in the end the index holds what their text says, and each figure once."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.services.harvest import Limits
from mlws_tui.store import Store
from tests.harvest.kit import ARTICLE, LONG_AGO, epochs, harvested, lay, opened, read_all, runs, values
from tests.store.kit import header, workspace, write

PATHS = ["logs/training/20241019-143000-a.log", "logs/training/b.log", "logs/x/b.log.1"]
PIECES = [
    epochs(1, 3),
    epochs(4, 9),
    ARTICLE,
    "no figure\n",
    "Epoch 10/100 comp",
    "lete - Loss: 0.1",
    "\n",
    "\r 50%|█| 5/10\r",
]
# What somebody does: which log, what is done with it (append, write anew, remove, let somebody claim it), with what.
ACTS = st.tuples(
    st.sampled_from(PATHS),
    st.sampled_from(["append", "append", "anew", "remove", "claim", "restart"]),
    st.sampled_from(PIECES),
)


@settings(max_examples=12)
@given(acts=st.lists(ACTS, min_size=2, max_size=8))
def test_in_the_end_it_is_as_if_all_had_been_read_at_once(acts: Sequence[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(Path(folder), acts))


async def figures(store: Store) -> dict[str, Any]:
    """What the index holds of all runs, but for times: of lines without one nobody knows later when they came."""
    found: dict[str, Any] = {}
    for run in (await runs(store)).values():
        series = {info.name: await values(store, run.id, info.name) for info in await store.series(run.id)}
        facts = (
            run.name,
            run.kind,
            run.log,
            run.model,
            run.dataset,
            run.summary,
            run.told,
            run.state,
            run.problems,
        )
        found[run.id] = (facts, series, [event.name for event in await store.happenings(run.id)])
    return found


async def _play(root: Path, acts: Sequence[tuple[str, str, str]]) -> None:
    begun = list(acts)
    while begun:
        async with opened(root, Limits(large=1000, end=300, slice=0.0)) as (_, service):
            while begun:
                path, act, text = begun.pop(0)
                if act == "restart":
                    break
                _do(root, path, act, text)
                await read_all(service)
    for path in PATHS:  # of a log that is gone the index tells what it knew, until it is made anew
        if not (root / path).exists():
            lay(root, path, epochs(1, 2))
        os.utime(root / path, (1.7e9, 1.7e9))
    async with opened(root) as (store, service):
        await read_all(service)
        await read_all(service)
        found = await figures(store)
    (root / ".mlws/index.db").rename(root / ".mlws/old.db")
    for beside in (root / ".mlws").glob("index.db*"):
        beside.unlink()
    async with harvested(root) as store:
        assert await figures(store) == found


def _do(root: Path, path: str, act: str, text: str) -> None:
    log = root / path
    if act == "append":
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as file:
            file.write(text)
    elif act == "anew":
        lay(root, path, text)
    elif act == "remove":
        log.unlink(missing_ok=True)
    else:
        run = "20241020-090000-claims"
        write(workspace(root).streams, f"{run}/a.jsonl", [header(run, log=path, pid=1)])
    if log.exists():
        os.utime(log, (1.7e9 - LONG_AGO, 1.7e9 - LONG_AGO))
