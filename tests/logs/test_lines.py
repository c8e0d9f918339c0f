"""Lines of any file, from any place, forwards and backwards, and how they are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.domain.logquery import Filter, Query, Sieve, TooSlowError
from mlws_tui.domain.showing import shown
from mlws_tui.sources import lineindex, lines, tally
from mlws_tui.sources.lineindex import LineIndex, start_by_counting
from mlws_tui.sources.lines import MAX_LINE, Found, LineReader
from mlws_tui.sources.logfile import Remembered
from mlws_tui.sources.records import record_of, record_start, records_from, settled
from mlws_tui.sources.sift import ERRORS, WARNINGS, Condition, Filtered, Words, matches
from mlws_tui.sources.tally import Tally, backward, forward

texts = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from([b"\n", b"\n\n", b"\r\n", b"ERR x\n", b"er", b"r\n", b"a" * 40]),
    ),
    max_size=25,
).map(b"".join)
small = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a short text has many borders between them."""
    monkeypatch.setattr(lines, "_BLOCK", 16)
    monkeypatch.setattr(lines, "_LARGEST", 32)
    monkeypatch.setattr(lineindex, "BLOCK", 8)
    monkeypatch.setattr(tally, "BLOCK", 16)
    monkeypatch.setattr(tally, "PIECE", 8)


