"""Logs that no stream knows become runs of their own, and go to a run that claims them later."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.runs import RunState
from mlws_tui.services.harvest import Limits
from mlws_tui.ui.panes.run_facts import fact_lines
from tests.harvest.kit import (
    ARTICLE,
    LOG,
    RUN,
    append,
    epochs,
    harvested,
    lay,
    opened,
    read_all,
    runs,
    values,
)
from tests.store.kit import header, metrics, workspace, write

TRACEBACK = """\
2024-10-19 14:31:00 - INFO - step 3
Traceback (most recent call last):
  File "train.py", line 7, in <module>
    main()
RuntimeError: CUDA out of memory
"""


def losses(names: Iterable[str]) -> set[str]:
    return {name for name in names if "loss" in name}


async def test_a_log_in_the_format_of_the_article_is_a_run_with_facts(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    async with harvested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None
        assert (run.name, run.kind, run.log, run.log_only) == ("sentiment", "training", LOG, True)
        assert (run.state, run.started, run.ended) == (RunState.COMPLETED, 1729348200.0, 1729349566.0)
        assert run.model == "llama3.1:8b" and run.dataset is not None and run.dataset.startswith("imdb")
        assert run.summary["f1"] == 0.852 and run.summary["accuracy"] == pytest.approx(0.873)
        assert run.told["warnings"] == 1 and "very small" in run.told["last_warning"]
        assert await values(store, RUN, "loss") == [(1, 0.452), (2, 0.352), (3, 0.252)]
        assert await values(store, RUN, "val/loss") == [(1, 0.389), (2, 0.289), (3, 0.189)]
        assert {info.source for info in await store.series(RUN)} == {"log"}
        files = {event.name: event.data["kind"] for event in await store.happenings(RUN)}
        assert files == {"checkpoints/best.pt": "checkpoint", "results.json": "results"}
        assert run.progress is not None and (run.progress.epoch, run.progress.epochs) == (3, 3)


@pytest.mark.parametrize(
    ("path", "run", "name", "kind"),
    [
        ("logs/agents/20240102-030405-bot.log", "20240102-030405-bot", "bot", "agents"),
        ("logs/foo.log", "20241019-143001-foo", "foo", "training"),
        ("logs/training/llama-ft/train.log", "20241019-143001-llama-ft-train", "llama-ft/train", "training"),
        ("logs/experiments/a b.txt", "20241019-143001-a-b", "a b", "experiments"),
    ],
)
async def test_what_a_log_of_its_own_is_called(
    tmp_path: Path, path: str, run: str, name: str, kind: str
) -> None:
    lay(tmp_path, path, epochs(1, 2))
    async with harvested(tmp_path) as store:
        [found] = (await runs(store)).values()
        assert (found.id, found.name, found.kind, found.log) == (run, name, kind, path)


async def test_without_any_time_the_id_comes_from_the_name_or_is_of_1970(tmp_path: Path) -> None:
    text = "Epoch 1/2 complete - Loss: 0.5\nEpoch 2/2 complete - Loss: 0.4\n"
    lay(tmp_path, "logs/train_2024-03-04_05-06-07.log", text)
    lay(tmp_path, "logs/2024-03-04_05-06-08/x.log", text)
    lay(tmp_path, "logs/x.log", text)
    lay(tmp_path, "logs/agents/x.txt", text)
    async with harvested(tmp_path) as store:
        assert set(await runs(store)) == {
            "20240304-050607-train",
            "20240304-050608-x",
            "19700101-000000-x",
            "19700101-000000-x-2",
        }


async def test_one_that_fails_tells_why(tmp_path: Path) -> None:
    lay(tmp_path, LOG, epochs(1, 2) + TRACEBACK, age=60)
    lay(tmp_path, "logs/caught.log", TRACEBACK + epochs(3, 4), age=600)
    async with harvested(tmp_path) as store:
        found = await runs(store)
        failed = found.pop(RUN)
        assert failed.state is RunState.FAILED and failed.error is not None
        assert (failed.error.type, failed.error.message) == ("RuntimeError", "CUDA out of memory")
        assert "train.py" in failed.error.traceback
        [caught] = found.values()
        assert caught.state is RunState.COMPLETED and caught.told["errors"] == 1


async def test_one_that_says_that_it_is_done_is(tmp_path: Path) -> None:
    lay(tmp_path, LOG, epochs(1, 2) + "2024-10-19 14:52:46 - INFO - Training completed in 22m 44s\n", age=60)
    lay(tmp_path, "logs/quiet.log", epochs(1, 2), age=None)
    async with harvested(tmp_path) as store:
        states = {run.name: run.state for run in (await runs(store)).values()}
        assert states == {"sentiment": RunState.COMPLETED, "quiet": RunState.RUNNING}


async def test_it_runs_while_it_grows_and_comes_back(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, epochs(1, 2), age=None)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.RUNNING
        os.utime(log, (1e9, 1e9))
        await read_all(service)
        assert (await runs(store))[RUN].state is RunState.COMPLETED
        append(log, epochs(3, 4))
        await read_all(service)
        run = (await runs(store))[RUN]
        assert run.state is RunState.RUNNING and run.ended is None
        assert [step for step, _ in await values(store, RUN, "loss")] == [1, 2, 3, 4]


async def test_a_run_that_claims_a_log_later_takes_it(tmp_path: Path) -> None:
    lay(tmp_path, "logs/training/foo.log", epochs(1, 3))
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        [own] = await runs(store)
        assert own == "20241019-143001-foo"
        write(
            workspace(tmp_path).streams, f"{RUN}/a.jsonl", [header(RUN, log="logs/training/foo.log", pid=1)]
        )
        await read_all(service)
        found = await runs(store)
        assert set(found) == {RUN} and not found[RUN].log_only
        assert len(await values(store, RUN, "loss")) == 3
        assert await values(store, own, "loss") == []


async def test_what_is_no_log_is_passed_over(tmp_path: Path) -> None:
    lay(tmp_path, "logs/.hidden.log", epochs(1, 3))
    lay(tmp_path, "logs/archive/training/old.log", epochs(1, 3))
    lay(tmp_path, "logs/training/model.dat", b"\x00\x01loss: 0.5\n" * 500)
    lay(tmp_path, "logs/training/packed", b"\x1f\x8b\x08" + b"x" * 100)
    lay(tmp_path, "logs/training/config.yaml", "lr: 0.1\n")
    lay(tmp_path, "logs/training/empty.log", "")
    os.mkfifo(tmp_path / "logs/training/pipe.log")
    async with harvested(tmp_path) as store:
        assert await runs(store) == {}


async def test_two_names_of_one_file_are_one_log(tmp_path: Path) -> None:
    log = lay(tmp_path, "logs/training/real.log", epochs(1, 3))
    (tmp_path / "logs/training/latest.log").symlink_to("real.log")
    (tmp_path / "logs/training/also.log").hardlink_to(log)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        [run] = await runs(store)
        write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [header(RUN, log="logs/training/latest.log")])
        await read_all(service)
        assert set(await runs(store)) == {RUN}
        assert len(await values(store, RUN, "loss")) == 3 and not await values(store, run, "loss")


async def test_what_the_sdk_logged_wins(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    said: dict[str, Any] = {"config": {"lr": 0.1}, "model": "other", "log": LOG, "pid": 1}
    records = [
        header(RUN, **said),
        metrics(1, 1729348300.0, val_loss=0.5),
        {"type": "set", "ts": 1729348301.0, "by": "script", "summary": {"F1": 0.9}},
        {"type": "artifact", "ts": 1729348301.0, "path": "/home/me/checkpoints/best.pt", "kind": "model"},
        {"type": "end", "ts": 1729348400.0, "status": "failed", "exit_code": 3},
    ]
    write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", records)
    async with harvested(tmp_path) as store:
        run = (await runs(store))[RUN]
        assert losses(run.latest) == {"loss", "val_loss"}
        sources = {info.name: info.source for info in await store.series(RUN)}
        assert losses(sources) == {"loss", "val_loss"}
        assert (sources["loss"], sources["val_loss"]) == ("log", "sdk")
        assert await values(store, RUN, "val_loss") == [(1, 0.5)]
        rows = await store.metric_rows(RUN, 0, None, 0)
        assert losses(key for row in rows for key in row) == {"loss", "val_loss"}
        assert (run.model, run.config, run.state, run.exit_code) == ("other", {"lr": 0.1}, RunState.FAILED, 3)
        assert run.dataset is not None and run.started == 1000.0 and run.ranks == 1
        assert run.summary["F1"] == 0.9 and "f1" not in run.summary and "accuracy" in run.summary
        names = [event.name for event in await store.happenings(RUN)]
        assert sorted(names) == ["/home/me/checkpoints/best.pt", "results.json"]
        assert await store.count_happenings(RUN) == 2


async def test_series_of_the_sdk_that_come_later_hide_the_logs(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    stream = [header(RUN, log=LOG, pid=1)]
    write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", stream)
    async with opened(tmp_path) as (store, service):
        await read_all(service)
        assert losses((await runs(store))[RUN].latest) == {"loss", "val/loss"}
        write(workspace(tmp_path).streams, f"{RUN}/a.jsonl", [metrics(1, 2e9, **{"train/loss": 0.5})])
        await read_all(service)
        assert losses((await runs(store))[RUN].latest) == {"train/loss", "val/loss"}


async def test_a_persons_words_outlive_the_text(tmp_path: Path) -> None:
    log = lay(tmp_path, LOG, ARTICLE)
    record = {"type": "set", "ts": 2e9, "by": "me", "run": RUN, "notes": "good", "tags_add": ["best"]}
    write(workspace(tmp_path).streams, "_edits/host.jsonl", [record])
    async with opened(tmp_path, Limits()) as (store, service):
        await read_all(service)
        lay(tmp_path, LOG, ARTICLE[:100])
        await read_all(service)
        run = (await runs(store))[RUN]
        assert (run.notes, run.tags, run.latest) == ("good", ("best",), {})
        log.unlink()
        await read_all(service)
        run = (await runs(store))[RUN]
        assert run.notes == "good" and "is gone" in run.problems[0]


async def test_what_the_log_tells_is_among_the_facts_on_the_screen(tmp_path: Path) -> None:
    lay(tmp_path, LOG, ARTICLE)
    async with harvested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None
        lines = fact_lines(run, await store.happenings(RUN), 2e9)
        page = "\n".join("".join(span.text for span in line) for line in lines)
    assert "model       llama3.1:8b" in page and "1 · the last: " in page and "18.2" in page
    assert "checkpoints/best.pt  kind checkpoint  told by the log" in page
