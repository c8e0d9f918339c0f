"""Whatever bytes a log has and whatever becomes of it: it is read, counted, found and shown as a naive reader would."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mlws_tui.domain.levels import Level, level_of
from mlws_tui.domain.logquery import Filter, Query, Sieve
from mlws_tui.domain.logs import START, LogLine, Place
from mlws_tui.domain.showing import shown
from mlws_tui.sources import lineindex, lines, tally
from mlws_tui.sources.lines import MAX_LINE
from mlws_tui.sources.logtail import LogTail
from tests.logs.naive import ALL, TEXTS, content, naive, split


@contextmanager
def log_of(data: bytes) -> Iterator[tuple[Path, LogTail]]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.log"
        path.write_bytes(data)
        tail = LogTail(path)
        try:
            yield path, tail
        finally:
            tail.close()


@contextmanager
def tiny_blocks() -> Iterator[None]:
    """Blocks so small that a short text has many borders between them."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, size in (
            (lines, "_BLOCK", 16),
            (lines, "_LARGEST", 32),
            (lineindex, "BLOCK", 8),
            (tally, "BLOCK", 16),
            (tally, "PIECE", 8),
        ):
            patch.setattr(module, name, size)
        yield


class FollowedLog(RuleBasedStateMachine):
    """A log that is written, truncated, replaced and deleted while it is counted and read."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.log"
        self.files = 0
        self.ticks = 0
        self.there = True
        self.parts: list[bytes] = []  # what each part of the log holds, the live one last
        self.added = 0  # ends of lines that came since it was opened

    @initialize(data=TEXTS)
    def opened(self, data: bytes) -> None:
        self.path.write_bytes(data)
        self.parts = [data]
        self.tail = LogTail(self.path)

    @property
    def whole(self) -> bytes:
        """The live file."""
        return self.path.read_bytes()

    def _looked(self) -> None:
        """Look; a filesystem may be too slow in telling times for what is done within a tick."""
        if self.there:
            self.ticks += 1
            os.utime(self.path, ns=(0, self.ticks * 10**9))
        self.tail.look()

    @rule(data=TEXTS, steps=st.integers(0, 3))
    def append(self, data: bytes, steps: int) -> None:
        if not self.there:
            return
        with self.path.open("ab") as file:
            file.write(data)
        self.parts[-1] += data
        self.added += data.count(b"\n")
        self._looked()
        for _ in range(steps):
            self.tail.count()

    @rule(data=TEXTS)
    def truncate(self, data: bytes) -> None:
        """Emptied in place and written anew, to less than it was: what was there is remembered."""
        if not self.there or len(data) >= len(self.whole):
            return
        self.path.write_bytes(data)
        self.parts.append(data)
        self.added += data.count(b"\n")
        self._looked()

    @rule(data=TEXTS)
    def rotate(self, data: bytes) -> None:
        """Renamed away, and a new file under the name."""
        if not self.there:
            return
        self.files += 1
        self.path.rename(self.path.with_suffix(f".{self.files}"))
        self.path.write_bytes(data)
        self.parts.append(data)
        self.added += data.count(b"\n")
        self._looked()

    @rule()
    def delete(self) -> None:
        if not self.there:
            return
        self.files += 1
        self.path.rename(
            self.path.with_suffix(f".{self.files}")
        )  # a number of its own, not one that is used again
        self.there = False
        self.parts.append(b"")
        self.tail.look()

    @rule(data=TEXTS)
    def make_anew(self, data: bytes) -> None:
        if self.there:
            return
        self.path.write_bytes(data)
        self.there = True
        self.parts.append(data)
        self.added += data.count(b"\n")
        self._looked()

    @invariant()
    def reads_like_a_naive_reader(self) -> None:
        expected: list[tuple[bytes, bool] | None] = []
        for number, part in enumerate(self.parts):
            expected += [None] if number else []
            expected += [(content(line), line.endswith(b"\n")) for line in split(part)]
        forward = self.tail.after(START, ALL)
        assert [None if line.divider else (line.data, line.whole) for line in forward] == expected
        end = self.tail.state().end
        assert self.tail.before(end, ALL) == forward
        assert self.tail.before(end, 3) == forward[-3:]
        for line, following in pairwise(forward):
            assert self.tail.after(line.next, 1) == [following]
            assert self.tail.before(following.place, 1) == [line]

    @invariant()
    def counts_like_a_naive_reader(self) -> None:
        while self.tail.count():
            continue
        state = self.tail.state()
        assert state.appended == self.added
        if not self.there:
            return
        assert state.lines == self.whole.count(b"\n")
        live = len(self.parts) - 1
        places = [line.place for line in self.tail.after(Place(live, 0), ALL)]
        assert [self.tail.number_of(place) for place in places] == list(range(1, len(places) + 1))
        assert [self.tail.place_of(number) for number in range(1, len(places) + 1)] == places
        assert [self.tail.place_of(-number) for number in range(1, len(places) + 1)] == places[::-1]
        assert self.tail.place_of(len(places) + 1) is None

    def teardown(self) -> None:
        if self.parts:
            self.tail.close()
        self.folder.cleanup()


def test_a_log_is_read_and_counted_like_a_naive_reader_whatever_becomes_of_it() -> None:
    with tiny_blocks():
        run_state_machine_as_test(FollowedLog, settings=settings(max_examples=30, stateful_step_count=12))


@settings(max_examples=25)
@given(
    st.lists(
        st.sampled_from(
            [b"x" * 70_000, b"y" * 300_000, b"\r", b"\n", b"\r\n", b"line\n", b"needle", b"\0" * 65_536]
        ),
        max_size=14,
    ),
    st.integers(0, 3),
)
def test_very_long_lines_are_told_in_pieces_and_counted_once(pieces: list[bytes], steps: int) -> None:
    data = b"".join(pieces)
    half = len(data) // 2
    with log_of(data[:half]) as (path, tail):
        for _ in range(steps):
            tail.count()
        path.write_bytes(data)
        tail.look()
        while tail.count():
            continue
        found, at = tail.after(START, ALL), 0
        assert len(found) == len(split(data))
        for number, (line, expected) in enumerate(zip(found, split(data), strict=True), 1):
            assert (line.place, line.next) == (Place(0, at), Place(0, at + len(expected)))
            assert line.whole is expected.endswith(b"\n")
            assert len(line.data) <= MAX_LINE + 2
            assert line.data in expected
            assert line.cut == (len(expected) - len(line.data) if len(expected) > MAX_LINE + 2 else 0)
            assert tail.number_of(line.place) == number
            assert tail.place_of(number) == line.place
            at += len(expected)
        assert tail.before(tail.state().end, ALL) == found
        hits = [
            line.place
            for line, expected in zip(found, split(data), strict=True)
            if b"needle" in expected and (line.cut or "needle" in shown(line.data).text)
        ]
        first = tail.find(Query("needle"), START, forward=True, going=lambda: True)
        last = tail.find(Query("needle"), tail.state().end, forward=False, going=lambda: True)
        assert (first, last) == (next(iter(hits), None), next(iter(hits[::-1]), None))


WANTED = st.sampled_from(["loss", "Loss", "err", "x", "red", "日", "0.5", "l", "no such"])
FILTERS = st.lists(
    st.one_of(
        st.builds(lambda text, out: Filter(text, text, out=out), WANTED, st.booleans()),
        st.sampled_from([Filter("digits", r"\d", regex=True), Filter("no a", "^a", regex=True, out=True)]),
        st.just(Filter("off", "red", on=False)),
        st.just(Filter("grave", level="error")),
    ),
    max_size=3,
)


def has(text: str, wanted: str) -> bool:
    """Whether a person would say that it is there: capitals count only if they were typed."""
    return wanted in text if wanted != wanted.lower() else wanted in text.lower()


def passes(text: str, filters: list[Filter]) -> bool:
    """One line at a time, by the words of the filters' documentation."""

    def holds(one: Filter) -> bool:
        return re.search(one.text, text) is not None if one.regex else has(text, one.text)

    on = [one for one in filters if one.on]
    let_in = [one for one in on if one.text and not one.out]
    if any(one.level for one in on) and (level_of(text) or Level.INFO) < Level.ERROR:
        return False
    return (not let_in or any(map(holds, let_in))) and not any(holds(one) for one in on if one.out)


