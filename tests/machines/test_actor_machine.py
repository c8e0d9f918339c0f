"""The actor against a dictionary: whatever is written, cancelled, refused or crashed, the index holds what it says."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from mlws_tui.domain.chunks import StreamChunk, StreamFolder, StreamPosition
from mlws_tui.domain.runs import Points
from mlws_tui.store import Store
from mlws_tui.store.errors import StaleError
from tests.machines.kit import LENGTHS, AsyncMachine, run_machine
from tests.store.kit import EVERYTHING, OTHER, RUN, header, metrics

#: Two files of two ranks for each of two runs. In the model, what a file has logged is its length.
FILES = {f"{run}/h-{rank}-aa.jsonl": (run, rank) for run in (RUN, OTHER) for rank in (0, 1)}
A_FILE = st.sampled_from(sorted(FILES))
SOME_FILES = st.lists(A_FILE, min_size=1, max_size=4, unique=True)
A_COUNT = st.integers(1, 40)
TURNS = st.integers(0, 12)


def _value(number: int) -> float:
    return number / 4


def _chunk(file: str, begin: int, count: int) -> StreamChunk:
    """The next `count` records of a file, each a byte long; the very first is the run record."""
    run, rank = FILES[file]
    records = [
        (
            at,
            metrics(at, 1000.0 + at, loss=_value(at))
            if at
            else header(run, rank=rank, host="h", pid=rank + 1),
        )
        for at in range(begin, begin + count)
    ]
    return StreamChunk(StreamPosition(file, run, begin), StreamPosition(file, run, begin + count), records)


class ActorMachine(AsyncMachine):
    """What is known: how far each file is in the index; and which runs' folders are registered."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, int] = {}
        self.folders: dict[str, int] = {}
        self._place = tempfile.TemporaryDirectory()
        self._number = 0

    @initialize()
    def begins(self) -> None:
        self.store = self.do(Store.open(Path(self._place.name) / "0" / "index.db"))

    async def close(self) -> None:
        await self.store.close()
        self._place.cleanup()

    def at(self, file: str) -> int:
        return self.known.get(file, 0)

    def next_chunk(self, file: str, count: int) -> StreamChunk:
        return _chunk(file, self.at(file), count)

    @rule(run=st.sampled_from([RUN, OTHER]), mtime=st.integers(1, 9))
    def registers(self, run: str, mtime: int) -> None:
        files = tuple(file for file in FILES if FILES[file][0] == run)
        positions = self.do(self.store.register([StreamFolder(run, mtime, files)]))
        assert {position.file: position.offset for position in positions} == {
            file: self.at(file) for file in files
        }
        self.folders[run] = mtime
        self.known |= {file: self.at(file) for file in files}

    @rule(files=SOME_FILES, count=A_COUNT)
    def ingests(self, files: list[str], count: int) -> None:
        changed = self.do(self.store.ingest([self.next_chunk(file, count) for file in files]))
        assert changed.runs == {FILES[file][0] for file in files}
        self.known |= {file: self.at(file) + count for file in files}

    @rule(files=SOME_FILES, stale=A_FILE, count=A_COUNT)
    def refuses_a_stale_chunk_and_all_that_came_with_it(
        self, files: list[str], stale: str, count: int
    ) -> None:
        chunks = [self.next_chunk(file, count) for file in files if file != stale]
        chunks.append(_chunk(stale, self.at(stale) + 1, count))
        with pytest.raises(StaleError):
            self.do(self.store.ingest(chunks))

    @rule(files=SOME_FILES, stale=st.sets(A_FILE), count=A_COUNT)
    def ingests_many_at_once_of_which_some_are_stale(
        self, files: list[str], stale: set[str], count: int
    ) -> None:
        async def work() -> list[object]:
            chunks = [_chunk(file, self.at(file) + (file in stale), count) for file in files]
            return await asyncio.gather(
                *(self.store.ingest([chunk]) for chunk in chunks), return_exceptions=True
            )

        for file, answer in zip(files, self.do(work()), strict=True):
            assert isinstance(answer, StaleError) == (file in stale), answer
            if file not in stale:
                self.known[file] = self.at(file) + count

    @rule(file=A_FILE, count=A_COUNT, turns=TURNS)
    def ingests_and_is_cancelled(self, file: str, count: int, turns: int) -> None:
        """Then all of the chunk is there or nothing."""

        async def work() -> int:
            task = asyncio.create_task(self.store.ingest([self.next_chunk(file, count)]))
            await _cancel_after(task, turns)
            await self.store.register([])  # answered after what came before it
            return (await self.store.offsets([file])).get(file, 0)

        reached = self.do(work())
        assert reached in (self.at(file), self.at(file) + count)
        if reached or file in self.known:
            self.known[file] = reached

    @rule(file=A_FILE, turns=TURNS)
    def reads_and_is_cancelled(self, file: str, turns: int) -> None:
        async def work() -> None:
            run, rank = FILES[file]
            await _cancel_after(asyncio.create_task(self.store.points(run, "loss", rank)), turns)
            await _cancel_after(asyncio.create_task(self.store.list_runs(EVERYTHING)), turns)

        self.do(work())

    @rule(file=A_FILE, count=A_COUNT)
    def reads_while_it_ingests(self, file: str, count: int) -> None:
        run, rank = FILES[file]

        async def work() -> Points:
            points, _ = await asyncio.gather(
                self.store.points(run, "loss", rank), self.store.ingest([self.next_chunk(file, count)])
            )
            return points

        seen = self.do(work())
        before, after = self.at(file), self.at(file) + count
        assert seen.step in (list(range(1, before)), list(range(1, after)))
        self.known[file] = after

    @rule(file=A_FILE)
    def reads_points(self, file: str) -> None:
        run, rank = FILES[file]
        points = self.do(self.store.points(run, "loss", rank))
        steps = list(range(1, self.at(file)))
        assert (points.step, points.value) == (steps, [_value(step) for step in steps])

    @rule(file=A_FILE, width=st.integers(1, 20))
    def reads_a_curve(self, file: str, width: int) -> None:
        run, rank = FILES[file]
        curve = self.do(self.store.curve(run, "loss", rank=rank, width=width))
        count = max(0, self.at(file) - 1)
        assert curve.total == count == sum(bucket.count for bucket in curve.buckets)
        if count:
            assert max(bucket.high or 0.0 for bucket in curve.buckets) == _value(count)

    @rule()
    def reads_the_list(self) -> None:
        page = self.do(self.store.list_runs(EVERYTHING))
        assert {run.id for run in page.runs} == {FILES[file][0] for file, at in self.known.items() if at}
        for run in page.runs:
            count = self.at(f"{run.id}/h-0-aa.jsonl") - 1
            latest = run.latest.get("loss")
            found = None if latest is None else (latest.count, latest.last, latest.min, latest.max)
            assert found == ((count, _value(count), _value(1), _value(count)) if count > 0 else None)

    @rule()
    def tells_where_it_stands(self) -> None:
        standing = self.do(self.store.standing())
        assert standing.folders == self.folders
        assert {position.file: position.offset for position in standing.open} == self.known

    @rule()
    def another_process_reads_the_same(self) -> None:
        async def work() -> dict[str, int]:
            other = await Store.open(self.store.path, read_only=True)
            try:
                return await other.offsets(sorted(FILES))
            finally:
                await other.close()

        assert self.do(work()) == self.known

    @rule()
    def closes_and_opens_again(self) -> None:
        async def work() -> Store:
            await self.store.close()
            return await Store.open(self.store.path)

        self.store = self.do(work())

    @precondition(lambda self: self.known)
    @rule()
    def crashes(self) -> None:
        """The files as they lie there are what a crash leaves: nothing is closed, nothing checkpointed."""
        self._number += 1
        left = self.store.path.parent
        place = left.with_name(str(self._number))
        place.mkdir()
        # By another process: opening and closing a database's file ourselves would drop its locks.
        subprocess.run(["cp", left / "index.db", left / "index.db-wal", place], check=True)

        async def work() -> Store:
            await self.store.close()
            return await Store.open(place / "index.db")

        self.store = self.do(work())


async def _cancel_after(task: asyncio.Task[object], turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(("examples", "fresh"), LENGTHS)
def test_the_actor_does_as_a_dictionary_does(examples: int, fresh: bool) -> None:
    run_machine(ActorMachine, examples, fresh)
