"""The ingest against a plain reading of the stream files, whatever is done to the files and to the index."""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from mlws_tui.domain.events import encode
from mlws_tui.services.hub import Hub
from mlws_tui.services.ingest import IngestService
from mlws_tui.store import Store
from tests.machines.kit import LENGTHS, AsyncMachine, run_machine
from tests.machines.plain import PlainFile, PlainRun, plain_runs
from tests.store.kit import EVERYTHING, OTHER, RUN, header, opened, workspace, write

RUN_FILES = [f"{RUN}/h-1-aa.jsonl", f"{RUN}/h-2-bb.jsonl", f"{OTHER}/h-1-cc.jsonl"]
EDITS = ["_edits/g.jsonl", "_edits/h.jsonl"]
A_FILE = st.sampled_from([*RUN_FILES, *EDITS])
A_RUN = st.sampled_from([RUN, OTHER])
TAGS = st.lists(st.sampled_from("xyz"), max_size=2, unique=True)
TS = st.sampled_from([1.0, 2.0, 3.0, 2000.5])
VALUE = st.one_of(st.integers(-8, 8).map(lambda n: n / 4), st.sampled_from(["NaN", "Infinity", "-Infinity"]))
METRICS = st.fixed_dictionaries(
    {
        "type": st.just("metrics"),
        "ts": TS,
        "step": st.one_of(st.integers(0, 9), st.none()),
        "values": st.dictionaries(st.sampled_from(["a", "b/c d.é"]), VALUE, min_size=1),
    }
)
SET = st.fixed_dictionaries(
    {"type": st.just("set"), "ts": TS, "run": A_RUN},
    optional={
        "tags_add": TAGS,
        "tags_remove": TAGS,
        "notes": st.sampled_from("pq"),
        "summary": st.dictionaries(st.sampled_from("kl"), st.integers(0, 3)),
    },
)
OTHERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["note", "unheard-of"]), "ts": TS, "text": st.sampled_from("st")}
)
RECORDS = st.lists(st.one_of(METRICS, METRICS, SET, OTHERS), min_size=1, max_size=8)
#: Times of files (Unix seconds): a while ago, and one that has not come yet.
EARLIER, LATER = 1.0e9, 9.0e9
GARBAGE = st.sampled_from(
    [b"garbage", b"[1]", b'{"type": 5}', b'"text"', b"\0\0\0\0", b"\xff\xfe", b"\n \n{"]
)


