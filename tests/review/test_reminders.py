"""What is reminded of, when, and that it is said once a day at most."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from mlws_tui.config.load import load_settings
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, Notice, RunsChanged
from mlws_tui.services.reminders import Reminders
from mlws_tui.services.workbench import Workbench
from tests.review.kit import DAY, GPU, HOUR
from tests.runs.kit import alive, begun, ended, record, until
from tests.ui.stage import Still
from tests.ui.stage import until as stage_until

#: Friday, 2026-11-20, at midnight.
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC).timestamp()


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def bench_at(workspace: Workspace, clock: Clock) -> AsyncIterator[Workbench]:
    settings, problems = load_settings(workspace)
    assert not problems
    async with await Workbench.open(workspace, settings, clock=clock) as bench:
        await bench.ingest.catch_up()
        yield bench


def run(
    workspace: Workspace, start: float, took: float = 600.0, name: str = "lora", **fields: object
) -> None:
    stamp = datetime.fromtimestamp(start, UTC).strftime("%Y%m%d-%H%M%S")
    id = f"{stamp}-{name}"
    record(workspace, id, begun(id, start, **fields), ended(start + took))


async def test_a_day_with_runs_and_no_words(workspace: Workspace) -> None:
    run(workspace, MIDNIGHT + 8 * HOUR)
    run(workspace, MIDNIGHT + 9 * HOUR, 60)
    workspace.journal.write_text("## 2026-11-20\n\n### Experiments\n\n## 2026-11-19\n- words\n")
    clock = Clock(MIDNIGHT + 10 * HOUR)
    async with bench_at(workspace, clock) as bench:
        assert await bench.reminders.look() == []
        clock.now = MIDNIGHT + 10.5 * HOUR
        bench.reminders.busy = lambda: True
        assert await bench.reminders.look() == ()
        bench.reminders.busy = lambda: False
        told = "2 runs ended today and the journal has no words yet: 4, then a accepts their lines"
        assert await bench.reminders.look() == [told]
        assert await bench.reminders.look() == []
    async with bench_at(workspace, clock) as other:
        assert await other.reminders.look() == []  # another app does not say it again
        clock.now += DAY
        assert await other.reminders.look() == []  # nothing ended on that day
        run(workspace, clock.now - 30, 10)
        await other.ingest.catch_up()
        assert await other.reminders.look() == []
        clock.now = MIDNIGHT + DAY + 17 * HOUR
        assert "1 run ended today and the journal has no words yet: 4, then a accepts its line" in (
            await other.reminders.look()
        )
        clock.now += DAY
        run(workspace, clock.now - 3 * HOUR, 10)
        other.journal.append("Code", "words", other.journal.today())
        await other.ingest.catch_up()
        assert await other.reminders.look() == []


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([(26 * HOUR, HOUR, {"gpus": [GPU]})], True),
        ([(26 * HOUR, 0.9 * HOUR, {"gpus": [GPU]})], False),
        ([(26 * HOUR + n, 1.0, {}) for n in range(5)], True),
        ([(26 * HOUR + n, 1.0, {}) for n in range(4)], False),
        ([(26 * HOUR, 1.0, {"tags": ["best"]})], True),
        ([(24 * HOUR, 1.0, {"tags": ["best"]})], False),
        ([(14 * DAY + 2, 1.0, {"tags": ["best"]})], False),
        ([(26 * HOUR, 1.0, {"tags": ["best"]}), (HOUR, 1.0, {})], False),
    ],
)
async def test_an_experiment_that_is_worth_a_session_log(
    workspace: Workspace, runs: list[tuple[float, float, dict[str, object]]], said: bool
) -> None:
    now = MIDNIGHT + 10 * HOUR
    for number, (ago, took, fields) in enumerate(runs):
        run(workspace, now - ago, took, f"lora-{number}", experiment="reviews", **fields)
    async with bench_at(workspace, Clock(now)) as bench:
        told = ["reviews has no session log after 24 hours: n begins one"] if said else []
        assert await bench.reminders.look() == told
        assert await bench.reminders.look() == []


async def test_an_experiment_that_goes_on_or_that_a_session_log_names(workspace: Workspace) -> None:
    now = MIDNIGHT + 10 * HOUR
    for name in ("a1", "b1", "c1", "d1", "e1"):
        run(workspace, now - 30 * HOUR, 60, name, experiment=name, tags=["best"])
    live = "20261120-090000-a1"
    record(workspace, live, begun(live, now - HOUR, experiment="a1", **alive()))
    workspace.sessions.joinpath("2026-11-19-x.md").write_text("# Session: what B1 taught\n")
    clock = Clock(now)
    async with bench_at(workspace, clock) as bench:
        (told,) = await bench.reminders.look()
        assert told.endswith(" and 1 more have no session log after 24 hours: n begins one")
        assert "a1" not in told and "b1" not in told
        clock.now += DAY
        assert len(await bench.reminders.look()) == 1


async def test_it_looks_by_itself_and_says_it_mildly(workspace: Workspace) -> None:
    clock = Clock(MIDNIGHT + 18 * HOUR)
    async with bench_at(workspace, clock) as bench:
        heard: list[Change] = []
        bench.hub.subscribe(heard.append)
        reminders = Reminders(
            bench.store,
            bench.runs,
            bench.journal,
            bench.sessions,
            bench.remembered,
            bench.hub,
            first=0,
            soon=0,
        )
        await reminders.start()
        run(workspace, MIDNIGHT + 17 * HOUR)
        await bench.ingest.catch_up()

        async def said() -> bool:
            bench.hub.publish(RunsChanged())
            return any(isinstance(one, Notice) and one.mild for one in heard)

        await until(said)
        await reminders.close()
        await reminders.close()


async def test_both_can_be_turned_off(workspace: Workspace) -> None:
    now = MIDNIGHT + 18 * HOUR
    run(workspace, now - 2 * HOUR)
    run(workspace, now - 40 * HOUR, experiment="reviews", tags=["best"])
    config = workspace.marker / "config.yaml"
    config.write_text("journal:\n  reminders: false\nsessions:\n  reminders: false\n")
    async with bench_at(workspace, Clock(now)) as bench:
        assert await bench.reminders.look() == []


async def test_the_app_says_it_as_information_and_not_while_one_writes(workspace: Workspace) -> None:
    still = Still(workspace)
    async with still.app.run_test(size=(80, 24)) as pilot:
        await still.ready(pilot, "4 Journal")
        bench = still.bench
        assert bench is not None
        bench.hub.publish(Notice("write it down", mild=True))
        bench.hub.publish(Notice("it went wrong"))
        await stage_until(pilot, lambda: len(still.app._notifications) == 2)
        notes = {note.message: note.severity for note in still.app._notifications}
        assert notes == {"write it down": "information", "it went wrong": "warning"}
        assert not bench.reminders.busy()
        await pilot.press("4", "enter")
        await stage_until(pilot, lambda: bench.reminders.busy())
        await still.leave()
