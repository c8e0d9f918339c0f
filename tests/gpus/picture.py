"""Prints the GPU pane as it stands on a screen of a given size: ``picture.py COLUMNS ROWS TEXT [KEY…]``.

A program of its own, so that the dynamic loader finds the stand-in driver. It waits until TEXT shows, then
presses the keys and prints the screen.
"""

from __future__ import annotations

import asyncio
import sys
import time

from textual.app import App, ComposeResult

from mlws_tui.services.gpus import GpuService
from mlws_tui.services.hub import Hub
from mlws_tui.ui.panes.gpus import GpusPane

PATIENCE = 15.0


class Picture(App[None]):
    CSS = "GpusPane { border: round $primary; }"

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.gpus = GpuService(self.hub, interval=0.05)

    def compose(self) -> ComposeResult:
        yield GpusPane(self.hub, self.gpus)

    async def on_mount(self) -> None:
        await self.gpus.start()

    async def on_unmount(self) -> None:
        await self.gpus.close()

    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def main(columns: int, rows: int, wanted: str, keys: list[str]) -> None:
    app = Picture()
    async with app.run_test(size=(columns, rows)) as pilot:
        deadline = time.monotonic() + PATIENCE
        while wanted not in app.text() and time.monotonic() < deadline:
            await pilot.pause(0.02)
        app.query_one(GpusPane).focus()
        await pilot.press(*keys)
        await pilot.pause()
        print(app.text())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
