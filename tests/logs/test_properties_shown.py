"""Whatever a line holds and wherever it comes from: it is shown as it is, in the columns it says, and never acts."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import lzma
import re
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.ansi import styled
from mlws_tui.domain.logquery import Query
from mlws_tui.domain.logs import START, LogLine, Place, Trace
from mlws_tui.domain.showing import shown
from mlws_tui.services.logfeed import LogFeed
from mlws_tui.services.logs import LogsService
from mlws_tui.ui.widgets import logrows
from mlws_tui.ui.widgets.cells import Line
from tests.logs.conftest import PATIENCE, eventually
from tests.logs.naive import ALL, TEXTS, naive

T = TypeVar("T")
#: Characters that act on a terminal, or are not drawn.
ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


WIDE = st.text(
    st.one_of(st.characters(), st.sampled_from("日本🚀é́\u200d\u202e\x1b\x9b\x07\r\x08\t\0[]m0;31JK")),
    max_size=40,
)
RAW = st.one_of(
    TEXTS.map(lambda data: data.replace(b"\n", b" ")), WIDE.map(lambda text: text.encode(errors="replace"))
)


@settings(max_examples=40)
@given(RAW)
def test_what_is_shown_of_a_line_never_acts(data: bytes) -> None:
    for found in (styled(data), styled(data.decode(errors="surrogateescape")), shown(data)):
        assert ACTING.findall(found.text) == []
        assert "\n" not in found.text
        at = 0
        for start, end, _sgr in found.spans:
            assert at <= start < end <= len(found.text)
            at = end


@settings(max_examples=40)
@given(RAW, st.sampled_from(["", "a", "日"]), st.integers(2, 50), st.integers(0, 60), st.booleans())
def test_a_row_has_the_columns_it_says_and_nothing_that_acts(
    data: bytes, wanted: str, width: int, start: int, traced: bool
) -> None:
    line = LogLine(Place(0, 0), Place(0, len(data)), data, whole=False, cut=7)
    row = logrows.spans_of(line, traced=traced, query=Query(wanted), here=True)
    assert text_of(row).startswith(shown(data).text)
    total = cells(row)
    wrapped = logrows.wrap(row, width)
    assert "".join(map(text_of, wrapped)) == text_of(row)
    assert all(cells(part) <= width for part in wrapped)
    cropped = logrows.crop(row, start, width)
    assert cells(cropped) == min(width, max(0, total - start)) if start < total else cells(cropped) <= width
    trace = Trace(line.place, line.next, 14, shown(data).text)
    header = logrows.header_of(line, trace, folded=True, query=Query(wanted), here=False)
    divider = logrows.divider(LogLine(line.place, line.next, data, divider=True), width)
    dressed = logrows.dressed(cropped, logrows.CURSOR, "cursor", width + 1)
    assert cells(dressed) == width + 1
    for each in (row, *wrapped, cropped, header, divider, dressed):
        assert ACTING.findall(text_of(each)) == []


def text_of(row: Line) -> str:
    return "".join(text for text, _style in row)


def cells(row: Line) -> int:
    return cell_len(text_of(row))


def run(body: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(asyncio.wait_for(body(), PATIENCE))


async def all_of(feed: LogFeed) -> list[LogLine]:
    """All lines of a log, once it is made and counted; the feed is closed."""
    try:
        await eventually(lambda: feed.state.filled is None and feed.state.counted >= 1, lambda: feed.state)
        await feed.settle()
        return await feed.after(START, ALL)
    finally:
        await feed.close()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


@pytest.mark.parametrize("suffix", PACKINGS)
def test_an_archive_reads_as_its_plain_text(workspace: Workspace, suffix: str) -> None:
    @settings(max_examples=6)
    @given(st.lists(TEXTS, min_size=1, max_size=3), st.integers(1, 3000))
    def reads(members: list[bytes], times: int) -> None:
        path = workspace.logs / f"a.log{suffix}"
        data = b"".join(member * times for member in members)[:300_000]
        cut = len(data) // 2
        path.write_bytes(PACKINGS[suffix](data[:cut]) + PACKINGS[suffix](data[cut:]))

        async def lines() -> tuple[list[LogLine], int | None]:
            feed = await LogsService(workspace).open(path)
            return await all_of(feed), feed.state.lines

        found, count = run(lines)
        assert (found, count) == (naive(data), data.count(b"\n"))

    reads()


STAMPED = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["loss 0.5", "  more of it", "日本", "x" * 50])), max_size=12
)


@settings(max_examples=15)
@given(st.lists(STAMPED, min_size=2, max_size=3))
def test_merged_logs_hold_each_line_once_and_each_logs_lines_in_order(
    logs: list[list[tuple[int, str]]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        texts: dict[str, list[str]] = {}
        for index, stamped in enumerate(logs):
            told = [
                f"2024-10-19 14:30:{second:02} - INFO - {index}.{i} {text}"
                for i, (second, text) in enumerate(sorted(stamped))
            ]
            texts[f"rank {index}"] = told
            Path(name, f"{index}.log").write_text("".join(f"{line}\n" for line in told))

        async def lines() -> list[LogLine]:
            named = [(tag, Path(name, f"{index}.log")) for index, tag in enumerate(texts)]
            feed = await LogsService(Workspace(Path(name))).open_merged(named)
            return await all_of(feed)

        found = [shown(line.data).text for line in run(lines)]
    assert sorted(found) == sorted(f"[{tag}] {line}" for tag, told in texts.items() for line in told)
    for tag, told in texts.items():
        assert [line for line in found if line.startswith(f"[{tag}]")] == [f"[{tag}] {line}" for line in told]
    times = [re.search(r"14:30:(\d\d)", line) for line in found]
    assert sorted(time[1] for time in times if time) == [time[1] for time in times if time]
