"""Streams under fire: whatever stands in a stream file, and whatever is done to it, has one defined result."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.domain.chunks import StreamChunk, StreamPosition
from mlws_tui.domain.events import LONGEST_LINE, encode
from mlws_tui.sources.streams import read_chunk
from mlws_tui.store import Store
from tests.store.kit import OTHER, RUN, header, ingested, metrics, opened, workspace, write

FILE = f"{RUN}/gpu1-7-aa.jsonl"
LONGEST = 60  # bytes of a line in the tests that read plainly
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)


# What a reader of any stream has to find, said as plainly as it can be.


def plainly(content: bytes, longest: int = LONGEST) -> tuple[list[tuple[int, Any]], int]:
    """(offset, record) of each whole line that is a record, and how many lines are none."""
    found, bad, offset = [], 0, 0
    *whole, rest = content.split(b"\n")
    for line in whole:
        try:
            record = json.loads(line.decode())
        except (ValueError, RecursionError):
            record = None
        if len(line) <= longest and isinstance(record, dict) and isinstance(record.get("type"), str):
            found.append((offset, record))
        elif len(line) > longest or line.strip():
            bad += 1
        offset += len(line) + 1
    return found, bad + (len(rest) > longest)  # of one that is too long the end is not awaited


RECORD = st.fixed_dictionaries(
    {"type": st.sampled_from(["note", "metrics", "x"])},
    optional={"ts": st.integers(0, 9), "text": st.text(max_size=8), "values": st.just({"a": 1})},
)
PIECE = st.one_of(
    RECORD.map(encode),
    RECORD.map(encode).flatmap(lambda line: st.integers(0, len(line)).map(lambda end: line[:end])),
    st.binary(max_size=12),
    st.sampled_from(
        [b"\0" * 9, b"\n", b"\n\n", b" \t\n", b"\r\n", b"\xff\xfe", b"[1]\n", b'{"type":5}\n', b"{}\n"]
    ),
    st.integers(LONGEST - 3, LONGEST + 3).map(lambda size: b"y" * size),
    st.integers(LONGEST - 3, 3 * LONGEST).map(lambda size: b'{"type":"' + b"z" * (size - 11) + b'"}\n'),
)


@given(st.lists(PIECE, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=33, deadline=None)
def test_any_bytes_in_any_pieces_read_as_the_whole_file_does(pieces: list[bytes], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        (streams / RUN).mkdir()
        content, position = b"".join(pieces), StreamPosition(FILE, RUN)
        records: list[tuple[int, Any]] = []
        bad = written = 0
        with open(streams / FILE, "ab", buffering=0) as file:
            while True:
                chunk = read_chunk(streams, position, random.randint(1, 80), longest=LONGEST)
                assert not chunk.problem and chunk.before == position
                records += chunk.records
                bad += chunk.bad
                moved, position = chunk.after.offset != position.offset, chunk.after
                if written < len(content):
                    written += file.write(content[written : written + random.randint(0, 50)])
                elif not moved:
                    break
        assert (records, bad) == plainly(content)


@given(RECORD, RECORD)
@settings(max_examples=20, deadline=None)
def test_cut_off_at_any_byte_all_whole_records_are_read(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, content = encode(one), encode(one) + encode(other)
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        path = write(streams, FILE, [content])
        for end in range(len(content), -1, -1):
            os.truncate(path, end)
            chunk = read_chunk(streams, StreamPosition(FILE, RUN), 1000)
            whole = (end >= len(first)) + (end == len(content))
            assert [record for _, record in chunk.records] == [one, other][:whole] and not chunk.bad


# Whatever a record holds, its file is read on.

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from(["NaN", "Infinity", 10**400, -(2**63), 2**64, 1e308, "\0", "\ud800", RUN, "rank", "failed"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(max_size=4), st.sampled_from(["a", "pid", "sha"])), inner, max_size=3),
    ),
    max_leaves=6,
)  # fmt: skip
FIELDS = (
    *(
        "v",
        "ts",
        "id",
        "name",
        "kind",
        "experiment",
        "config",
        "tags",
        "model",
        "dataset",
        "host",
        "pid",
        "pid_start",
    ),
    *(
        "cmd",
        "cwd",
        "git",
        "python",
        "gpus",
        "role",
        "rank",
        "world_size",
        "boot_id",
        "pid_ns",
        "attempt",
        "parent",
    ),
    *(
        "log",
        "step",
        "values",
        "total",
        "epoch",
        "path",
        "bytes",
        "data",
        "level",
        "title",
        "text",
        "run",
        "by",
    ),
    *(
        "notes",
        "status",
        "deleted",
        "archived",
        "summary",
        "metrics",
        "tags_add",
        "exit_code",
        "signal",
        "error",
    ),
)
TYPES = (
    "run",
    "metrics",
    "progress",
    "event",
    "alert",
    "note",
    "artifact",
    "system",
    "set",
    "end",
    "ui",
    "odd",
)
ANY = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
)


@given(st.lists(ANY, max_size=8), st.lists(ANY, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_no_record_stops_its_file(own: list[dict[str, Any]], edits: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_all_is_read(Path(folder), own, edits))


async def _all_is_read(root: Path, own: list[dict[str, Any]], edits: list[dict[str, Any]]) -> None:
    streams = workspace(root).streams
    lines = [json.dumps(record).encode() + b"\n" for record in own]  # bare NaN, and surrogates as they come
    write(streams, FILE, [header(), *lines, metrics(1, 1e9, last=1.0)])
    write(streams, "_edits/gpu1.jsonl", [json.dumps(record).encode() + b"\n" for record in edits])
    async with ingested(root) as store:
        assert (await store.points(RUN, "last")).value in (
            [1.0],
            [],
        )  # none where a record made it another rank
        run = await store.get_run(RUN)
        assert run is not None and run.last_seen is not None and run.last_seen >= 1e9 and not run.problems
        assert await store.happenings(RUN) is not None
        assert await store.curve(RUN, "last", rank=0) is not None


# What is done to a file while it is read.


async def test_a_record_of_50_mb_is_passed_over_and_counted_once(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), b'{"type":"note","ts":1,"text":"', b"x" * (LONGEST_LINE + 1)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        for _ in range(2):
            write(streams, FILE, [b"x" * (LONGEST_LINE + 1)])
            await service.catch_up()
        write(streams, FILE, [b'"}\n', metrics(1, 1001.0, loss=1.0)])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 1 and run.latest["loss"].count == 1


async def test_a_tail_of_nul_bytes_waits_and_is_one_line_that_is_none(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0), b"\0" * 4096])
    write(streams, f"{RUN}/gpu1-8-bb.jsonl", [b""])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 0 and run.latest["loss"].count == 1
        write(streams, FILE, [b"\n", metrics(2, 1002.0, loss=2.0)])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and run.bad_lines == 1 and run.latest["loss"].count == 2


@pytest.mark.parametrize("again", [False, True], ids=["one process", "the next one"])
async def test_cut_off_and_written_beyond_the_place_read_is_noticed(tmp_path: Path, again: bool) -> None:
    streams = workspace(tmp_path).streams
    path = write(streams, FILE, [header(), *(metrics(step, 1001.0, loss=1.0) for step in range(5))])
    head = path.read_bytes().index(b"\n") + 1
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        if again:
            await service.close()
        os.truncate(path, head)
        write(streams, FILE, [metrics(step, 2001.0, loss=2.0) for step in range(9)])
        if not again:
            await service.catch_up()
            await _is_left_where_it_was(store)
    async with ingested(tmp_path) as store:
        await _is_left_where_it_was(store)


async def _is_left_where_it_was(store: Store) -> None:
    run = await store.get_run(RUN)
    assert run is not None and "cut off and written anew" in run.problems[0]
    assert (await store.points(RUN, "loss")).value == [1.0] * 5


async def test_edits_cut_off_and_written_beyond_the_place_read_are_all_read_again(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    edit = {"type": "set", "run": RUN}
    write(streams, FILE, [header()])
    path = write(
        streams,
        "_edits/gpu1.jsonl",
        [{**edit, "ts": 5.0, "name": "n"}, {**edit, "ts": 20.0, "notes": "gone"}],
    )
    async with opened(tmp_path) as (store, service):
        for name, notes in (("n", "gone"), ("n", "")):
            await service.catch_up()
            run = await store.get_run(RUN)
            assert run is not None and (run.name, run.notes) == (name, notes)
            os.truncate(path, path.read_bytes().index(b"\n") + 1)
            write(streams, "_edits/gpu1.jsonl", [{**edit, "ts": 6.0, "tags_add": ["x" * 100]}])


async def test_a_file_that_was_copied_back_is_read_on(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    path = write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        content = path.read_bytes()
        path.rename(tmp_path / "kept")
        path.write_bytes(content)
        write(streams, FILE, [metrics(2, 1002.0, loss=2.0)])
        await service.catch_up()
        run = await store.get_run(RUN)
        assert run is not None and not run.problems and (await store.points(RUN, "loss")).value == [1.0, 2.0]


async def test_two_processes_in_one_file_are_one_run_of_whole_lines(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    path = write(streams, FILE, [header(pid=1, config={"a": 1})])
    with open(path, "ab", buffering=0) as one, open(path, "ab", buffering=0) as other:
        other.write(encode(header(pid=2, ts=1000.5, config={"b": 2})))
        for step in range(50):
            one.write(encode(metrics(step, 1001.0, one=step)))
            other.write(encode(metrics(step, 1001.0, other=step)))
    async with ingested(tmp_path) as store:
        run = await store.get_run(RUN)
        assert run is not None and run.pid == 2 and run.bad_lines == 0
        for name in ("one", "other"):
            assert (await store.points(RUN, name)).value == list(range(50))


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "device"])
async def test_what_is_no_plain_file_is_passed_over(tmp_path: Path, kind: str) -> None:
    streams = workspace(tmp_path).streams
    good = write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    path = streams / RUN / "gpu1-8-bb.jsonl"
    write(streams, f"{RUN}/{path.name}", [header(pid=8)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        path.unlink()
        if kind == "fifo":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "link":
            path.symlink_to(good)
        elif os.geteuid() == 0:
            os.mknod(path, 0o020600, os.makedev(1, 5))  # /dev/zero: it never ends
        chunk = await asyncio.to_thread(_chunk_of, streams, f"{RUN}/{path.name}")
        assert chunk is None or "is no plain file" in chunk.problem
        await service.catch_up()
        write(streams, FILE, [metrics(2, 1002.0, loss=2.0)])
        await service.catch_up()
        assert (await store.points(RUN, "loss")).value == [1.0, 2.0]
    async with ingested(tmp_path) as store:
        assert (await store.points(RUN, "loss")).value == [1.0, 2.0]


def _chunk_of(streams: Path, file: str) -> StreamChunk | None:
    try:
        return read_chunk(streams, StreamPosition(file, RUN), 100)
    except OSError:
        return None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read_for_a_while_is_read_on_later(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    path = write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    async with opened(tmp_path) as (store, service):
        await service.catch_up()
        write(streams, FILE, [metrics(2, 1002.0, loss=2.0)])
        write(streams, f"{RUN}/gpu1-8-bb.jsonl", [metrics(1, 1001.0, acc=0.5)])
        path.chmod(0)
        state = await service.catch_up()
        assert f"{FILE} cannot be read" in state.problem
        assert (await store.points(RUN, "acc")).value == [0.5]
        path.chmod(0o600)
    async with ingested(tmp_path) as store:
        assert (await store.points(RUN, "loss")).value == [1.0, 2.0]


async def test_a_folder_that_is_renamed_or_removed_keeps_what_was_read(tmp_path: Path) -> None:
    streams = workspace(tmp_path).streams
    write(streams, FILE, [header(), metrics(1, 1001.0, loss=1.0)])
    write(streams, f"{OTHER}/gpu1-9-cc.jsonl", [header(OTHER), metrics(1, 1001.0, loss=3.0)])
    later = "20241021-120000-renamed"
    with open(streams / FILE, "ab", buffering=0) as live:
        async with opened(tmp_path) as (store, service):
            await service.catch_up()
            (streams / RUN).rename(streams / later)
            (streams / OTHER / "gpu1-9-cc.jsonl").unlink()
            (streams / OTHER).rmdir()
            live.write(encode(metrics(2, 1002.0, loss=2.0)))
            await service.catch_up()
            assert (await store.points(RUN, "loss")).value == [1.0]
            assert (await store.points(later, "loss")).value == [1.0, 2.0]
            assert (await store.points(OTHER, "loss")).value == [3.0]
