"""Whatever the order and the pieces in which files are ingested, the index comes out the same."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.domain.chunks import StreamPosition
from mlws_tui.domain.events import encode
from mlws_tui.sources.streams import read_chunk
from mlws_tui.store import Store
from tests.store.kit import OTHER, RUN, dump, header, ingested, write

TS = st.integers(1, 6).map(float)
VALUE = st.one_of(st.integers(-4, 4).map(float), st.sampled_from(["NaN", "Infinity", "-Infinity"]))
METRICS = st.fixed_dictionaries(
    {
        "type": st.just("metrics"),
        "ts": TS,
        "step": st.one_of(st.integers(0, 50), st.none()),
        "values": st.dictionaries(st.sampled_from(["a", "b"]), VALUE, min_size=1),
    }
)
STATUS = st.sampled_from(["completed", "failed", "stopped"])
OTHERS = st.one_of(
    st.fixed_dictionaries({"type": st.just("end"), "ts": TS, "status": STATUS}),
    st.fixed_dictionaries(
        {"type": st.just("progress"), "ts": TS, "step": st.integers(0, 9), "total": st.just(9)}
    ),
    st.fixed_dictionaries({"type": st.just("note"), "ts": TS, "text": st.sampled_from("xy")}),
    st.fixed_dictionaries(
        {
            "type": st.just("set"),
            "ts": TS,
            "run": st.sampled_from([RUN, OTHER]),
            "name": st.sampled_from("pqr"),
            "status": st.one_of(STATUS, st.just("odd")),
            "tags_add": st.lists(st.sampled_from("xyz"), max_size=2),
            "tags_remove": st.lists(st.sampled_from("xyz"), max_size=2),
            "summary": st.dictionaries(st.sampled_from("kl"), st.integers(0, 3)),
        }
    ),
    st.just({"type": "experiment", "ts": 1.0, "id": "e1", "name": "E"}),
    st.just(b"garbage\n"),
    st.just(b"\n"),
)
RECORDS = st.lists(st.one_of(METRICS, METRICS, OTHERS), max_size=25)


@st.composite
def a_workspace(draw: st.DrawFn) -> dict[str, bytes]:
    """File → content: some runs' files of several processes, and edits."""
    files: dict[str, bytes] = {}
    for number, run in enumerate(draw(st.lists(st.sampled_from([RUN, OTHER]), min_size=1, max_size=4))):
        head = header(
            run,
            ts=draw(TS),
            pid=number + 1,
            host="h",
            rank=draw(st.integers(0, 1)),
            attempt=draw(st.integers(1, 2)),
            role=draw(st.sampled_from(["rank", "rank", "wrapper"])),
            name=draw(st.sampled_from(["n", "m"])),
            tags=draw(st.lists(st.sampled_from("xyz"), max_size=2, unique=True)),
            config=draw(st.dictionaries(st.sampled_from("cd"), st.integers(0, 2))),
        )
        files[f"{run}/h-{number}-aa.jsonl"] = _lines([head, *draw(RECORDS)])
    for host in draw(st.sampled_from([(), ("h",), ("g", "h")])):
        files[f"_edits/{host}.jsonl"] = _lines(draw(RECORDS))
    return files


def _lines(records: list[Any]) -> bytes:
    return b"".join(record if isinstance(record, bytes) else encode(record) for record in records)


@given(a_workspace(), st.randoms(use_true_random=False))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_order_and_chunks_make_no_difference(files: dict[str, bytes], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_same_in_any_order(Path(folder), files, random))


async def _same_in_any_order(root: Path, files: dict[str, bytes], random: Any) -> None:
    streams = root / ".mlws" / "streams"
    for file, content in files.items():
        write(streams, file, [content])
    async with ingested(root) as store:
        expected = await dump(store)
    store = await Store.open(root / "again.db")
    try:
        positions = {
            file: StreamPosition(file, None if file[0] == "_" else file.split("/")[0]) for file in files
        }
        while positions:
            some = random.sample(sorted(positions), random.randint(1, len(positions)))
            chunks = [read_chunk(streams, positions[file], random.randint(1, 800)) for file in some]
            await store.ingest(chunks)
            for file, chunk in zip(some, chunks, strict=True):
                positions[file] = chunk.after
                if chunk.after.offset == len(files[file]):
                    del positions[file]
        assert await dump(store) == expected
    finally:
        await store.close()
