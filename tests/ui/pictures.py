"""Several pictures of one sitting: an app that is open is cheaper to look at again than to open anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from textual.app import App
from textual.pilot import Pilot

from mlws_tui.ui.widgets.logstrip import DensityStrip
from tests.ui.stage import Still, screen_text, until


class Pictures:
    """Compares what is on the screen with the accepted picture of that name, and goes on where it differs.

    Args:
        snapshot: The test's snapshots.
    """

    def __init__(self, snapshot: SnapshotAssertion) -> None:
        self._snapshot = snapshot.use_extension(SVGImageExtension)
        self._different: list[str] = []

    def take(self, app: App[Any], name: str) -> None:
        """Compare the screen as it is now."""
        if app.export_screenshot(simplify=True) != self._snapshot(name=name):
            self._different.append(name)

    def all_as_accepted(self) -> None:
        """Fail if a picture was different."""
        assert not self._different, f"look at them by --snapshot-update: {', '.join(self._different)}"


async def resize(pilot: Pilot[Any], size: Sequence[int]) -> None:
    """Give the terminal another size."""
    if pilot.app.size != tuple(size):
        await pilot.resize_terminal(*size)


def named(size: Sequence[int]) -> str:
    """A size as pictures are named."""
    return "x".join(map(str, size))


async def overview(stage: Still, pilot: Pilot[Any]) -> None:
    """Wait for the line that shows where in the log the warnings are, and the last line of the log above it."""
    strip = stage.app.screen.query_one(DensityStrip)
    await until(pilot, lambda: strip.size.height > 0 and "step 620" in screen_text(stage.app))
