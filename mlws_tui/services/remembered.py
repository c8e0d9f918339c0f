"""What the app remembers of a workspace from one session to the next: filters, marks and the like."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from mlws_tui.domain.errors import MlwsError, StoreError
from mlws_tui.sources.edits import EditsLog
from mlws_tui.store import Store

_LARGEST = 64 * 1024  # bytes of a value as JSON
_TICK = 1e-6  # what is written later is later by at least this (s), also where the clock jumps back


class Remembered:
    """Values by their keys, kept as records in the stream of edits; of each key the latest holds.

    Args:
        edits: Where they are written.
        store: Where they are read, once they are ingested.
        clock: Unix seconds.
    """

    def __init__(self, edits: EditsLog, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._edits = edits
        self._store = store
        self._clock = clock
        self._own: dict[str, tuple[float, Any]] = {}  # what was set here and is not seen in the index yet
        self._last = 0.0
        self._writing = asyncio.Lock()

    async def get(self, key: str, default: Any = None) -> Any:
        """The latest value, as JSON gives it back; what was just set here counts at once.

        Raises:
            StoreError: if the index cannot be read.
        """
        latest = await self._latest(key)
        return default if latest is None else latest[1]

    async def set(self, key: str, value: Any) -> None:
        """Remember a value, which is anything that JSON can hold. It is on the disk when this returns.

        Raises:
            MlwsError: if it is larger than 64 kB; then what was there stays.
            StoreError: if it cannot be written; then what was there stays.
        """
        text = json.dumps(value, ensure_ascii=False)
        if len(text.encode("utf-8", "replace")) > _LARGEST:
            raise MlwsError(
                f"This is too much to remember for {key}: {len(text) // 1024} kB of at most {_LARGEST // 1024}",
                hint="remove some of it first",
            )
        value = json.loads(text)  # whoever set it may go on changing it
        async with self._writing:
            known = await self._known(key)
            if known is not None and known[1] == value:
                return
            ts = max(self._clock(), self._last + _TICK, known[0] + _TICK if known is not None else 0.0)
            record = {"type": "ui", "ts": ts, "key": key, "value": value}
            await asyncio.to_thread(self._edits.append, record)
            self._last = ts
            self._own[key] = (ts, value)

    async def _known(self, key: str) -> tuple[float, Any] | None:
        try:
            return await self._latest(key)
        except StoreError:  # the stream can be written without the index
            return self._own.get(key)

    async def _latest(self, key: str) -> tuple[float, Any] | None:
        stored = await self._store.ui_value(key)
        own = self._own.get(key)
        if own is None or (stored is not None and stored[0] >= own[0]):
            self._own.pop(key, None)
            return stored
        return own
