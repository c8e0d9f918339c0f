"""A record that the disk takes only in part, whatever part that is, is in the index once when there is room again."""

from __future__ import annotations

import subprocess

from mlws_tui.config.workspace import Workspace
from tests.store.kit import ingested
from tests.torture.kit import PATIENCE, python, start


async def test_torn_at_any_byte_each_record_is_there_once(workspace: Workspace) -> None:
    process = start(python("tests.torture.torn"), workspace.root, stdout=subprocess.PIPE)
    told, _ = process.communicate(timeout=PATIENCE)
    runs = told.decode().split()
    assert process.returncode == 0 and len(runs) > 50
    async with ingested(workspace.root) as store:
        steps = {room: (await store.points(run, "loss")).step for room, run in enumerate(runs)}
        bad = [run.id for run in (await store.list_runs()).runs if run.bad_lines > 1]
    assert {room: found for room, found in steps.items() if found != [1, 2, 3]} == {}
    assert not bad
