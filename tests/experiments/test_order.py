"""Experiments and where runs belong come out the same whatever the order and the pieces of what is ingested."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.domain.chunks import StreamPosition
from mlws_tui.domain.events import encode
from mlws_tui.sources.streams import read_chunk
from mlws_tui.store import Store
from tests.experiments.kit import index, known

RUNS = tuple(f"20241019-14300{i}-n" for i in range(4))
IDS = ("e1", "e2", "name:x")
NAMES = ("x", "y", "e1")
TS = st.integers(1, 9).map(float)
TOMBSTONE = {"deleted": True, "forever": True}
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "deleted": st.booleans(),
        "name": st.sampled_from(NAMES),
        "status": st.sampled_from("pq"),
        "tags_add": st.lists(st.sampled_from("abc"), max_size=3),
        "tags_remove": st.lists(st.sampled_from("abc"), max_size=2),
        "metrics": st.dictionaries(st.sampled_from(["m", ""]), st.one_of(st.integers(0, 3), st.none())),
    },
)


def a_record(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), "ts": TS, **fields})


MADE = a_record(
    "experiment",
    id=st.sampled_from(IDS),
    name=st.sampled_from(NAMES),
    tags=st.lists(st.sampled_from("abc"), max_size=2),
    parent=st.sampled_from(["", *IDS]),
)
CHANGED = st.builds(dict.__or__, a_record("set", experiment=st.sampled_from(IDS)), CHANGES)
RUN_CHANGED = a_record("set", run=st.sampled_from(RUNS), deleted=st.booleans())
BURIED = st.one_of(
    a_record("set", experiment=st.sampled_from(IDS)), a_record("set", run=st.sampled_from(RUNS))
).map(lambda record: record | TOMBSTONE)
SOME = st.lists(st.one_of(MADE, CHANGED, CHANGED, CHANGED, RUN_CHANGED), min_size=2, max_size=10)
EDITS = st.builds(
    lambda made, some, buried, seed: Random(seed).sample(
        [*made, *some, *buried], len(made) + len(some) + len(buried)
    ),
    st.lists(MADE, min_size=2, max_size=4),
    SOME,
    st.lists(BURIED, max_size=1),
    st.integers(0, 1000),
)


@st.composite
def a_workspace(draw: st.DrawFn) -> dict[str, bytes]:
    """File → content: runs that name experiments, and what people did with those."""
    files: dict[str, bytes] = {}
    for run in draw(st.lists(st.sampled_from(RUNS), min_size=2, max_size=4, unique=True)):
        named = st.sampled_from([*NAMES, "x", *IDS, None])
        head = {"type": "run", "ts": draw(TS), "id": run, "name": "n", "experiment": draw(named)}
        point = {"type": "metrics", "ts": 9.0, "step": 1, "values": {"m": 1.0}}
        files[f"{run}/h-1-aa.jsonl"] = b"".join(map(encode, (head, point)))
    for host in draw(st.sampled_from([("h",), ("g", "h")])):
        files[f"_edits/{host}.jsonl"] = b"".join(map(encode, draw(EDITS)))
    return files


@given(a_workspace(), st.integers(0, 1000))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_order_and_pieces_make_no_difference(files: dict[str, bytes], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_same_in_any_order(Path(folder), files, Random(seed)))


async def _same_in_any_order(root: Path, files: dict[str, bytes], random: Random) -> None:
    streams = index(root).parent / "streams"
    for file, content in files.items():
        (streams / file).parent.mkdir(exist_ok=True)
        (streams / file).write_bytes(content)
    one = await _ingested(root / "one.db", streams, files, lambda left: (sorted(left)[0], 1 << 20))
    other = await _ingested(
        root / "other.db", streams, files, lambda left: (random.choice(sorted(left)), random.randint(1, 400))
    )
    assert other == one


async def _ingested(path: Path, streams: Path, files: dict[str, bytes], choose: Any) -> dict[str, Any]:
    store = await Store.open(path)
    try:
        left = {
            file: StreamPosition(file, None if file[0] == "_" else file.split("/")[0])
            for file, content in files.items()
            if content
        }
        while left:
            file, size = choose(left)
            chunk = read_chunk(streams, left[file], size)
            await store.ingest([chunk])
            left[file] = chunk.after
            if chunk.after.offset == len(files[file]):
                del left[file]
        return await known(store)
    finally:
        await store.close()
