"""The service ends at once, whatever comes at the same moment."""

from __future__ import annotations

import asyncio
import time

import pytest

from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub


@pytest.mark.parametrize("event", ["_repaced", "_answered"])
async def test_an_event_at_the_moment_of_closing_does_not_keep_it_open(event: str) -> None:
    for _ in range(3):
        service = GpuService(Hub())
        service.set_pace(shown=False)
        await service.start()
        await asyncio.sleep(0 if event == "_answered" else 0.5)
        began = time.monotonic()
        getattr(service, event).set()
        await service.close()
        assert time.monotonic() - began < 3.0
        assert service._task is None
