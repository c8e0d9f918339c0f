"""The line of a moment, by few looks into a file."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.domain.logtimes import Times
from mlws_tui.sources.lines import LineReader
from mlws_tui.sources.logfile import Remembered
from mlws_tui.sources.timesearch import first_at

T0 = 1_729_341_000.0
FULL = "%Y-%m-%d %H:%M:%S"


class Counting:
    """Bytes that count how many of them were read. A hole gives what `fill` makes of an offset."""

    def __init__(self, data: bytes) -> None:
        self.inner = Remembered(data)
        self.start, self.size = 0, len(data)
        self.read_bytes = 0

    def read(self, offset: int, count: int) -> bytes:
        """The bytes there."""
        data = self.inner.read(offset, count)
        self.read_bytes += len(data)
        return data


class Endless:
    """A line a second, made as it is read."""

    def __init__(self, size: int) -> None:
        self.width = len(self._line(0))
        self.start, self.size = 0, size
        self.read_bytes = 0

    def _line(self, number: int) -> bytes:
        return time.strftime(FULL, time.localtime(T0 + number)).encode() + b" - INFO - step\n"

    def read(self, offset: int, count: int) -> bytes:
        """The bytes there."""
        first, last = offset // self.width, (offset + count) // self.width
        data = b"".join(self._line(number) for number in range(first, last + 1))
        self.read_bytes += count
        return data[offset - first * self.width :][:count]


def log_of(stamps: Iterable[float | None], form: str = FULL) -> bytes:
    """A line for each, with its number; None is a line without a time."""
    lines = [
        f"  no time {i}" if ts is None else f"{time.strftime(form, time.localtime(ts))} line {i}"
        for i, ts in enumerate(stamps)
    ]
    return "\n".join(lines).encode() + b"\n"


def number_at(data: bytes, ts: float, *, day: float | None = None) -> int | None:
    """The number of the line that is found; that after the last where all is earlier."""
    source = Counting(data)
    found = first_at(LineReader(source), source, ts, lambda: True, times=lambda: Times(day))
    assert source.read_bytes < 1_000_000
    return None if found is None else data[:found].count(b"\n")


def test_the_first_line_at_or_after_a_moment() -> None:
    data = log_of(T0 + 10 * i for i in range(100_000))
    assert number_at(data, T0 - 5) == 0
    assert number_at(data, T0 + 10) == 1
    assert number_at(data, T0 + 11) == 2
    assert number_at(data, T0 + 777_770) == 77_777
    assert number_at(data, T0 + 777_771) == 77_778
    assert number_at(data, T0 + 1e7) == 100_000


def test_lines_without_a_time_in_between_are_passed_over() -> None:
    data = log_of(None if i % 300 else T0 + i for i in range(90_000))
    assert number_at(data, T0 + 45_000) == 45_000
    assert number_at(data, T0 + 45_001) == 45_300


def test_long_stretches_without_a_time_are_leapt_over() -> None:
    head: list[float | None] = [None] * 20_000
    data = log_of(
        [*head, *(T0 + i for i in range(9000)), *head, *(T0 + 9000 + i for i in range(9000)), *head]
    )
    assert number_at(data, T0 + 500) == 20_500
    assert number_at(data, T0 + 9500) == 49_500


def test_a_log_without_times_tells_none() -> None:
    assert number_at(log_of([None] * 30_000), T0) is None
    assert number_at(b"", T0) is None


def test_lines_of_many_kilobytes() -> None:
    lines = [time.strftime(FULL, time.localtime(T0 + i)) + " " + "x" * (i % 7 * 30_000) for i in range(60)]
    data = "\n".join(lines).encode()
    source = Counting(data)
    found = first_at(LineReader(source), source, T0 + 33, lambda: True)
    assert found is not None
    assert data[:found].count(b"\n") == 33


def test_a_restart_in_the_middle_gives_one_of_the_crossings() -> None:
    first = [T0 + i for i in range(20_000)]
    data = log_of([*first, *first])
    assert number_at(data, T0 + 5_000) in (5_000, 25_000)


def test_bare_clocks_over_midnight() -> None:
    evening = time.mktime((2024, 10, 19, 22, 0, 0, 0, 0, -1))
    data = log_of((evening + i for i in range(4 * 3600)), "[%H:%M:%S]")
    assert number_at(data, evening + 60, day=evening) == 60
    assert number_at(data, evening + 3 * 3600, day=evening) == 3 * 3600
    assert number_at(data, evening) is None


def test_it_stops_when_it_is_told_to() -> None:
    source = Counting(log_of(T0 + i for i in range(10_000)))
    assert first_at(LineReader(source), source, T0 + 5_000, lambda: False) is None


def test_a_file_of_ten_gigabytes_takes_few_looks() -> None:
    source = Endless(10 << 30)
    wanted = T0 + 123_456_789
    found = first_at(LineReader(source), source, wanted, lambda: True)
    assert found == 123_456_789 * source.width
    assert source.read_bytes < 400_000


@pytest.mark.parametrize("count", [1, 2, 40, 300])
def test_every_line_of_short_logs(count: int) -> None:
    data = log_of(T0 + 3 * i for i in range(count))
    for i in range(count):
        assert number_at(data, T0 + 3 * i) == i
        assert number_at(data, T0 + 3 * i - 1) == i


@settings(derandomize=True, max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400), st.booleans()), min_size=1, max_size=120),
    st.integers(-2, 400),
)
def test_it_is_what_a_naive_look_at_all_lines_finds(steps: list[tuple[int, int, bool]], ahead: int) -> None:
    now, lines, stamps = T0, [], []
    for step, width, stamped in steps:
        now += step
        stamps.append(now if stamped else None)
        head = time.strftime(FULL, time.localtime(now)) if stamped else "..."
        lines.append(f"{head} {'x' * width}")
    wanted = T0 + ahead
    late = [i for i, ts in enumerate(stamps) if ts is not None and ts >= wanted]
    expected = None if not any(stamps) else late[0] if late else len(lines)
    assert number_at("".join(line + "\n" for line in lines).encode(), wanted) == expected
