"""A whole day: what is offered of it, written at once, taken back, and what a source that fails or is slow costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.daysuggestions import Lines
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.suggestions import Suggestion
from mlws_tui.services.dayfacts.day import Day
from mlws_tui.services.dayfacts.gathering import DayFacts
from tests.facts.kit import commit, model, opened, repository, served
from tests.journal.panes import until
from tests.journal.test_suggestions import Seat
from tests.runs.kit import begun, ended, metrics, record
from tests.runs.kit import until as reached

RUN = "20241020-080000-ft"


def artifact(ts: float, path: str, kind: str = "checkpoint") -> dict[str, object]:
    return {"type": "artifact", "ts": ts, "path": path, "kind": kind, "bytes": 2_000_000}


async def test_a_day_with_all_that_happens_on_one(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    today, dawn = datetime.fromtimestamp(now).date(), now - now % 86400
    code = repository(tmp_path / "trainer")
    commit(code, "Old", now - 3 * 86400)
    sha = commit(code, "Fix the loader", now)
    (code / "probe.py").write_text("")
    (code / "data").mkdir()
    (code / "data/pairs.jsonl").write_text("{}")
    (workspace.root / "data/imgs").mkdir(parents=True)
    (workspace.root / "data/imgs/0.png").write_text("12345")
    (workspace.root / "sweep.yaml").write_text("")
    old = "20241001-080000-old"
    record(workspace, old, begun(old, dawn - 86400, dataset="squad"), ended(dawn - 80000))
    record(
        workspace,
        RUN,
        begun(RUN, dawn, cwd=str(code), dataset="alpaca"),
        metrics(1, dawn + 1, loss=0.5),
        artifact(dawn + 2, "out/ckpt-1"),
        artifact(dawn + 3, "out/ckpt-2"),
        artifact(dawn + 3, "out/plot.png", "image"),
        ended(dawn + 60),
    )
    second = "20241020-090000-qa"
    record(workspace, second, begun(second, dawn + 1, dataset="squad", cwd="/"), ended(dawn + 2))
    models = [
        model("llama3.1:8b", now - 1),
        model("old:1b", now - 9 * 86400),
        model("ft:latest", now, 0, "llama3.1:8b"),
    ]
    workspace.journal.write_text("# Log\n\n## 2020-01-01\n\n### Code\n* a\n")
    with served({"models": models}) as host:
        monkeypatch.setenv("OLLAMA_HOST", host)
        async with opened(workspace, now) as bench:
            offered = await bench.suggestions.of_day(today)
    assert [one.text for one in offered] == [
        f"Completed: qa (1s) `{second}`",
        f"Completed: ft (loss 0.500, 1m00s) `{RUN}`",
        "Pulled: llama3.1:8b (4.9 GB)",
        "Created: ft:latest from llama3.1:8b",
        f"Saved: 2 checkpoints of ft, newest `ckpt-2` (2.0 MB) `{RUN}`",
        f"Dataset: alpaca, first used by ft `{RUN}`",
        f"Dataset: `{code}/data/pairs.jsonl` (2 B)",
        "Dataset: [imgs](data/imgs) (1 file, 5 B)",
        f"Committed: Fix the loader (trainer) `{sha[:7]}`",
        f"Wrote: `{code}/probe.py`",
        "Wrote: [sweep.yaml](sweep.yaml)",
    ]

    async with opened(
        workspace, now
    ) as bench:  # the model server is gone: so are its lines, and nothing else
        left = await bench.suggestions.of_day(today)
        assert [one.text for one in left] == [
            one.text for one in offered if one.kind not in ("pulled", "created")
        ]
        before = workspace.journal.read_text()
        titles = await bench.suggestions.accept_all(left[:-1], today)
        assert titles == ["Experiments", "Models", "Datasets", "Code"]
        text = workspace.journal.read_text()
        assert all(f"* {one.text}\n" in text for one in left[:-1])
        assert before.removeprefix("# Log\n\n") in text
        assert await bench.suggestions.of_day(today) == [left[-1]]
        await bench.suggestions.accept_all(left[:-1], today)  # another app did the same
        assert workspace.journal.read_text() == text
        workspace.journal.write_text(before)
        assert await bench.suggestions.of_day(today) == [left[-1]]
        await bench.suggestions.take_back(left[:3], today)
        assert await bench.suggestions.of_day(today) == [*left[:3], left[-1]]
        await bench.suggestions.put_aside([left[-1]])
        workspace.journal.write_text(f"{before}\n## {today}\n- see ckpt-2 of ft\n")
        assert await bench.suggestions.of_day(today) == left[:2]
        by_hand = workspace.journal.read_text() + f"- finally fixed it: {sha[:10]}\n"
        workspace.journal.write_text(by_hand)
        await bench.suggestions.accept(next(one for one in left if one.kind == "committed"), today)
        assert workspace.journal.read_text() == by_hand


class Given:
    """A source that says what it is given, as soon as it may."""

    rest = 3600.0

    def __init__(self, *kinds: str, error: Exception | None = None) -> None:
        self.kinds = kinds
        self.error = error
        self.free = asyncio.Event()
        self.free.set()
        self.asked = 0
        self.version = 0

    def stamp(self, day: Day) -> object:
        return self.version

    async def of_day(self, day: Day) -> Sequence[Lines]:
        self.asked += 1
        await self.free.wait()
        if self.error is not None:
            raise self.error
        said = [Suggestion(kind, kind, "Code", kind, day.first, "file:") for kind in self.kinds]
        return [lambda left: [one for one in said if left(one)]]


async def test_one_source_never_costs_the_facts_of_another(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering = "mlws_tui.services.dayfacts.gathering"
    monkeypatch.setattr(f"{gathering}._LEAST", 0.0)
    monkeypatch.setattr(f"{gathering}._SHARE", 0.0)
    day = Day(date(2024, 10, 20), 0.0, 86400.0, recent=True)
    good, slow = Given("wrote"), Given("dataset")
    slow.free.clear()
    sources = {
        "a": Given(error=MlwsError("x")),
        "b": Given(error=ZeroDivisionError()),
        "good": good,
        "slow": slow,
    }
    async with opened(workspace, 0.0) as bench:
        facts = DayFacts(workspace, bench.store, sources)

        async def kinds(within: float = 0.05) -> list[str]:
            return [one.kind for lines in await facts.of_day(day, within) for one in lines(lambda _: True)]

        assert await kinds() == ["wrote"] and facts.unfinished(day.date)
        assert await kinds() == ["wrote"] and slow.asked == 1
        slow.free.set()
        await reached(lambda: not facts.unfinished(day.date))
        assert await kinds() == ["wrote", "dataset"]
        assert (good.asked, slow.asked) == (1, 1)  # nothing changed: nobody is asked again
        good.version, good.error = 1, MlwsError("it is away now")
        assert await kinds(5.0) == ["wrote", "dataset"] and good.asked == 2
        slow.version = 1
        slow.free.clear()
        await kinds(0.0)
        await facts.close()
        assert not facts.unfinished(day.date)
        monkeypatch.setattr(f"{gathering}._LEAST", 3600.0)
        good.version = 2
        await kinds()
        assert good.asked == 2 and facts.unfinished(day.date)  # it rests, and is asked afterwards


async def test_files_tell_nothing_of_days_long_gone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # nothing answers there
    now = time.time()
    (workspace.root / "a.py").write_text("")
    today = datetime.fromtimestamp(now).date()
    async with opened(workspace, now) as bench:
        assert [one.text for one in await bench.suggestions.of_day(today)] == ["Wrote: [a.py](a.py)"]
    later = now + 2 * 86400
    async with opened(workspace, later) as bench:
        assert await bench.suggestions.of_day(today) == []
        assert await bench.suggestions.of_day(today + timedelta(days=2)) == []


async def test_the_pane_shows_runs_at_once_and_what_takes_longer_as_soon_as_it_is_known(
    workspace: Workspace,
) -> None:
    now = time.time()
    record(workspace, RUN, begun(RUN, now - 60), ended(now - 30))
    before = workspace.journal.read_bytes()
    slow = Given("wrote", "committed")
    slow.free.clear()
    async with opened(workspace, now) as bench:
        bench.suggestions.facts = DayFacts(workspace, bench.store, {"slow": slow})
        app = Seat(bench)
        async with app.run_test(size=(66, 20)) as pilot:
            app.pane.editor.focus()
            await until(lambda: "Suggestion  ✓ Completed: ft" in app.text, pilot)
            slow.free.set()
            await until(lambda: "✦ 1 of 3 suggestions  ✓ Completed: ft" in app.text, pilot)
            assert "✓1 ●1 ✎1" in app.text  # how many of each kind
            await pilot.press("s")
            await until(lambda: "● committed" in app.text, pilot)
            await pilot.press("A")
            await until(lambda: "3 lines added under Experiments and Code" in app.text, pilot)
            written = workspace.journal.read_text()
            assert written.count("\n- ") == 3
            await pilot.press("u")
            await until(lambda: "✦ 1 of 3 suggestions  ✓ Completed: ft" in app.text, pilot)
            assert workspace.journal.read_bytes() == before  # also the day's heading, made for them, is gone
            await pilot.press("ctrl+r")
            await until(lambda: "accept" not in app.text, pilot)
            assert workspace.journal.read_text() == written
