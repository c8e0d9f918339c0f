"""Which panes are on the screen at which size: a pure decision, so that it can be read and tested alone."""

from __future__ import annotations

from dataclasses import dataclass

PANES = ("gpus", "runs", "log", "journal", "session")
_SIDE = ("gpus", "journal", "session")

FIVE_COLUMNS, FIVE_ROWS = 100, 32
THREE_COLUMNS, THREE_ROWS = 100, 20


@dataclass(frozen=True, slots=True)
class Layout:
    """A decision: its name (``five``, ``three``, ``one`` or ``zoom``) and the panes that are shown."""

    name: str
    shown: frozenset[str]

    @property
    def tabs(self) -> bool:
        """Whether a line of tabs is needed to reach the panes that are not shown."""
        return self.name != "five"


def choose(columns: int, rows: int, focused: str, side: str, zoomed: bool) -> Layout:
    """The layout for a screen of that size.

    Args:
        columns: Width of the screen in cells.
        rows: Height of the screen in cells.
        focused: Pane that has the focus; it is always shown.
        side: Which of the side panes (GPUs, journal, session) was focused last.
        zoomed: Whether the person asked for the focused pane alone.
    """
    if zoomed:
        return Layout("zoom", frozenset({focused}))
    if columns >= FIVE_COLUMNS and rows >= FIVE_ROWS:
        return Layout("five", frozenset(PANES))
    if columns >= THREE_COLUMNS and rows >= THREE_ROWS:
        return Layout("three", frozenset({"runs", "log", focused if focused in _SIDE else side}))
    return Layout("one", frozenset({focused}))
