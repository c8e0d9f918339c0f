"""Pages of the index overwritten at random: what is damaged is noticed where it is read, and made again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.store.errors import DamagedError
from tests.store.kit import OTHER, RUN, dump, header, ingested, metrics, write

PAGE = 4096
#: The first finds the damage and leaves word of it, the second opens another file.
LOOKS = 2


@pytest.mark.parametrize(
    "rounds", [pytest.param(6, id="short"), pytest.param(150, id="long", marks=pytest.mark.torture)]
)
async def test_a_page_of_garbage_is_noticed_and_the_index_made_again(
    workspace: Workspace, dice: random.Random, rounds: int
) -> None:
    for run in (RUN, OTHER):
        points = [metrics(i, 1000.0 + i, loss=i / 4, acc=0.25) for i in range(600)]
        notes = [{"type": "note", "ts": 1000.0 + i, "text": f"{i} " * 20} for i in range(60)]
        write(
            workspace.streams,
            f"{run}/h-1-aa.jsonl",
            [header(run, config={"long": "x" * 300}), *points, *notes],
        )
    write(workspace.streams, "_edits/h.jsonl", [{"type": "set", "ts": 1.0, "run": RUN, "notes": "mine"}])
    async with ingested(workspace.root) as store:
        expected = await dump(store)
    index = workspace.marker / "index.db"
    sound = workspace.root / "sound.db"
    shutil.copy(index, sound)
    for _ in range(rounds):
        shutil.copy(sound, index)
        _damage(index, dice)
        for _ in range(LOOKS):
            try:
                async with ingested(workspace.root) as store:
                    found = await dump(store)
                break
            except DamagedError:  # told once; whoever opens it next begins it anew
                continue
        else:
            raise AssertionError("it is still damaged")
        assert found == expected


def _damage(index: Path, dice: random.Random) -> None:
    """Overwrite one to three pages by zeros or by noise; never what lies within a page, for nobody could tell."""
    pages = index.stat().st_size // PAGE
    with index.open("r+b") as file:
        for page in dice.sample(range(pages), dice.randint(1, 3)):
            file.seek(page * PAGE)
            file.write(dice.choice([bytes(PAGE), dice.randbytes(PAGE)]))