class Text(Remembered):
    """A text that stands for a file."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reader = LineReader(self)

    def grow(self, data: bytes) -> None:
        self._data += data


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
@given(texts, st.integers(0, 40))
def test_a_line_is_found_by_its_number(tiny_blocks: None, data: bytes, steps: int) -> None:
    source = Text(data)
    begins = [line.start for line in source.reader.after(0, 1000)]
    index = LineIndex(len(data))
    for _ in range(steps):
        index.step(len(data), source.read)
    assert index.start_of(0, len(data), source.read) is None
    for number in range(1, len(begins) + 3):
        expected = begins[number - 1] if number <= len(begins) else None
        assert start_by_counting(number, len(data), source.read) == expected
        if index.complete(len(data)):
            assert index.start_of(number, len(data), source.read) == expected
        told = index.start_of(-number, len(data), source.read)
        assert told in (
            (begins[-number],) if number <= len(begins) and index.complete(len(data)) else (None, *begins, 0)
        )
        if told is not None and number <= len(begins):
            assert told == begins[-number]


@small
@given(texts, st.integers(0, 200))
def test_searching_finds_what_reading_finds(tiny_blocks: None, data: bytes, place: int) -> None:
    source = Text(data)
    every = source.reader.after(0, 1000)
    offset = max([line.start for line in every if line.start <= place], default=0)
    word = Words((b"err", b"\n\n"), lambda _source, line: b"err" in line.data.lower())
    tests: list[tuple[Condition, list[Found]]] = [
        (word, [line for line in every if b"err" in line.data.lower()]),
        *(
            (matches(query), [line for line in every if query.matches(shown(line.data).text)])
            for query in (
                Query("er"),
                Query("ERR"),
                Query("e.+x|^a", regex=True),
                Query(r"r[^x]*\Z|\Ae|x$", regex=True),
                Query("é"),
                Query(" "),
            )
        ),
    ]
    for test, wanted in tests:
        counted = Tally(test, source)
        while counted.step():
            pass
        for known in (None, counted):
            after = list(forward(source, test, offset, lambda: True, known))
            assert after == [line for line in wanted if line.start >= offset]
            before = list(backward(source, test, offset, lambda: True, known))
            assert before[::-1] == [line for line in wanted if line.start < offset]
        assert list(forward(source, test, 0, lambda: False)) == []
        assert list(backward(source, test, len(data), lambda: False)) == []


@small
@given(texts, st.lists(texts, max_size=4), st.data())
def test_lines_that_pass_are_counted_like_by_reading(
    tiny_blocks: None, data: bytes, appended: list[bytes], draw: st.DataObject
) -> None:
    source, query = Text(data), Query("e")
    counted = Tally(matches(query), source)
    for more in (b"", *appended):
        source.grow(more)
        for _ in range(draw.draw(st.integers(0, 5))):
            counted.step()
    while counted.step():
        pass
    wanted = [
        line.start
        for line in source.reader.after(0, 1000)
        if line.whole and query.matches(shown(line.data).text)
    ]
    assert counted.complete()
    assert counted.total == len(wanted)
    assert sum(counted.density(7)) == len(wanted)
    for line in source.reader.after(0, 1000):
        if line.whole:
            assert counted.before(line.start) == len([start for start in wanted if start < line.start])


records = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"plain\n", b"\n", b"2024-10-19 14:52:45 - ERROR - failed\n", b"WARNING: w\n", b"drop this\n",
                b"Traceback (most recent call last):\n", b'  File "a.py", line 1, in f\n', b"    f()\n",
                b"ValueError: keep\n", b"\nDuring handling of the above exception, another exception occurred:\n\n",
            ]
        ),
        st.binary(max_size=6),
    ),
    max_size=30,
).map(b"".join)  # fmt: skip
sieves = [
    [Filter("a", "keep")],
    [Filter("a", "keep|plain", regex=True), Filter("b", "drop", out=True)],
    [Filter("b", "drop", out=True)],
    [Filter("c", level="warning")],
    [Filter("c", level="error"), Filter("off", "nothing", on=False)],
]


@small
@given(records, records)
def test_records_are_the_same_wherever_reading_begins_and_whatever_comes(
    tiny_blocks: None, data: bytes, more: bytes
) -> None:
    source = Text(data)
    every = list(records_from(source, 0))
    assert [line for record in every for line in record] == source.reader.after(0, 1000)
    for record in every:
        for line in record:
            assert record_of(source, line.start) == record
        assert record_start(source, record[0].start) <= record[0].start
    done = settled(source)
    before = [record for record in every if record[0].start < done]
    source.grow(more)
    assert list(records_from(source, 0))[: len(before)] == before


@small
@given(records, st.lists(records, max_size=3), st.sampled_from(sieves))
def test_filtered_lines_are_counted_as_they_come(
    tiny_blocks: None, data: bytes, appended: list[bytes], filters: list[Filter]
) -> None:
    source, test = Text(data), Filtered(Sieve(filters))
    counted = Tally(test, source)
    for more in (b"", *appended):
        source.grow(more)
        while counted.step():
            pass
        shown_now = list(forward(source, test, 0, lambda: True, counted))
        assert shown_now == list(forward(source, test, 0, lambda: True))
        assert counted.complete()
        assert counted.with_rest() == sum(line.whole for line in shown_now)


@small
@given(records, st.sampled_from(sieves), st.integers(0, 300))
def test_filters_show_whole_records(
    tiny_blocks: None, data: bytes, filters: list[Filter], place: int
) -> None:
    source, sieve = Text(data), Sieve(filters)
    wanted: list[Found] = []
    for record in records_from(source, 0):
        wanted += record if sieve.passes("\n".join(shown(line.data).text for line in record)) else []
    test = Filtered(sieve)
    offset = max([line.start for line in source.reader.after(0, 1000) if line.start <= place], default=0)
    after = list(forward(source, test, offset, lambda: True))
    assert after == [line for line in wanted if line.start >= offset]
    before = list(backward(source, test, offset, lambda: True))
    assert before[::-1] == [line for line in wanted if line.start < offset]


def test_errors_and_warnings_are_told_apart() -> None:
    text = b"ok\n2024-10-19 14:52:45 - WARNING - w\nW1019 14:00:00 glog\n2024-10-19 14:52:45 - ERROR - e\nplain\n"
    source = Text(text)
    assert [line.data[-1:] for line in ERRORS.hits(source, 0, len(text))] == [b"e"]
    assert [line.data[-1:] for line in WARNINGS.hits(source, 0, len(text))] == [b"w", b"g"]


def test_a_word_deep_in_a_long_line_is_found() -> None:
    source = Text(b"a\n" + b"x" * 700_000 + b" needle " + b"x" * 200_000 + b"\nb\n")
    found = list(forward(source, matches(Query("needle")), 0, lambda: True))
    assert [line.start for line in found] == [2]


def test_an_expression_that_never_ends_is_given_up() -> None:
    source = Text(b"a" * 60 + b"!\n")
    with pytest.raises(TooSlowError):
        list(forward(source, matches(Query(r"(a|a)+$", regex=True)), 0, lambda: True))


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


def test_levels_of_json_lines_that_are_numbers_count() -> None:
    text = b'{"level": 30, "msg": "w"}\n{"level":40,"msg":"e"}\n{"level":20,"msg":"fine"}\n'
    source = Text(text)
    told = [shown(line.data).text for line in source.reader.after(0, 9)]
    for test, word in ((ERRORS, "ERROR"), (WARNINGS, "WARNING"), (matches(Query("ERROR")), "ERROR")):
        assert [shown(line.data).text for line in test.hits(source, 0, len(text))] == [
            line for line in told if word in line
        ]
