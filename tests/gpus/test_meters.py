"""Bars, courses, and the board that repaints changed cells only."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.screen import Screen

from mlws_tui.domain.gpus import History
from mlws_tui.ui.widgets.cells import CellBoard, Line, Span, changed_stretches, fit
from mlws_tui.ui.widgets.meter import bar, course, levels, tall_course
from mlws_tui.ui.widgets.repaint import LeanUpdate, lean

WIDTH = 30
words = st.text(st.sampled_from("abc 中é█▏░\u0301"), max_size=12)
lines = st.lists(st.builds(Span, words, st.sampled_from(CellBoard.STYLES)), max_size=4).map(tuple)


@given(st.floats(-1, 2), st.integers(1, 60))
def test_a_bar_fills_its_width_and_grows_with_its_share(share: float, width: int) -> None:
    drawn = bar(share, width)
    assert len(drawn) == width
    assert drawn.count("█") <= bar(share + 0.1, width).count("█")
    assert (drawn.strip() == "") == (share <= 0)
    assert (drawn == "█" * width) == (share >= 1)


def test_levels_have_eight_steps_and_a_blank_for_nothing() -> None:
    assert levels([0, 0.5, 0.99, 1, None]) == "▁▅██ "


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(2, 40))
def test_a_course_changes_in_two_cells_at_most(values: list[float], width: int) -> None:
    history = History(span=1)
    before = None
    for at, value in enumerate(values):
        history.add(at, value)
        drawn = course(history, at, width)
        assert len(drawn) == width
        assert drawn[at % width] != " "
        if before is not None:
            assert sum(a != b for a, b in zip(before, drawn, strict=True)) <= 2
        before = drawn


def test_a_tall_course_stacks_its_rows() -> None:
    history = History(span=1)
    for at, value in enumerate((0.0, 0.5, 1.0)):
        history.add(at, value)
    assert tall_course(history, 2, 5, 2) == ["  █  ", "▁██  "]
    assert tall_course(History(), 2, 3, 1) == ["   "]


@given(st.text(st.sampled_from("ab中é "), max_size=20), st.integers(0, 15), st.booleans())
def test_fitting_takes_exactly_the_cells(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@given(lines, lines)
def test_stretches_lie_apart_and_are_none_for_equal_lines(old: Line, new: Line) -> None:
    stretches = changed_stretches(old, new)
    assert stretches == sorted(stretches)
    assert all(end < start for (_, end), (start, _) in pairwise(stretches))
    assert changed_stretches(old, old) == []


class Harness(App[None]):
    CSS = "Screen { layout: horizontal; } CellBoard { width: 30; height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.board = CellBoard()
        self.updates: list[ChopsUpdate] = []

    def compose(self) -> ComposeResult:
        yield self.board
        yield CellBoard()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, ChopsUpdate):
            self.updates.append(renderable)
        super()._display(screen, renderable)


class Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        # pyte puts a line feed where Textual means "next line"; the lean form has none.
        self._stream.feed(text.replace("\n", "\r\n"))

    def cells(self) -> list[list[Any]]:
        return [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in range(6)]


async def test_the_lean_update_shows_the_same_screen_with_fewer_bytes() -> None:
    first: list[Line] = [
        (Span("0 H200 ", "strong"), Span(" 87% "), Span("████▏     ", "bar"), Span("61°", "warn")),
        (Span("名前 "), Span("x" * 20, "muted")),
    ]
    second: list[Line] = [
        (Span("0 H200 ", "strong"), Span("  9% "), Span("▏         ", "bar"), Span("62°", "text")),
        (Span("名刺 "), Span("x" * 19 + "y", "muted")),
        (Span("new", "bad"),),
    ]
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        whole = app.screen._compositor
        stock, slim = Terminal(), Terminal()
        app.board.paint(first)
        await pilot.pause()
        start = whole.render_full_update().render_segments(app.console)
        stock.feed(start)
        slim.feed(start)
        app.updates.clear()
        app.board.paint(second)
        await pilot.pause()
        assert app.updates
        for update in app.updates:
            small = lean(update)
            assert isinstance(small, LeanUpdate)
            stock_bytes, slim_bytes = (each.render_segments(app.console) for each in (update, small))
            stock.feed(stock_bytes)
            slim.feed(slim_bytes)
            assert len(slim_bytes) < len(stock_bytes) * 0.7
        assert slim.cells() == stock.cells()
        assert slim.screen.display[0].startswith("0 H200   9% ▏         62°")
        assert slim.screen.display[2].startswith("new ")


async def test_painting_the_same_again_sends_nothing() -> None:
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        app.board.paint([(Span("a"), Span("b", "bar"))])
        await pilot.pause()
        app.updates.clear()
        app.board.paint([(Span("a"), Span("b", "bar"))])
        await pilot.pause()
        assert app.updates == []


def test_other_renderables_pass_untouched() -> None:
    assert lean(None) is None
    assert lean("text") == "text"
