"""Lines of any file, from any place, forwards and backwards, and how they are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.sources import lineindex, lines, logscan
from mlws_tui.sources.lineindex import LineIndex
from mlws_tui.sources.lines import MAX_LINE, LineReader
from mlws_tui.sources.logfile import Remembered
from mlws_tui.sources.logscan import Words, last_line, lines_hit, next_line

texts = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b"\n", b"\n\n", b"\r\n", b"ERR x\n", b"er", b"r\n", b"a" * 40]),
    ),
    max_size=25,
).map(b"".join)
small = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a short text has many borders between them."""
    monkeypatch.setattr(lines, "_BLOCK", 16)
    monkeypatch.setattr(lines, "_LARGEST", 32)
    monkeypatch.setattr(lineindex, "BLOCK", 8)
    monkeypatch.setattr(logscan, "_CHUNK", 7)


def split(data: bytes) -> list[bytes]:
    pieces = data.split(b"\n")
    whole = [piece + b"\n" for piece in pieces[:-1]]
    return whole + ([pieces[-1]] if pieces[-1] else [])


@small
@given(texts, st.integers(0, 30))
def test_lines_are_those_of_a_naive_split(tiny_blocks: None, data: bytes, count: int) -> None:
    expected = split(data)
    reader = LineReader(Remembered(data))
    found = reader.after(0, 1000)
    assert [data[line.start : line.end] for line in found] == expected
    assert [line.whole for line in found] == [line.endswith(b"\n") for line in expected]
    assert reader.before(len(data), 1000) == found
    assert LineReader(Remembered(data)).before(len(data), count) == found[max(0, len(found) - count) :]
    for line in found:
        assert reader.at(line.start) == reader.at(line.end - 1) == line
        assert reader.before(line.start, 1000) == [other for other in found if other.start < line.start]


@small
@given(texts, st.integers(0, 40), st.lists(texts, max_size=4), st.data())
def test_the_index_counts_like_a_naive_split(
    tiny_blocks: None, data: bytes, first: int, appended: list[bytes], draw: st.DataObject
) -> None:
    index = LineIndex(len(data[:first]))
    start = data[:first]
    whole = data
    for more in (b"", *appended):
        whole += more
        for _ in range(draw.draw(st.integers(0, 5))):
            index.step(len(whole), Remembered(whole).read)
    source = Remembered(whole)
    while index.step(source.size, source.read):
        pass
    assert index.complete(source.size)
    assert index.share(source.size) == 1
    assert index.total == whole.count(b"\n")
    assert index.appended == whole.count(b"\n", len(start))
    for offset in range(len(whole) + 1):
        assert index.ends_before(offset, source.read) == whole.count(b"\n", 0, offset)


def test_what_is_not_counted_is_not_told() -> None:
    data = b"x\n" * lineindex.BLOCK
    source = Remembered(data)
    index = LineIndex(len(data))
    assert index.step(len(data), source.read) is not None
    assert not index.complete(len(data))
    assert 0 < index.share(len(data)) < 1
    assert index.ends_before(2, source.read) is None


@small
@given(texts, st.integers(0, 200))
def test_searching_finds_what_reading_finds(tiny_blocks: None, data: bytes, place: int) -> None:
    source = Remembered(data)
    reader = LineReader(source)
    words = Words((b"err", b"\n\n"), ignore_case=True)
    wanted = [line for line in reader.after(0, 1000) if b"err" in line.data.lower()]
    begins = [line.start for line in reader.after(0, 1000)]
    offset = max([begin for begin in begins if begin <= place], default=0)

    def accept(line: lines.Found) -> bool:
        return b"err" in line.data.lower()

    after = next_line(source, reader, words, offset, accept, lambda: True)
    assert after == next((line for line in wanted if line.start >= offset), None)
    before = last_line(source, reader, words, offset, accept, lambda: True)
    assert before == next((line for line in reversed(wanted) if line.start < offset), None)
    hit = lines_hit(source, reader, words, offset, data[offset:])
    assert [line for line in hit if accept(line)] == [line for line in wanted if line.end > offset]
    assert next_line(source, reader, words, 0, accept, lambda: False) is None
    assert last_line(source, reader, words, len(data), accept, lambda: False) is None


def test_of_a_very_long_line_a_piece_is_read(tmp_path: Path) -> None:
    data = b"first\n" + b"x" * (3 * MAX_LINE) + b"\nlast\n"
    long = LineReader(Remembered(data)).after(0, 3)[1]
    assert (len(long.data), long.cut + len(long.data), long.whole) == (MAX_LINE, 3 * MAX_LINE + 1, True)


def test_of_a_long_redrawn_line_the_last_state_is_read() -> None:
    bar = b"".join(b"\r%d%%" % i for i in range(30_000))
    (line,) = LineReader(Remembered(bar)).after(0, 5)
    assert not line.whole
    assert line.data.endswith(b"\r29999%")
    assert line.data.startswith(b"2")
    (line,) = LineReader(Remembered(b"z" * (2 * MAX_LINE) + b"\r")).before(2 * MAX_LINE + 1, 5)
    assert line.data == b"z" * MAX_LINE


def test_a_long_unfinished_line_is_not_read_again_and_again() -> None:
    class Counting(Remembered):
        reads = 0

        def read(self, offset: int, count: int) -> bytes:
            self.reads += 1
            return super().read(offset, count)

    source = Counting(b"line\n" + b"y" * 20_000_000)
    reader = LineReader(source)
    reader.before(source.size, 3)
    source.reads = 0
    reader.before(source.size, 3)
    reader.after(5, 3)
    assert source.reads < 12
