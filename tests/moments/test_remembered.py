"""What is remembered from one session to the next."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.services.remembered import Remembered
from mlws_tui.sources.edits import EditsLog
from tests.store.kit import ingested, opened, write

FILTERS = [{"name": "loss", "text": "loss", "out": False}]


def remembered(root: Path, store: Any, now: float = 1000.0) -> Remembered:
    return Remembered(EditsLog(root / ".mlws" / "streams"), store, clock=lambda: now)


async def test_what_was_set_is_there_at_once_and_after_the_ingest(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, service):
        memory = remembered(tmp_path, store)
        assert await memory.get("log.filters") is None
        assert await memory.get("log.filters", []) == []
        await memory.set("log.filters", FILTERS)
        assert await memory.get("log.filters") == FILTERS
        await service.catch_up()
        assert await memory.get("log.filters") == FILTERS
        assert await remembered(tmp_path, store).get("log.filters") == FILTERS
    async with ingested(tmp_path) as store:
        assert await remembered(tmp_path, store).get("log.filters") == FILTERS


async def test_the_latest_holds_also_where_the_clock_stands_still_or_goes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, service):
        memory = remembered(tmp_path, store)
        for i in range(3):
            await memory.set("key", i)
        await service.catch_up()
        assert await remembered(tmp_path, store).get("key") == 2
        await remembered(tmp_path, store, now=500.0).set("key", "later by a clock that is behind")
        await service.catch_up()
        assert await memory.get("key") == "later by a clock that is behind"


async def test_of_several_hosts_the_latest_holds(tmp_path: Path) -> None:
    streams = tmp_path / ".mlws" / "streams"
    for host, ts in (("alpha", 20.0), ("beta", 30.0), ("gamma", 10.0), ("delta", 30.0)):
        write(streams, f"_edits/{host}.jsonl", [{"type": "ui", "ts": ts, "key": "key", "value": host}])
    async with ingested(tmp_path) as store:
        assert await remembered(tmp_path, store).get("key") == "delta"


async def test_a_value_of_another_process_replaces_the_own_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, service):
        mine, other = remembered(tmp_path, store), remembered(tmp_path, store, now=2000.0)
        await mine.set("key", "mine")
        await other.set("key", "the other's")
        await service.catch_up()
        assert await mine.get("key") == "the other's"


async def test_only_the_stream_of_edits_counts_and_odd_records_do_no_harm(tmp_path: Path) -> None:
    streams = tmp_path / ".mlws" / "streams"
    run = "20241019-143000-a"
    write(
        streams,
        f"{run}/host-1.jsonl",
        [
            {"type": "run", "v": 1, "ts": 1.0, "id": run, "name": "a", "kind": "training"},
            {"type": "ui", "ts": 99.0, "key": "key", "value": "of a run"},
        ],
    )
    odd: list[dict[str, Any]] = [{"type": "ui", "ts": 1.0}, {"type": "ui", "ts": 2.0, "key": ["key"]}]
    write(streams, "_edits/host.jsonl", [*odd, {"type": "ui", "ts": 3.0, "key": "key"}])
    async with ingested(tmp_path) as store:
        memory = remembered(tmp_path, store)
        assert await memory.get("key", "default") is None
        assert await memory.get("another", "default") == "default"


async def test_the_same_value_is_not_written_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        memory = remembered(tmp_path, store)
        marks = [[10, "first"]]
        await memory.set("log.marks:a.log", marks)
        file = next((tmp_path / ".mlws" / "streams" / "_edits").iterdir())
        size = file.stat().st_size
        await memory.set("log.marks:a.log", [[10, "first"]])
        assert file.stat().st_size == size
        marks.append([20, "second"])
        assert await memory.get("log.marks:a.log") == [[10, "first"]]
        await memory.set("log.marks:a.log", marks)
        assert file.stat().st_size > size


async def test_too_much_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        memory = remembered(tmp_path, store)
        await memory.set("key", "small")
        with pytest.raises(MlwsError, match="too much to remember for key"):
            await memory.set("key", "x" * 70_000)
        assert await memory.get("key") == "small"


async def test_what_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, _):
        (tmp_path / ".mlws" / "streams" / "_edits").write_text("a file where a folder must be")
        memory = remembered(tmp_path, store)
        with pytest.raises(StoreError):
            await memory.set("key", 1)
        assert await memory.get("key", "default") == "default"


async def test_many_at_once_are_all_written_in_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as (store, service):
        memory = remembered(tmp_path, store)
        await asyncio.gather(*(memory.set("key", i) for i in range(10)))
        await service.catch_up()
        assert await remembered(tmp_path, store).get("key") == 9
