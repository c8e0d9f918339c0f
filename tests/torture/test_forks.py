"""A process that logs and forks, again and again: no child hangs, each has a file of its own, all records are there."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from tests.store.kit import ingested
from tests.torture.forker import RECORDS
from tests.torture.kit import python, start

#: How long all the children together may take at most (s): one that hangs would hang for ever.
DEADLINE = 120.0


@pytest.mark.parametrize(
    "children", [pytest.param(40, id="short"), pytest.param(1000, id="long", marks=pytest.mark.torture)]
)
def test_forked_in_the_middle_of_a_run_nothing_hangs_and_all_records_are_there(
    workspace: Workspace, children: int
) -> None:
    process = start(python("tests.torture.forker", str(children)), workspace.root, stdout=subprocess.PIPE)
    try:
        told, _ = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    run, logged = told.decode().split()
    files = sorted((workspace.streams / run).glob("*.jsonl"))
    assert len(files) == children + 1
    assert sorted(_child_values(files)) == list(range(children * RECORDS))
    asyncio.run(_check(workspace, run, children, int(logged)))


def _child_values(files: list[Path]) -> list[float]:
    """What the children logged, each into a file that is headed by who it is."""
    found: list[float] = []
    for file in files:
        records = [json.loads(line) for line in file.read_text().splitlines()]
        head = records[0]
        assert head["type"] == "run" and str(head["pid"]) in file.name.split("-")
        values = [record["values"]["child"] for record in records if "child" in record.get("values", {})]
        assert len(values) == (RECORDS if head["role"] == "child" else 0)
        found += values
    return found


async def _check(workspace: Workspace, run: str, children: int, logged: int) -> None:
    async with ingested(workspace.root) as store:
        parent, child = await store.points(run, "parent"), await store.points(run, "child")
        assert parent.step == list(range(1, logged + 1))
        assert sorted(child.value) == list(range(children * RECORDS))
