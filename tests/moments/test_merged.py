"""Several logs as one text by time, at once and as they are written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlws_tui.sources.merged import LAST, Merging
from mlws_tui.sources.mergedlog import MergedLog
from mlws_tui.sources.spool import Spool
from tests.store.kit import until

DAY = "2024-10-19 14:30:"


@contextlib.contextmanager
def merging(*logs: tuple[str, Path], spool: Spool | None = None, last: int = LAST) -> Iterator[Merging]:
    merge = Merging(logs, spool=spool, last=last)
    merge.start()
    try:
        yield merge
    finally:
        merge.close()


def log(path: Path, text: str | bytes) -> Path:
    """Append to a log."""
    with path.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)
    return path


def lines_of(merge: Merging) -> list[str]:
    return merge.path.read_bytes().decode().splitlines()


async def merged(*logs: tuple[str, Path], last: int = LAST) -> list[str]:
    with merging(*logs, last=last) as merge:
        await until(lambda: merge.done)
        assert merge.problem == ""
        assert merge.share == 1.0
        return lines_of(merge)


async def test_lines_come_in_the_order_of_their_times(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n{DAY}03 three\n{DAY}04 four\n")
    b = log(tmp_path / "b.log", f"{DAY}02 two\n{DAY}03 also three\n{DAY}05 five\n")
    assert await merged(("rank0", a), ("rank1", b)) == [
        f"[rank0] {DAY}01 one",
        f"[rank1] {DAY}02 two",
        f"[rank0] {DAY}03 three",
        f"[rank1] {DAY}03 also three",
        f"[rank0] {DAY}04 four",
        f"[rank1] {DAY}05 five",
    ]


async def test_a_traceback_stays_whole_and_what_stands_before_the_first_time_with_it(tmp_path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x\n'
    a = log(tmp_path / "a.log", f"a header\n{DAY}02 ERROR failed\n{trace}{DAY}06 done\n")
    b = log(tmp_path / "b.log", f"{DAY}01 one\n{DAY}02 two\n{DAY}03 three\n")
    assert [line[4:] for line in await merged(("a", a), ("b", b))] == [
        f"{DAY}01 one",
        "a header",
        f"{DAY}02 ERROR failed",
        *trace.splitlines(),
        f"{DAY}02 two",
        f"{DAY}03 three",
        f"{DAY}06 done",
    ]


async def test_forms_of_time_may_differ_and_clocks_take_their_day_from_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "20241019-143000-run"
    folder.mkdir()
    a = log(folder / "rank0.log", "[14:30:01] one\n[14:30:04] four\n")
    b = log(folder / "server.log", f'{{"time": "{DAY}02.500", "level": "info", "msg": "two"}}\n')
    c = log(folder / "rank1.log", "I1019 14:30:03.000000 12 x.cc:1] three\n")
    assert await merged(("a", a), ("b", b), ("c", c)) == [
        "[a] [14:30:01] one",
        f"[b] {DAY}02 - INFO - two",
        "[c] I1019 14:30:03.000000 12 x.cc:1] three",
        "[a] [14:30:04] four",
    ]


async def test_logs_without_times_come_first(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n")
    b = log(tmp_path / "b.log", "no\ntimes\n")
    assert await merged(("a", a), ("b", b)) == ["[b] no", "[b] times", f"[a] {DAY}01 one"]


async def test_nothing_draws_over_the_tag(tmp_path: Path) -> None:
    a = log(
        tmp_path / "a.log", b"  1%|#\r 50%|##\rfull\r\nab\b\bcd\n\x1b[32mgreen\x1b[0m\nup\x1b[2A\x1b[1Gx\n"
    )
    assert await merged(("a", a)) == ["[a] full|##", "[a] cd", "[a] \x1b[32mgreen\x1b[0m", "[a] xp␛[2A"]


async def test_what_is_written_later_comes_in_order_too(tmp_path: Path) -> None:
    a, b = log(tmp_path / "a.log", f"{DAY}01 one\n"), tmp_path / "b.log"
    with merging(("a", a), ("b", b)) as merge:
        await until(lambda: merge.done)
        log(a, f"{DAY}05 five\n  of two lines\n")
        log(b, f"{DAY}04 four\n")
        await until(lambda: len(lines_of(merge)) == 4)
        log(b, "without a time\n")
        log(a, f"{DAY}06 half a")
        await until(lambda: len(lines_of(merge)) == 5)
        log(a, " line\n")
        await until(lambda: len(lines_of(merge)) == 6)
        assert lines_of(merge) == [
            f"[a] {DAY}01 one",
            f"[b] {DAY}04 four",
            f"[a] {DAY}05 five",
            "[a]   of two lines",
            "[b] without a time",
            f"[a] {DAY}06 half a line",
        ]


async def test_an_unfinished_last_line_comes_after_a_while(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n{DAY}02 killed in the mid")
    with merging(("a", a)) as merge:
        await until(lambda: len(lines_of(merge)) == 2)
        assert lines_of(merge)[1] == f"[a] {DAY}02 killed in the mid"


async def test_what_becomes_of_a_file_is_told(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n{DAY}02 two\n")
    with merging(("a", a)) as merge:
        await until(lambda: merge.done)
        a.write_text(f"{DAY}03 anew\n")
        await until(lambda: len(lines_of(merge)) == 4)
        assert lines_of(merge)[2].startswith("[a] --- truncated at ")
        assert lines_of(merge)[3] == f"[a] {DAY}03 anew"


async def test_of_a_very_long_log_only_the_end_is_merged(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", "".join(f"{DAY}{i % 60:02} line {i} {'x' * 80}\n" for i in range(40_000)))
    b = log(tmp_path / "b.log", "2024-10-19 14:29:59 first\n")
    found = await merged(("a", a), ("b", b), last=2 << 20)
    assert found[0] == "[b] 2024-10-19 14:29:59 first"
    assert found[1] == "[a] --- only the last 2 MB are merged: 2 MB before are left out ---"
    assert found[2].startswith(f"[a] {DAY}")
    assert " line 39999 " in found[-1]
    assert len(found) < 25_000


@pytest.mark.parametrize("stamp", [f"{DAY}01 ", ""])
def test_of_long_lines_few_are_read_ahead(tmp_path: Path, stamp: str) -> None:
    lines = [f"{stamp}{i} {'x' * 60_000}" for i in range(150)]
    path = log(tmp_path / "a.log", "".join(f"{line}\n" for line in lines))
    log(path, f"{DAY}02 short\n" * 20)
    one = MergedLog("a", path, LAST)
    found: list[bytes] = []
    try:
        while not one.caught_up:
            for _ in range(5):
                one.read()
            assert len(one.first) > 1
            assert one.queued == sum(record.size for record in one.first) < 4 << 20
            record = one.take()
            assert record.size == sum(map(len, record.lines)) < 1 << 20
            found += record.lines
        while one.first:
            found += one.take().lines
    finally:
        one.close()
    assert found == [f"[a] {line}\n".encode() for line in [*lines, *[f"{DAY}02 short"] * 20]]


async def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n")
    with merging(("a", a), spool=Spool(tmp_path, keep=1 << 60)) as merge:
        await until(lambda: merge.done)
        assert (
            merge.problem == f"The logs are not merged any further: the disk of {tmp_path} would soon be full"
        )


async def test_closing_stops_the_thread_and_gives_all_files_back(tmp_path: Path) -> None:
    a = log(tmp_path / "a.log", f"{DAY}01 one\n")
    before = len(os.listdir("/proc/self/fd"))
    with merging(("a", a), ("b", tmp_path / "never there.log")) as merge:
        await until(lambda: merge.done)
        merge.close()
    assert len(os.listdir("/proc/self/fd")) == before


@settings(derandomize=True, max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=60))
def test_each_log_keeps_its_own_order_and_nothing_is_lost(steps: list[tuple[int, int, bool]]) -> None:
    import asyncio
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        written: dict[int, list[str]] = {i: [] for i in range(4)}
        for second, (which, step, stamped) in enumerate(steps):
            ts = f"{DAY}{min(59, second + step):02} " if stamped else "  "
            written[which].append(f"{ts}line {second}")
        logs = [
            (str(i), log(Path(folder, f"{i}.log"), "".join(line + "\n" for line in lines)))
            for i, lines in written.items()
        ]
        found = asyncio.run(merged(*logs))
    for i, lines in written.items():
        assert [line[4:] for line in found if line.startswith(f"[{i}]")] == lines
