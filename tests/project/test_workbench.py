"""Closing a workbench: all of it, whatever one of its services does."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from mlws_tui.config.schema import Settings
from mlws_tui.domain.errors import StoreError
from mlws_tui.services.workbench import Workbench
from mlws_tui.services.workspace import init


async def test_a_service_that_hangs_or_fails_does_not_keep_the_rest_from_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await Workbench.open(init(tmp_path).workspace, Settings())
    await bench.start()
    await bench.ingest.catch_up()
    gpus, watch = bench.gpus.close, bench.watch.close

    async def hang() -> None:
        await gpus()
        while True:  # not even a cancel ends it
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if over:
                    raise

    async def fail() -> None:
        await watch()
        raise ValueError("no")

    over: list[bool] = []
    monkeypatch.setattr(bench.gpus, "close", hang)
    monkeypatch.setattr(bench.watch, "close", fail)
    began = time.monotonic()
    await bench.close()
    over.append(True)
    assert time.monotonic() - began < 6.0
    with pytest.raises(StoreError, match="closed"):
        await bench.store.ingest([])
    other = await Workbench.open(bench.workspace, Settings())
    assert (await other.ingest.catch_up()).role == "holder"
    await other.close()