class IngestMachine(AsyncMachine):
    """Each line is unlike all others, as in real streams: so a file that was changed can be told from what it was."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._place = workspace(Path(self._folder.name))
        self._streams = self._place.streams
        self._lines = 0
        self.read: dict[str, PlainFile] = {}
        self.calm: set[str] = set()
        self.current = False

    @initialize()
    def begins(self) -> None:
        self.do(self._open())

    async def _open(self) -> None:
        self.store = await Store.open(self._place.marker / "index.db")
        self.service = IngestService(self._place, self.store, Hub())

    async def close(self) -> None:
        await self._close()
        self._folder.cleanup()

    async def _close(self) -> None:
        await self.service.close()
        await self.store.close()

    def _number(self) -> int:
        self._lines += 1
        return self._lines

    def _append(self, file: str, data: bytes) -> None:
        path = self._streams / file
        path.parent.mkdir(exist_ok=True)
        if not path.exists() and file in RUN_FILES:
            data = self._header(file) + data
        with path.open("ab") as stream:
            stream.write(data)
        self._changed(file)

    def _changed(self, file: str) -> None:
        """Written to just now, however long this machine takes for the next step."""
        os.utime(self._streams / file, (LATER, LATER))
        self.calm.discard(file)
        self.current = False

    def _header(self, file: str) -> bytes:
        """Of two processes of one rank, the second of which is a resumed one, and one of a run of its own."""
        attempt = 2 if file == RUN_FILES[1] else 1
        return encode(header(file.split("/")[0], ts=1.0, attempt=attempt, host="h", pid=self._number()))

    @rule(file=A_FILE, records=RECORDS)
    def appends(self, file: str, records: list[dict[str, Any]]) -> None:
        self._append(file, b"".join(encode({**record, "line": self._number()}) for record in records))

    @rule(file=A_FILE, records=RECORDS, share=st.floats(0.0, 1.0))
    def appends_and_stops_anywhere(self, file: str, records: list[dict[str, Any]], share: float) -> None:
        data = b"".join(encode({**record, "line": self._number()}) for record in records)
        self._append(file, data[: int(share * len(data))])

    @rule(file=A_FILE, garbage=GARBAGE)
    def appends_garbage(self, file: str, garbage: bytes) -> None:
        self._append(file, garbage + b"%d\n" % self._number())

    @rule(
        file=A_FILE, status=st.sampled_from(["completed", "failed"]), more=st.sampled_from([b"", b'{"type":'])
    )
    def ends(self, file: str, status: str, more: bytes) -> None:
        """What comes after the end soon is read, what comes long after it is not."""
        self._append(
            file, encode({"type": "end", "ts": 3.0, "status": status, "line": self._number()}) + more
        )

    @rule(file=A_FILE)
    def is_not_written_to_for_a_while(self, file: str) -> None:
        path = self._streams / file
        if path.exists():
            os.utime(path, (EARLIER, EARLIER))
            self.calm.add(file)
            self.current = False

    @rule(file=A_FILE, share=st.floats(0.0, 1.0))
    def is_cut_off(self, file: str, share: float) -> None:
        path = self._streams / file
        if path.exists():
            size = path.stat().st_size
            with path.open("r+b") as stream:
                stream.truncate(int(share * size))
            self._changed(file)

    @rule(file=A_FILE, records=RECORDS)
    def is_replaced(self, file: str, records: list[dict[str, Any]]) -> None:
        path = self._streams / file
        if path.exists():
            new = path.with_name("new")
            data = self._header(file) if file in RUN_FILES else b""
            new.write_bytes(data + b"".join(encode({**record, "line": self._number()}) for record in records))
            new.replace(path)
            self._changed(file)

    @rule(file=A_FILE)
    def is_removed(self, file: str) -> None:
        (self._streams / file).unlink(missing_ok=True)

    @rule()
    def index_is_opened_again(self) -> None:
        async def work() -> None:
            await self._close()
            await self._open()

        self.do(work())

    @rule()
    def index_is_removed_while_closed(self) -> None:
        async def work() -> None:
            await self._close()
            for file in self._place.marker.glob("index.db*"):
                file.unlink()
            await self._open()

        self.do(work())
        self.read.clear()
        self.current = False

    @rule()
    def catches_up(self) -> None:
        assert self.do(self.service.catch_up()).behind == 0
        self._read_plainly()
        self.current = True

    def _read_plainly(self) -> None:
        for file in [*RUN_FILES, *EDITS]:
            path = self._streams / file
            if path.exists():
                self.read.setdefault(file, PlainFile(file)).read(path.read_bytes(), calm=file in self.calm)
        if any(self.read[file].stuck for file in EDITS if file in self.read):  # all edits are read again
            for file in EDITS:
                path = self._streams / file
                self.read[file] = PlainFile(file)
                self.read[file].read(path.read_bytes() if path.exists() else b"")

    @invariant()
    def index_says_what_the_streams_say(self) -> None:
        if self.current:
            self.do(self._compare())

    async def _compare(self) -> None:
        expected = plain_runs(self.read.values())
        found = {run.id: run for run in (await self.store.list_runs(EVERYTHING)).runs}
        assert found.keys() >= expected.keys()
        for run_id, plain in expected.items():
            run = found[run_id]
            notes = [str(one.data["text"]) for one in await self.store.happenings(run_id)]
            said = PlainRun(
                bad=run.bad_lines,
                problems=len(run.problems),
                last_seen=-math.inf if run.last_seen is None else run.last_seen,
                series={},
                notes=notes,
                tags=set(run.tags),
                remark=run.notes,
                endings=sorted(claim.status for claim in run.claims if claim.status is not None),
                summary=dict(run.summary),
            )
            for info in await self.store.series(run_id):
                points = await self.store.points(run_id, info.name, info.rank)
                said.series[info.name, info.rank] = list(
                    zip(points.step, points.ts, points.value, strict=True)
                )
                assert info.latest.count == len(points.step)
            assert repr(_sorted(said)) == repr(_sorted(plain))  # as text, for NaN is not NaN


def _sorted(run: PlainRun) -> list[object]:
    summary, series = sorted(run.summary.items()), sorted(run.series.items())
    told = [run.bad, run.problems, run.last_seen, run.notes, sorted(run.tags), run.remark]
    return [*told, sorted(run.endings), summary, series]


@pytest.mark.parametrize(("examples", "fresh"), LENGTHS)
def test_the_index_says_what_a_plain_reading_says(examples: int, fresh: bool) -> None:
    run_machine(IngestMachine, examples, fresh)


async def test_an_end_among_edits_ends_nothing(tmp_path: Path) -> None:
    """Found by the machine: it made every process look at the file for ever."""
    path = write(workspace(tmp_path).streams, EDITS[0], [{"type": "end", "ts": 3.0, "status": "completed"}])
    os.utime(path, (EARLIER, EARLIER))
    async with opened(tmp_path) as (_, service), asyncio.timeout(10):
        assert (await service.catch_up()).behind == 0
