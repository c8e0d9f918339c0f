"""What the log pane reads and how it lays it out, without a screen."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from rich.cells import cell_len

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.logquery import Filter, Query
from mlws_tui.domain.logs import START, Density
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.panes.log_filters import READY, filters_of, with_ready
from mlws_tui.ui.panes.log_layout import Signs, View, dressed
from mlws_tui.ui.panes.log_records import Record, Records
from mlws_tui.ui.panes.log_viewport import Viewport
from mlws_tui.ui.widgets.logrows import text_of
from mlws_tui.ui.widgets.logstrip import strip_of
from tests.logs.conftest import eventually

TRACE = 'Traceback (most recent call last):\n  File "a.py", line {0}, in f\n    go({0})\nValueError: {0}\n'


@asynccontextmanager
async def reading(workspace: Workspace, log: Path, text: str) -> AsyncIterator[LogFeed]:
    log.write_text(text)
    feed = await LogsService(workspace).open(log)
    try:
        yield feed
    finally:
        await feed.close()


def some_log(seed: int) -> str:
    """Lines and tracebacks, two of them one behind the other now and then."""
    chance = random.Random(seed)
    parts = [TRACE.format(i) if chance.random() < 0.4 else f"line {i}\n" for i in range(40)]
    return "".join(parts)


async def all_after(records: Records, step: int) -> list[Record]:
    found: list[Record] = []
    place = START
    while more := await records.after(place, step):
        found += more
        place = more[-1].next
    return found


async def all_before(records: Records, feed: LogFeed, step: int) -> list[Record]:
    found: list[Record] = []
    place = feed.state.end
    while more := await records.before(place, step):
        found[:0] = more
        place = more[0].place
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_folded_records_are_the_same_read_forward_and_back(
    workspace: Workspace, log: Path, seed: int
) -> None:
    text = some_log(seed)
    async with reading(workspace, log, text) as feed:
        records = Records(feed)
        plain = await all_after(records, 7)
        assert [text_of(record.line) for record in plain] == text.splitlines()
        heads = [record for record in plain if record.trace is not None]
        assert records.turn_all()
        if heads and heads[0].trace is not None:
            records.turn(heads[0].trace)  # one that is unfolded among those that are folded
        forward = await all_after(records, 1 + seed)
        back = await all_before(records, feed, 2 + seed)
        assert [record.place for record in forward] == [record.place for record in back]
        assert sum(record.folded for record in forward) == max(0, len(heads) - 1)
        assert all(one.next == other.place for one, other in pairwise(forward))


@pytest.mark.parametrize("wrap", [False, True])
async def test_the_cursor_is_always_in_the_window(workspace: Workspace, log: Path, wrap: bool) -> None:
    text = "".join(f"{i} " + "x" * (i * 37 % 101) + "\n" for i in range(60))
    chance = random.Random(1)
    async with reading(workspace, log, text) as feed:
        port = Viewport(feed, View(40, 9, wrap))
        await port.first()
        for _ in range(120):
            move = chance.choice([port.move, port.turn_page, port.scroll])
            await move(chance.choice([-20, -8, -3, -1, 1, 3, 8, 20]))
            rows = await port.rows()
            assert len(rows) == len(port.page) == 9
            assert all(cell_len("".join(span.text for span in row)) <= 40 for row in rows)
            assert port.follow == (port.cursor is None)
            assert port.follow or port.cursor in port.page


async def test_filters_that_hide_the_cursor_move_it_to_what_is_shown(workspace: Workspace, log: Path) -> None:
    async with reading(workspace, log, "".join(f"line {i}\n" for i in range(100))) as feed:
        port = Viewport(feed, View(40, 9))
        await port.first()
        await port.move(42)
        await port.set_filters([Filter("eights", "8$", regex=True)])
        rows = await port.rows()
        signs = {row[0].text: row[1].text for row in rows}
        assert signs["▌"] == "line 48"
        await port.set_filters([])
        assert len(await port.rows()) == 9
        assert port.cursor in port.page


async def test_what_is_folded_at_the_end_leaves_no_blank_rows(workspace: Workspace, log: Path) -> None:
    text = "".join(f"line {i}\n" for i in range(30)) + "".join(map(TRACE.format, range(2)))
    async with reading(workspace, log, text) as feed:
        port = Viewport(feed, View(40, 9))
        await port.move(-1)
        assert len(await port.rows()) == 9
        port.records.turn_all()
        rows = await port.rows()
        assert ["".join(span.text for span in row).strip() for row in rows[:2]] == ["line 23", "line 24"]
        assert port.cursor == port.page[-1]


async def test_the_tracebacks_of_merged_logs_are_told_once_each(workspace: Workspace, log: Path) -> None:
    other = log.with_suffix(".rank1.log")
    for path, rank in ((log, 0), (other, 1)):
        path.write_text(
            f"2026-11-21 10:00:0{rank} - INFO - begun\n{TRACE.format(rank)}2026-11-21 10:00:09 - INFO - over\n"
        )
    feed = await LogsService(workspace).open_merged([("main", log), ("rank1", other)])
    try:
        await eventually(lambda: feed.state.filled is None and feed.state.lines == 12)
        heads = [record for record in await all_after(Records(feed), 20) if record.trace is not None]
        said = [dressed(head, View(80), Query(), Signs(None, None, frozenset()))[0] for head in heads]
        assert ["".join(span.text for span in row).strip() for row in said] == [
            "[main] Traceback … ValueError: 0  ▾ 4 lines",
            "[rank1] Traceback … ValueError: 1  ▾ 4 lines",
        ]
    finally:
        await feed.close()


def test_the_overview_shows_the_gravest_of_each_column_and_the_window() -> None:
    density = Density((0, 1, 0, 0, 4), (0, 1, 2, 0, 0), (9, 9, 9, 9, 0), 1.0)
    row = strip_of(density, (0.0, 0.1))
    assert "".join(span.text for span in row) == "▁▂⣤▁▇"
    assert [span.style for span in row] == ["match+window", "bad", "warn", "match", "bad"]
    half = strip_of(Density((0,) * 4, (0,) * 4, (0,) * 4, 0.5), (0.8, 1.0))
    assert "".join(span.text for span in half) == "··  "
    assert half[-1].style == "text+window"


def test_kept_filters_are_read_with_care() -> None:
    kept = [
        {"name": "a", "text": "x", "regex": True, "out": True, "on": False, "level": ""},
        {"name": "warnings and errors", "level": "warning", "on": True},
        {"name": "no text"},
        {"name": 3, "text": "x"},
        {"name": "b", "text": "x", "level": "odd"},
        "nonsense",
    ]
    filters = with_ready(filters_of(kept))
    assert [one.name for one in filters] == ["warnings and errors", "errors", "a"]
    assert [one.on for one in filters] == [True, False, False]
    assert filters[2] == Filter("a", "x", regex=True, out=True, on=False)
    assert with_ready(filters_of(None)) == READY
