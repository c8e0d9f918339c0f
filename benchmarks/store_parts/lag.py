"""How late the event loop comes round while something else goes on."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

_TICK = 0.005


class Lag:
    """While it is entered, a task asks to be woken every 5 ms; `samples` are by how many milliseconds it was late."""

    def __init__(self) -> None:
        self.samples: list[float] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _tick(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + _TICK
            await asyncio.sleep(_TICK)
            self.samples.append(max(0.0, clock() - due) * 1000)
