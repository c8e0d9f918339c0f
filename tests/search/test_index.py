"""The texts of a workspace in its index: found, kept up, and made again."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlws_tui.config.schema import Settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.services.search import Hit
from mlws_tui.services.workbench import Workbench
from tests.store.kit import RUN, header, write

NOW = 1729418400.0  # 2024-10-20, 10:00 UTC
JOURNAL = """# Log
before any day

## 2024-10-19

### Experiments
- The loss went down in {run}, see [[2024-10-19-loss]]
- épisode epoch_17.pt saved

### Next Steps
- [ ] look at the loss again
- 损失在第三轮下降了

## 2024-10-18

### Experiments
- Pulled llama3.1:8b, no loss yet
"""
SESSION = (
    "# Session: Where the loss went\n\n**Date**: 2024-10-19\n\n## Results\n\nGradients of llama3.1:8b\n\n"
    "der Übergrad\n"
)


def fill(workspace: Workspace) -> None:
    workspace.journal.write_text(JOURNAL.format(run=RUN))
    (workspace.sessions / "2024-10-19-loss.md").write_text(SESSION)
    config = {"lr": 3e-5, "model": "gpt-neo"}
    error = {"type": "RuntimeError", "message": "CUDA out of memory", "traceback": "in loss.backward()"}
    records = [
        header(RUN, 1729348200.0, config=config, tags=["lora"]),
        {"type": "alert", "ts": 1729348201.0, "title": "gradient", "text": "it exploded"},
        {"type": "note", "ts": 1729348202.0, "text": "shorter warm-up next time"},
        {"type": "end", "ts": 1729348300.0, "status": "failed", "error": error},
    ]
    write(workspace.streams, f"{RUN}/host-1-a.jsonl", records)


@asynccontextmanager
async def opened(workspace: Workspace) -> AsyncIterator[Workbench]:
    async with await Workbench.open(workspace, Settings(), clock=lambda: NOW) as bench:
        await bench.ingest.catch_up(logs=0.0)
        assert await bench.textindex.bring_up()
        yield bench


def places(hits: tuple[Hit, ...]) -> list[str]:
    return [f"{hit.kind}:{hit.line}" for hit in hits]


async def found(bench: Workbench, query: str) -> list[str]:
    return places((await bench.search.find(query)).hits)


@pytest.fixture
async def indexed(workspace: Workspace) -> AsyncIterator[Workbench]:
    fill(workspace)
    async with opened(workspace) as bench:
        yield bench


#: What is typed, and what it finds.
QUERIES: tuple[tuple[str, list[str]], ...] = (
    ("loss", ["session:1", "journal:7", "journal:11", "error:0", "journal:17"]),
    ("loss in:journal", ["journal:7", "journal:11", "journal:17"]),
    ("LOSS went -down", ["session:1"]),
    ('"loss went"', ["session:1", "journal:7"]),
    ("episode", ["journal:8"]),
    ("och_17", ["journal:8"]),
    ("epoch_17.pt", ["journal:8"]),
    ("损失", ["journal:12"]),
    ("llama3.1:8b tier:2", ["journal:17"]),
    ("gradi*", ["session:7", "run:0"]),
    ("experiments loss", ["journal:7", "journal:17"]),
    ("loss section:next", ["journal:11"]),
    ("loss day:2024-10-18", ["journal:17"]),
    ("loss since:2024-10-19 tier:2", ["journal:7", "journal:11"]),
    ("loss until:2024-10-18", ["journal:17"]),
    (f"run:{RUN}", ["error:0", "run:0", "journal:7"]),
    ("model:llama3 in:session", ["session:7"]),
    ("lr neo tag:lora", ["run:0"]),
    ("gradient exploded", ["run:0"]),
    ("warm-up", ["run:0"]),
    ("lora memory", []),  # an error is found by its own words
    ("before", ["journal:2"]),
    ('"" * ^ AND NEAR(', []),
    ("", []),
)


async def test_what_is_found(indexed: Workbench) -> None:
    for query, expected in QUERIES:
        assert sorted(await found(indexed, query)) == sorted(expected), query


async def test_the_same_is_found_where_too_many_could_fit_to_look_at_them_alone(
    indexed: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlws_tui.store.textsearch._FEW", 0)
    for query, expected in QUERIES:
        assert sorted(await found(indexed, query)) == sorted(expected), query


async def test_order_more_and_places(indexed: Workbench) -> None:
    newest = await indexed.search.find("loss", limit=2, tiers=[2])
    assert places(newest.hits) == ["journal:7", "journal:11"] and newest.more
    first = newest.hits[0]
    assert first.day == date(2024, 10, 19) and first.title == "Experiments"
    assert [first.snippet[a:b] for a, b in first.marks] == ["loss", "loss"]
    ranked = await indexed.search.find("loss", ranked=True)
    assert ranked.hits[0].kind == "session"  # it stands in a heading
    around = await indexed.search.around(first, 5)
    assert around.lines[around.at] == f"- The loss went down in {RUN}, see [[2024-10-19-loss]]"
    assert await found(indexed, "bergr") == await found(indexed, "übergr") == ["session:9"]
    (run,) = (await indexed.search.find("neo")).hits
    assert "lr = 3e-05" in (await indexed.search.around(run, 20)).lines


async def test_a_change_of_one_day_writes_that_day_alone(workspace: Workspace) -> None:
    fill(workspace)
    async with opened(workspace) as bench:
        before = await bench.store.texts.standing()
        workspace.journal.write_text(
            workspace.journal.read_text().replace("- [ ] look", "- a zebra\n- [ ] look")
        )
    async with opened(workspace) as bench:
        after = await bench.store.texts.standing()
        changed = {key for key in after if before[key].digest != after[key].digest}
        assert changed == {"ACTIVITY.md#2024-10-19.0"}
        assert await found(bench, "zebra") == ["journal:11"]
        assert await found(bench, "loss until:2024-10-18") == ["journal:18"]
        workspace.journal.write_text("# Log\n")
        (workspace.sessions / "2024-10-19-loss.md").unlink()
    async with opened(workspace) as bench:
        assert await found(bench, "loss") == ["error:0"]


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(["loss", "## 2024-10-18", "## 2024-10-19", "a b", ""]))))
async def test_an_index_that_followed_the_file_finds_the_same_as_a_new_one(
    workspace: Workspace, versions: list[list[str]]
) -> None:
    async def answers(bench: Workbench) -> list[str]:
        return [*await found(bench, "loss"), *await found(bench, "a")]

    for lines in versions[:3]:
        workspace.journal.write_text("\n".join(lines))
        async with opened(workspace) as bench:
            kept = await answers(bench)
            bench.store.set_aside()
            await bench.store.mend()
            await bench.ingest.catch_up(logs=0.0)
            await bench.textindex.bring_up()
            assert await answers(bench) == kept


async def test_while_it_is_open_what_is_saved_is_found_soon(workspace: Workspace) -> None:
    fill(workspace)
    async with await Workbench.open(workspace, Settings(), clock=lambda: NOW) as bench:
        await bench.ingest.start()
        await bench.watch.start()
        await bench.textindex.start()
        try:
            await eventually(bench, "loss")
            await asyncio.to_thread(bench.journal.append, "Code", "a zebra", date(2024, 10, 20))
            assert await eventually(bench, "zebra")
            await bench.runs.edit(RUN, by="tests", notes="a giraffe")
            assert await eventually(bench, "giraffe")
        finally:
            await bench.textindex.close()
            await bench.watch.close()


async def eventually(bench: Workbench, query: str) -> list[str]:
    end = time.monotonic() + 10
    while not (hits := await found(bench, query)):
        assert time.monotonic() < end, "it was never found"
        await asyncio.sleep(0.02)
    return hits


async def test_without_texts_in_the_index_the_files_are_searched(workspace: Workspace) -> None:
    fill(workspace)
    async with await Workbench.open(workspace, Settings(), clock=lambda: NOW) as bench:
        hits = await bench.search.find("loss since:2024-10-19 -again")
        assert places(hits.hits) == ["journal:7", "session:1"] and hits.notice
        assert places((await bench.search.find("tag:lora")).hits) == []


async def test_bytes_that_are_no_text_are_no_obstacle(workspace: Workspace) -> None:
    workspace.journal.write_bytes(b"# Log\n\n## 2024-10-19\n\n### \xff\n- caf\xe9 zebra [[n\xff]]\n")
    name = os.fsencode(workspace.sessions) + b"/2024-10-19-\xff.md"
    with open(name, "wb") as session:
        session.write(b"# Session: \xfe zebra\n")
    with open(name.replace(b"\xff", b"\xfe"), "wb") as session:
        session.write(b"a name that reads alike\n")
    for _ in range(2):
        async with opened(workspace) as bench:
            assert sorted(await found(bench, "zebra")) == ["journal:6", "session:1"]
            assert await found(bench, "caf\udce9") == await found(bench, "caf?")
            before = await bench.store.texts.standing()
            await bench.textindex.bring_up()
            assert await bench.store.texts.standing() == before


async def test_links_both_ways(indexed: Workbench, workspace: Workspace) -> None:
    (to_session,) = await indexed.links.to("session", "2024-10-19-loss")
    assert (to_session.path, to_session.line, to_session.when) == ("ACTIVITY.md", 7, date(2024, 10, 19))
    assert [one.kind for one in await indexed.links.to("model", "llama3.1:8b")] == ["session", "journal"]
    assert [one.line for one in await indexed.links.to("run", RUN)] == [7]
    assert await indexed.links.broken() == []
    (workspace.sessions / "2024-10-20-more.md").write_text(
        f"````\n```\n[[in-a-fence]]\n````\nSee [[2024-10-19-los]] and {RUN}x.\nsince 2024-10-18\n"
    )
    assert [(one.path, one.line) for one in await indexed.links.to("day", "2024-10-18")] == [
        ("docs/sessions/2024-10-20-more.md", 6)
    ]
    assert [(one.line, one.target, one.hint) for one in await indexed.links.broken()] == [
        (5, "2024-10-19-los", "did you mean 2024-10-19-loss?"),
        (5, f"{RUN}x", f"did you mean {RUN}?"),
    ]
