"""`kill -9` at random moments, of everything: writers, the app, commands. What was acknowledged is there once."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.store import Store
from tests.store.kit import dump, header, ingested, write
from tests.torture.keepers import keeper
from tests.torture.kit import MLWS, PATIENCE, Writer, check_integrity, check_run, ending, start

ANCHOR = "20240101-000000-anchor"
#: Six training scripts and two programs of the experiment store.
PROGRAMS = ["writer"] * 6 + ["experimenter"] * 2


@dataclass(frozen=True, slots=True)
class Rounds:
    """How many rounds, how long each is (s), every which one has the real app, and how many commands run in one."""

    count: int
    seconds: float
    app_every: int
    commands: int


ROUNDS = [
    pytest.param(Rounds(2, 1.2, 2, 4), id="short"),
    pytest.param(Rounds(16, 3.0, 4, 8), id="long", marks=pytest.mark.torture),
]


class Commands:
    """Commands that change something, some of them killed, and what of it must be there then."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self._root = root
        self._dice = dice
        self._running: list[tuple[str, str, subprocess.Popen[bytes]]] = []
        self._count = 0
        self.done: dict[str, list[str]] = {"tag": [], "journal": [], "experiment": []}
        self.killed: dict[str, list[str]] = {"tag": [], "journal": [], "experiment": []}

    def begin(self) -> None:
        self._count += 1
        word = f"word-{self._count:04}"
        kind = self._dice.choice(["tag", "tag", "journal", "experiment", "list"])
        args = {
            "tag": ["runs", "tag", ANCHOR, word],
            "journal": ["log", "experiments", word],
            "experiment": ["experiments", "create", word],
            "list": ["runs", "list", "--json"],
        }[kind]
        process = start([*MLWS, *args], self._root, stderr=subprocess.PIPE)
        self._running.append((kind, word, process))

    def kill_one(self) -> None:
        if self._running:
            self._dice.choice(self._running)[2].kill()

    def settle(self) -> None:
        """Wait for all of them. One that was not killed must have done what it was asked."""
        for kind, word, process in self._running:
            _, told = process.communicate(timeout=PATIENCE)
            assert process.returncode in (0, -9), f"{kind} {word}: {process.returncode} {told.decode()}"
            kept = self.done if process.returncode == 0 else self.killed
            kept.setdefault(kind, []).append(word)
        self._running.clear()

    async def check(self, store: Store) -> None:
        """What was acknowledged is there once, what was killed at most once, and nothing else."""
        run = await store.get_run(ANCHOR)
        assert run is not None
        self._compare("tag", list(run.tags))
        self._compare("journal", _journal_words(self._root))
        self._compare("experiment", _experiments(self._root))

    def _compare(self, kind: str, found: list[str]) -> None:
        assert len(found) == len(set(found)), f"{kind} twice: {found}"
        assert set(self.done[kind]) <= set(found), f"{kind} lost: {set(self.done[kind]) - set(found)}"
        assert set(found) <= {*self.done[kind], *self.killed[kind]}


def _journal_words(root: Path) -> list[str]:
    """The lines that `log` wrote; a line of which only a part is there fails."""
    path = root / "ACTIVITY.md"
    lines = path.read_text().splitlines() if path.exists() else []
    words = [line for line in lines if "word" in line]
    assert all(line.startswith("- word-") and len(line) == len("- word-0000") for line in words), words
    return [line.removeprefix("- ") for line in words]


def _experiments(root: Path) -> list[str]:
    command = [*MLWS, "--workspace", str(root), "experiments", "list", "--limit", "10000", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    names = [str(one["name"]) for one in json.loads(answer.stdout)["experiments"]]
    return [name for name in names if name.startswith("word-")]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_killed_at_random_moments_nothing_acknowledged_is_lost_or_twice(
    workspace: Workspace, tmp_path: Path, dice: random.Random, rounds: Rounds
) -> None:
    root = workspace.root
    write(workspace.streams, f"{ANCHOR}/h-1-aa.jsonl", [header(ANCHOR)])
    commands = Commands(root, dice)
    writers: list[Writer] = []
    for number in range(1, rounds.count + 1):
        new = [
            Writer(root, tmp_path / f"acks-{number}-{i}", steps=dice.choice([150, 10_000]), program=program)
            for i, program in enumerate(PROGRAMS)
        ]
        with ending(new):
            _play(root, dice, rounds, new, commands, app=number % rounds.app_every == 0)
        check_integrity(workspace.marker / "index.db")
        asyncio.run(_check(root, new, commands))
        writers += new
    assert any(writer.acknowledged().step for writer in writers)
    asyncio.run(_check(root, writers, commands))
    _check_rebuilt(root)


def _play(
    root: Path, dice: random.Random, rounds: Rounds, writers: list[Writer], commands: Commands, *, app: bool
) -> None:
    """One round: at random moments writers die, commands come and die, and the keeper of the index dies."""
    kept = keeper(root, app=app)

    def new_keeper() -> None:
        nonlocal kept
        kept.check_alive()
        kept.kill()
        kept = keeper(root, app=app)

    acts: list[Callable[[], None]] = [*(writer.kill for writer in writers), new_keeper]
    acts += [commands.begin] * rounds.commands + [commands.kill_one] * (rounds.commands // 2)
    plan = [(dice.uniform(0.0, rounds.seconds), act) for act in acts]
    begun = time.monotonic()
    try:
        for moment, act in sorted(plan, key=lambda one: one[0]):
            kept.sleep_until(begun + moment)
            act()
        kept.sleep_until(begun + rounds.seconds)
        kept.check_alive()
        commands.settle()
    finally:
        kept.kill()


async def _check(root: Path, writers: list[Writer], commands: Commands) -> None:
    async with ingested(root) as store:
        for writer in writers:
            await check_run(store, writer.acknowledged())
        await commands.check(store)


def _check_rebuilt(root: Path) -> None:
    """Made anew from the streams, the index says the same."""
    again = root.with_name("again")
    shutil.copytree(root, again, ignore=shutil.ignore_patterns("index.db*", "*.lock"))
    assert asyncio.run(_dump(again)) == asyncio.run(_dump(root))


async def _dump(root: Path) -> object:
    async with ingested(root) as store:
        return await dump(store)
