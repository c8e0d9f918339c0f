"""What reads logs changes: other rules, another state, a setting; and what stops it for a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mlws_tui.domain.changes import IndexState
from mlws_tui.domain.runs import RunState
from mlws_tui.services.harvest import Limits
from mlws_tui.services.harvest.pace import Pace
from mlws_tui.services.hub import Hub
from tests.faults.kit import full, mounted
from tests.harvest.kit import (
    ARTICLE,
    LOG,
    RUN,
    append,
    dump_of,
    epochs,
    harvested,
    lay,
    opened,
    read_all,
    runs,
    values,
)
from tests.store.kit import Heard, header, until, workspace, write

RULE = """\
rules:
  - name: mine
    line: '>> {step}/{total} | cost {cost} |{*}'
"""
MINE = "2024-10-19 14:30:00 start\n>> 10/500 | cost 0.52 | x\n>> 20/500 | cost 0.42 | x\n"


def index_of(root: Path) -> Path:
    return workspace(root).marker / "index.db"


async def test_a_rule_that_is_added_has_old_logs_read_again(tmp_path: Path) -> None:
    lay(tmp_path, LOG, MINE)
    lay(tmp_path, "logs/training/other.log", epochs(1, 3))
    async with harvested(tmp_path) as store:
        assert await values(store, RUN, "cost") != [(10, 0.52), (20, 0.42)]
    lay(tmp_path, ".mlws/templates/metrics/mine.yaml", RULE)
    async with harvested(tmp_path) as store:
        assert await values(store, RUN, "cost") == [(10, 0.52), (20, 0.42)]
        [other] = set(await runs(store)) - {RUN}
        assert len(await values(store, other, "loss")) == 3
    (tmp_path / ".mlws/templates/metrics/mine.yaml").unlink()
    async with harvested(tmp_path) as store:
        assert await values(store, RUN, "cost") != [(10, 0.52), (20, 0.42)]


@pytest.mark.parametrize("state", ["{}", '{"text":{"gate":3},"begun":0}', "[]", "\x00"])
async def test_a_state_of_another_version_is_not_trusted(tmp_path: Path, state: str) -> None:
    log = lay(tmp_path, LOG, ARTICLE)
    async with harvested(tmp_path) as store:
        before = await dump_of(store)
    with contextlib.closing(sqlite3.connect(index_of(tmp_path))) as index, index:
        index.execute("UPDATE logs SET state = ?, rules = 'of another version'", (state,))
    assert log.exists()
    async with harvested(tmp_path) as store:
        assert await dump_of(store) == before


async def test_with_the_setting_off_nothing_is_read_and_what_was_read_stays(tmp_path: Path) -> None:
    read = lay(tmp_path, LOG, epochs(1, 3))
    async with harvested(tmp_path) as store:
        before = await values(store, RUN, "loss")
    config = lay(tmp_path, ".mlws/config.yaml", "logs:\n  metrics: false\n")
    append(read, epochs(4, 5))
    other = lay(tmp_path, "logs/agents/bot.log", ARTICLE, age=None)
    lay(tmp_path, "logs/notes.txt", "the milk\n")
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert await values(store, RUN, "loss") == before
        found = await runs(store)
        bot = found["20241019-143000-bot"]
        assert (bot.name, bot.kind, bot.state, bot.latest) == ("bot", "agents", RunState.RUNNING, {})
        assert bot.model is None and len(found) == 2 and service.state.logs == 0
        os.utime(other, (1.7e9, 1.7e9))
        await read_all(service)
        bot = (await runs(store))[bot.id]
        assert bot.state is RunState.COMPLETED
        os.utime(other)
        await read_all(service)
        assert (await runs(store))[bot.id].state is RunState.RUNNING
    os.utime(other, (1.7e9, 1.7e9))
    config.unlink()
    async with harvested(tmp_path) as store:
        assert [step for step, _ in await values(store, RUN, "loss")] == [1, 2, 3, 4, 5]
        bot = (await runs(store))[bot.id]
        assert bot.model == "llama3.1:8b" and bot.state is RunState.COMPLETED
        switched = await dump_of(store)
    index_of(tmp_path).unlink()
    async with harvested(tmp_path) as store:
        fresh = await dump_of(store)
        assert {key: one["points"] for key, one in fresh.items()} == {
            key: one["points"] for key, one in switched.items()
        }


async def test_a_locked_index_in_the_middle_of_a_log_costs_nothing(tmp_path: Path) -> None:
    text = ARTICLE + epochs(1, 3000, 3000)
    lay(tmp_path / "whole", LOG, text)
    async with harvested(tmp_path / "whole") as store:
        expected = await dump_of(store)
    root = tmp_path / "locked"
    lay(root, LOG, text)
    hub = Hub()
    heard = Heard(hub)
    async with opened(root, Limits(slice=0.005), hub) as (store, service):
        await service.start()

        async def begun() -> bool:
            return bool((await store.log_sizes([LOG])).get(LOG))

        await until(begun)
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=10)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            await until(lambda: "locked by another program" in heard.of(IndexState)[-1].problem)
            foreign.execute("ROLLBACK")
        await until(lambda: heard.of(IndexState)[-1].problem == "")
        await read_all(service)
        assert await dump_of(store) == expected


async def test_a_full_disk_in_the_middle_of_a_log_costs_nothing(tmp_path: Path) -> None:
    text = ARTICLE + epochs(1, 12_000, 12_000)
    lay(tmp_path / "whole", LOG, text)
    async with harvested(tmp_path / "whole") as store:
        expected = await dump_of(store)
    with mounted(tmp_path / "disk", "24m") as there:
        if not there:
            pytest.skip("no small file system may be mounted here")
        root = tmp_path / "disk"
        log = lay(root, LOG, text[: len(text) // 4])
        async with opened(root) as (store, service):
            await read_all(service)
            lay(root, LOG, text)
            with full(root):
                state = await service.catch_up(logs=10.0)
                assert "disk" in state.problem or "room" in state.problem
                assert await values(store, RUN, "loss")  # what is there can be read
            assert log.read_text() == text
            await read_all(service)
            assert await dump_of(store) == expected


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="needs to put the rights of root off"
)
def test_a_log_that_may_not_be_read_is_told_on_its_run(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    lay(tmp_path, "logs/training/other.log", epochs(1, 3))
    log = lay(tmp_path, LOG, epochs(1, 3))
    write(place.streams, f"{RUN}/a.jsonl", [header(RUN, log=LOG, pid=1)])
    log.chmod(0)
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(tmp_path), "runs", "show", RUN, "--json"]
    if os.geteuid() == 0:
        command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert f"{LOG} cannot be read for figures: Permission denied" in done.stdout
    log.chmod(0o600)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "Permission denied" not in done.stdout and '"loss"' in done.stdout


def test_what_was_spent_is_rested_for() -> None:
    now = 0.0
    pace = Pace(0.1, 2.0, lambda: now)
    pace.spend(1.5)
    assert pace.rest() == 0.0
    pace.spend(0.75)
    assert pace.rest() == pytest.approx(2.5)
    now = 2.5
    assert pace.rest() == 0.0
    now = 1000.0
    pace.spend(2.1)
    assert pace.rest() == pytest.approx(1.0)