@settings(max_examples=40)
@given(TEXTS, TEXTS, FILTERS, WANTED, st.integers(0, 60), st.integers(0, 4))
def test_filters_and_finding_agree_with_a_naive_reader(
    data: bytes, more: bytes, filters: list[Filter], wanted: str, start: int, steps: int
) -> None:
    with tiny_blocks(), log_of(data) as (path, tail):
        tail.sift(Sieve(filters))
        tail.seek(Query(wanted))
        for _ in range(steps):  # some of it is known when the rest comes
            tail.count()
        with path.open("ab") as file:
            file.write(more)
        tail.look()
        seen = [line for line in naive(data + more) if passes(shown(line.data).text, filters)]
        assert tail.after(START, ALL) == seen
        assert tail.before(tail.state().end, ALL) == seen
        hits = [line for line in seen if has(shown(line.data).text, wanted)]
        place = naive(data + more)[start].place if start < len(naive(data + more)) else tail.state().end
        check_finding(tail, wanted, place, hits)
        while tail.count():
            continue
        assert tail.after(START, ALL) == seen
        check_finding(tail, wanted, place, hits)
        state = tail.state()
        if any(one.on for one in filters):
            assert state.visible == sum(line.whole for line in seen)
        assert state.matches == sum(
            line.whole and has(shown(line.data).text, wanted) for line in naive(data + more)
        )
        assert (state.sifted, state.sought) == (1.0, 1.0)


def check_finding(tail: LogTail, wanted: str, place: Place, hits: list[LogLine]) -> None:
    after = [line.place for line in hits if line.place >= place]
    before = [line.place for line in hits if line.place < place]
    query = Query(wanted)
    assert tail.find(query, place, forward=True, going=lambda: True) == next(iter(after), None)
    assert tail.find(query, place, forward=False, going=lambda: True) == next(iter(before[::-1]), None)
    assert tail.find(query, place, forward=True, going=lambda: False) is None
