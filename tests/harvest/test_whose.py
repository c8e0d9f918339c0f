"""Which files beside logs are no runs: those that go with another one's log, and notes."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from mlws_tui.domain.runs import RunState
from mlws_tui.services.rebuild import rebuild
from mlws_tui.services.runlogs import logs_of_run
from tests.harvest.kit import LOG, RUN, dump_of, epochs, harvested, lay, opened, read_all, runs, values
from tests.store.kit import header, workspace, write

BESIDE = [
    f"logs/training/{RUN}.rank1.log",
    f"logs/training/{RUN}-server.log",
    f"logs/training/{RUN}.err",
    f"logs/training/{RUN}.rank1.log.1",
    f"logs/training/{RUN}/attempt_0/1/stdout.log",
]


@pytest.mark.parametrize("recorded", [False, True])
async def test_what_goes_with_the_log_of_a_run_is_no_run(tmp_path: Path, recorded: bool) -> None:
    lay(tmp_path, LOG, epochs(1, 3))
    for path in BESIDE:
        lay(tmp_path, path, epochs(1, 3))
    if recorded:
        write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [header(RUN, pid=1)])
    async with harvested(tmp_path) as store:
        run = (await runs(store))[RUN]
        assert set(await runs(store)) == {RUN}
        assert len(await values(store, RUN, "loss")) == 3
        counted = {str(path.relative_to(tmp_path)) for _, path in logs_of_run(workspace(tmp_path), run)}
        assert counted == {LOG, *BESIDE} - {f"logs/training/{RUN}.rank1.log.1"}


async def test_what_was_a_run_goes_where_its_log_turns_out_to_be_another_ranks(tmp_path: Path) -> None:
    lay(tmp_path, "logs/training/foo.rank1.log", epochs(1, 3))
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert [run.name for run in (await runs(store)).values()] == ["foo.rank1"]
        lay(tmp_path, "logs/training/foo.log", epochs(1, 4))
        await read_all(service)
        [run] = (await runs(store)).values()
        assert run.name == "foo" and len(await values(store, run.id, "loss")) == 4
        (tmp_path / "logs/training/foo.log").unlink()
        await read_all(service)
        assert {run.name for run in (await runs(store)).values()} == {"foo", "foo.rank1"}


async def test_names_that_only_begin_alike_are_of_runs_of_their_own(tmp_path: Path) -> None:
    paths = ["training.log", "training/a.log", "training/a-large.log", "training/ab.log", "training/b/a.log"]
    for path in paths:
        lay(tmp_path, f"logs/{path}", epochs(1, 3))
    async with harvested(tmp_path) as store:
        assert {run.log for run in (await runs(store)).values()} == {f"logs/{path}" for path in paths}


async def test_the_folders_of_the_kinds_are_of_no_run(tmp_path: Path) -> None:
    paths = ["logs/training.log", "logs/archive.log"]
    for path in [*paths, "logs/training/a.log", "logs/training/b/c.log", "logs/archive/training/d.log"]:
        lay(tmp_path, path, epochs(1, 3))
    async with harvested(tmp_path) as store:
        found = {run.log: run for run in (await runs(store)).values()}
    for path in paths:
        counted = logs_of_run(workspace(tmp_path), found[path])
        assert [str(log.relative_to(tmp_path)) for _, log in counted] == [path]


async def test_notes_are_no_run_and_what_tells_a_time_or_a_figure_is(tmp_path: Path) -> None:
    lay(tmp_path, "logs/notes.txt", "Remember the milk.\nlearning rate: too high?\n" * 50)
    lay(tmp_path, "logs/README", "What lies here.\n")
    lay(tmp_path, "logs/dated.txt", "2024-10-19 14:30:00 started\n")
    lay(tmp_path, "logs/figures", "Epoch 1/2 complete - Loss: 0.5\n")
    lay(tmp_path, "logs/silent.log", "hello\n")
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert {run.name for run in (await runs(store)).values()} == {"dated", "figures", "silent"}
        lay(tmp_path, "logs/README", "What lies here.\nEpoch 1/2 complete - Loss: 0.5\n", age=3000)
        await read_all(service)
        assert "README" in {run.name for run in (await runs(store)).values()}


async def test_a_run_may_claim_what_was_taken_for_notes(tmp_path: Path) -> None:
    lay(tmp_path, "logs/training/out.txt", "hello\n")
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        record = header(RUN, log="logs/training/out.txt", pid=1)
        write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [record])
        await read_all(service)
        assert set(await runs(store)) == {RUN}
        assert (await store.log_sizes(["logs/training/out.txt"])) == {"logs/training/out.txt": 6}


async def test_a_text_without_any_time_began_when_its_file_was_written(tmp_path: Path) -> None:
    log = lay(tmp_path, "logs/silent.log", "hello\n")
    async with harvested(tmp_path) as store:
        run = (await runs(store))["19700101-000000-silent"]
        assert run.started == pytest.approx(log.stat().st_mtime) and run.state is RunState.COMPLETED


async def test_a_log_that_is_packed_at_its_place_is_read(tmp_path: Path) -> None:
    log = lay(tmp_path, "logs/training/foo.log", epochs(1, 3))
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        before = await dump_of(store)
        log.with_name("foo.log.gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()
        lay(tmp_path, "logs/training/data.csv.gz", gzip.compress(b"1,2\n"))
        await read_all(service)
        assert await dump_of(store) == before
    assert (await asyncio.wait_for(rebuild(workspace(tmp_path)), 30)).runs == 1
    async with harvested(tmp_path) as store:
        assert await dump_of(store) == before
