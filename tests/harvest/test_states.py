"""When a run of which only a log tells began, whether it goes on, and how it ended."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlws_tui.domain.runs import RunState
from mlws_tui.services.harvest import Limits
from mlws_tui.services.rebuild import rebuild
from tests.harvest.kit import LOG, RUN, append, epochs, harvested, lay, opened, read_all, runs, values
from tests.harvest.test_reading import LARGE
from tests.store.kit import until, workspace

AUGUST = 1_785_600_000.0
OOM = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
UNDATED = "Epoch 1/2 complete - Loss: 0.5\nEpoch 2/2 complete - Loss: 0.4\n"


def written(log: Path, ago: float) -> None:
    then = time.time() - ago
    os.utime(log, (then, then))


async def test_a_packed_log_without_dates_is_of_the_time_of_its_file(tmp_path: Path) -> None:
    packed = lay(tmp_path, "logs/training/x.log.gz", gzip.compress(UNDATED.encode()))
    old = lay(tmp_path, "logs/archive/training/y.log.gz", gzip.compress(UNDATED.encode()))
    for file in (packed, old):
        os.utime(file, (AUGUST, AUGUST))
    lay(tmp_path, "logs/training/z.log", UNDATED)
    for _ in range(2):
        async with harvested(tmp_path) as store:
            found = {run.name: run for run in (await runs(store)).values()}
            for name in ("x", "y"):
                assert (found[name].started, found[name].ended) == (AUGUST, AUGUST)
                assert found[name].state is RunState.COMPLETED
            assert next(iter(await runs(store))) == found["z"].id
        await asyncio.wait_for(rebuild(workspace(tmp_path)), 30)


async def test_only_what_was_written_just_now_or_seen_to_grow_is_running(tmp_path: Path) -> None:
    lay(tmp_path, "logs/minute.log", epochs(1, 3))
    lay(tmp_path, "logs/now.log", epochs(1, 3))
    log = lay(tmp_path, "logs/grows.log", epochs(1, 3))
    for name, ago in (("minute", 60), ("now", 0), ("grows", 60)):
        written(tmp_path / f"logs/{name}.log", ago)

    async def states() -> dict[str, RunState]:
        async with harvested(tmp_path) as store:
            return {run.name: run.state for run in (await runs(store)).values()}

    ended, running = RunState.COMPLETED, RunState.RUNNING
    assert await states() == {"minute": ended, "now": running, "grows": ended}
    append(log, epochs(4, 4))
    written(log, 5)
    assert (await states())["grows"] is running
    written(log, 120)
    written(tmp_path / "logs/now.log", 40)
    assert await states() == {"minute": ended, "now": ended, "grows": running}
    written(log, 400)
    assert (await states())["grows"] is ended


async def test_one_that_is_read_in_pieces_has_ended_all_the_while(tmp_path: Path) -> None:
    lay(tmp_path, LOG, epochs(1, 5000, 5000))
    async with opened(tmp_path, Limits(slice=0.0)) as (store, service):
        await service.catch_up(logs=0.001)
        run = (await runs(store))[RUN]
        assert service.state.logs and run.state is RunState.COMPLETED
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.COMPLETED
        assert len(await values(store, RUN, "loss")) == 5000


async def test_one_that_another_process_reads_has_ended_all_the_while(tmp_path: Path) -> None:
    lay(tmp_path, LOG, epochs(1, 6000, 6000))
    seen: list[RunState] = []
    async with opened(tmp_path, LARGE) as (store, service):
        await service.start()

        async def read() -> bool:
            seen.extend(run.state for run in (await runs(store)).values())
            return len(await values(store, RUN, "loss")) == 6000

        await until(read)
    assert set(seen) == {RunState.COMPLETED}


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (f"{OOM}\n", "torch.cuda.OutOfMemoryError"),
        (
            f"[rank0]: {OOM}\nsrun: error: node1: task 0: Exited with exit code 1\n",
            "torch.cuda.OutOfMemoryError",
        ),
        ("2024-10-19 14:40:00 - ERROR - ValueError: no such split", "ValueError"),
        ("RuntimeError: CUDA error: an illegal access\nCompile with TORCH_USE_CUDA_DSA.\n", "RuntimeError"),
        (f"{OOM}\nSkipping the batch\n", None),
        (f"{OOM}\nDone.\n", None),
        (f"{OOM}\n{epochs(4, 4)}", None),
        ("2024-10-19 14:40:00 - INFO - ValueError: none\n", None),
    ],
)
async def test_an_exception_without_a_traceback_at_the_end(
    tmp_path: Path, end: str, error: str | None
) -> None:
    lay(tmp_path, LOG, epochs(1, 3) + end)
    async with harvested(tmp_path) as store:
        run = (await runs(store))[RUN]
    assert run.state is (RunState.COMPLETED if error is None else RunState.FAILED)
    assert (run.error.type if run.error is not None else None) == error


@pytest.mark.parametrize(
    "text", [b"\x01\x02 no line ends here \xff" * 90, epochs(1, 3).encode() + b"\x01\x02 half"]
)
async def test_archiving_changes_no_state(tmp_path: Path, text: bytes) -> None:
    log = lay(tmp_path, LOG, text, age=4000)
    async with harvested(tmp_path, Limits(final=1e6)) as store:
        before = (await runs(store))[RUN]
    assert before.state is RunState.COMPLETED
    packed = log.parent.parent / "archive" / "training" / f"{log.name}.gz"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(text))
    os.utime(packed, (log.stat().st_mtime,) * 2)
    log.unlink()
    for _ in range(2):
        async with harvested(tmp_path) as store:
            run = (await runs(store))[RUN]
            assert (run.state, run.started, run.ended) == (before.state, before.started, before.ended)


async def test_an_archive_that_is_passed_over_holds_up_no_other(tmp_path: Path) -> None:
    for n in range(3):
        lay(tmp_path, f"logs/picture-{n}.log.gz", gzip.compress(b"\x89PNG" + bytes(range(256)) * 10))
    lay(tmp_path, "logs/notes.txt.gz", gzip.compress(b"the milk\n"))
    lay(tmp_path, "logs/x.log.gz", gzip.compress(UNDATED.encode()))
    async with opened(tmp_path) as (store, service):
        assert (await service.catch_up(logs=5.0)).logs == 0
        assert [run.name for run in (await runs(store)).values()] == ["x"]


async def test_what_cannot_be_read_any_further_is_not_waited_for(tmp_path: Path) -> None:
    lay(tmp_path, "logs/random.log", b"\x01\x02\xff no line ends here" * 900)
    lay(tmp_path, "logs/picture.log", b"\x89PNG" + b"\x00\x01" * 9000)
    lay(tmp_path, "logs/half.log", epochs(1, 3) + "2024-10-19 14:40:00 - INFO - Epoch 4", age=90)
    for _ in range(2):
        async with opened(tmp_path) as (_, service):
            assert (await service.catch_up(logs=5.0)).logs == 0


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="needs to put the rights of root off"
)
def test_a_log_of_no_run_that_may_not_be_read_is_not_waited_for(tmp_path: Path) -> None:
    workspace(tmp_path)
    lay(tmp_path, LOG, epochs(1, 3))
    lay(tmp_path, "logs/dark.log", epochs(1, 3)).chmod(0)
    command = [sys.executable, "-m", "mlws_tui", "--workspace", str(tmp_path), "runs", "list"]
    if os.geteuid() == 0:
        command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "" and done.stdout.startswith(RUN)


async def test_in_pieces_it_ends_when_its_text_says(tmp_path: Path) -> None:
    lay(tmp_path, LOG, epochs(1, 1700, 1700) + "half a line", age=600)
    async with opened(tmp_path, Limits(slice=0.0)) as (store, service):
        await read_all(service)
        run = (await runs(store))[RUN]
        assert run.ended == run.last_seen == 1729349900.0 and run.state is RunState.COMPLETED


async def test_the_same_holds_where_no_text_is_read(tmp_path: Path) -> None:
    lay(tmp_path, ".mlws/config.yaml", "logs:\n  metrics: false\n")
    log = lay(tmp_path, LOG, epochs(1, 3))
    written(log, 60)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.COMPLETED
        append(log, epochs(4, 4))
        written(log, 50)
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.RUNNING
        written(log, 400)
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.COMPLETED
