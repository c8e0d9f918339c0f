"""Reviews of a fortnight of work: what they tell, and where they are written."""

from __future__ import annotations

from datetime import date

import pytest

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.changes import Change, FileChanged
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.reviewmarkdown import energy_words, markdown
from mlws_tui.domain.reviewruns import by_month
from mlws_tui.domain.runs import RunState
from tests.pages.kit import bench_of
from tests.review.kit import BETTER, LIVE, LONG, OLD, OOM, WORSE, fortnight
from tests.runs.kit import begun, ended, metrics, record
from tests.ui.stage import NOW

FIRST, LAST = date(2026, 11, 14), date(2026, 11, 20)


async def test_a_week(workspace: Workspace) -> None:
    fortnight(workspace)
    async with bench_of(workspace) as bench:
        review = await bench.review.week(FIRST, LAST)
        assert [(one.label, len(one.runs)) for one in review.outcomes] == [
            ("completed", 2),
            ("running", 1),
            ("KeyError", 1),
            ("out of memory", 1),
            ("stopped", 1),
        ]
        writing = review.writing
        assert (writing.days, writing.written, writing.streak, writing.longest) == (7, 3, 2, 2)
        assert [(gap.date.day, gap.runs) for gap in writing.gaps] == [(15, 1), (17, 2), (18, 1)]
        # 2 × 24 h, then 2 h, 1 h, 10 min, and 2 h of the one that goes on
        assert review.gpu_hours == pytest.approx(48 + 2 + 1 + 1 / 6 + 2)
        assert [(one.name, one.runs) for one in review.by_experiment] == [
            ("pretraining", 1),
            ("reviews", 4),
            ("", 1),
        ]
        by_day = {one.date.day: one for one in review.by_day}
        first, second = by_day[15], by_day[16]
        assert (first.gpu_hours or 0) + (second.gpu_hours or 0) == pytest.approx(50)
        assert first.runs == 1 and second.runs == 2 and second.written and second.line == 15
        (best,) = review.best
        assert (best.name, best.metric, best.value, best.run, best.before, best.change) == (
            "reviews", "val/loss", 0.30, BETTER, 0.40, "better",
        )  # fmt: skip
        assert review.energy is not None and review.energy.joules == pytest.approx(500 * 7200)
        assert energy_words(review.energy) == "energy 1 kWh (measured of 1 of 5 runs)"
        assert [one.kind for one in review.insights] == ["insight", "learning"]
        assert [one.text for one in review.standing] == ["Does *packing* hurt?", "the second GPU throttles"]
        tasks = review.tasks
        assert [one.words for one in tasks.done] == ["compare r=8 and r=16"]
        assert [one.words for one in tasks.open] == ["clean the data", "look at lora-32 by 2026-11-19"]
        assert [one.date.day for one in tasks.overdue] == [20]
        assert [(one.why, one.run) for one in review.ideas] == [
            ("said", ""),
            ("result", BETTER),
            ("insight", ""),
        ]
        assert [one.title for one in review.sessions] == ["Two days of Pretraining"]


async def test_only_the_part_of_a_run_within_the_days_counts(workspace: Workspace) -> None:
    fortnight(workspace)
    async with bench_of(workspace) as bench:
        sunday = await bench.review.week(date(2026, 11, 15), date(2026, 11, 15))
        (run,) = sunday.runs
        assert run.run.id == LONG and run.state is RunState.RUNNING  # at the end of that day it still was
        assert run.gpu_hours == pytest.approx(2 * (24 - 9 - 41 / 60 - 23 / 3600))
        assert sunday.energy is not None and energy_words(sunday.energy) == "energy: not measured"
        before = await bench.review.quick(date(2026, 11, 1), date(2026, 11, 7))
        assert [one.run.id for one in before.runs] == [OLD] and before.best[0].change == "first"
        assert before.energy is None and before.standing == ()
        half_a_year = await bench.review.quick(date(2026, 6, 1), LAST)
        assert half_a_year.span.long
        (month,) = by_month(half_a_year.runs, half_a_year.span, half_a_year.now, half_a_year.by_day)
        assert (month.date, month.runs, month.written) == (date(2026, 11, 1), 7, True)
        assert month.gpu_hours == pytest.approx(half_a_year.gpu_hours)
        with pytest.raises(UsageError):
            await bench.review.week(LAST, FIRST)


async def test_nothing_at_all(workspace: Workspace) -> None:
    async with bench_of(workspace) as bench:
        review = await bench.review.week(FIRST, LAST)
        assert review.gpu_hours is None and review.runs == () and review.by_day == ()
        assert markdown(review).splitlines()[2:] == ["- 0 of 7 days written"]


async def test_an_experiment_that_a_session_names_is_no_idea(workspace: Workspace) -> None:
    fortnight(workspace)
    path = workspace.sessions / "2026-11-18-pretraining.md"
    async with bench_of(workspace) as bench:
        for told, ideas in ((BETTER, 0), ("about Reviews.", 0), ("about reviews-2", 1)):
            path.write_text(f"# Session: x\n\n{told}\n")
            review = await bench.review.quick(FIRST, LAST)
            assert len([one for one in review.ideas if one.why == "result"]) == ideas, told


async def test_of_equal_results_that_of_a_completed_run_counts_and_a_failed_one_is_no_idea(
    workspace: Workspace,
) -> None:
    for name, experiment, status, took in (
        ("whole", "tied", "completed", 0.4),
        ("broken", "tied", "failed", 0.2),
        ("first", "lost-cause", "failed", 7200.0),
        ("second", "lost-cause", "failed", 60.0),
    ):
        run = f"20261119-100000-{name}"
        start = NOW - 80_000 + took
        record(
            workspace,
            run,
            begun(run, start, experiment=experiment, gpus=[]),
            metrics(1, start + took / 2, accuracy=0.5),
            ended(start + took, status),
        )
    async with bench_of(workspace) as bench:
        review = await bench.review.quick(FIRST, LAST)
        assert [(one.name, one.run_name, one.tried) for one in review.best][1] == (
            "tied", "whole", 2,
        )  # fmt: skip
        assert [one.text for one in review.ideas] == ["tied"]
        told = markdown(review)
    assert "- tied: accuracy **0.5000** in whole (`20261119-100000-whole`), no earlier" in told
    assert "(failed) (`20261119-100000-" in told
    assert "- lost-cause: 2 runs · 2h01m\n- tied: 2 runs · under 1s" in told
    assert "2h01m of run time · GPU-hours: not known" in told


async def test_hostile_names_stay_text(workspace: Workspace) -> None:
    run = "20261118-100000-x"
    record(
        workspace,
        run,
        begun(run, NOW - 90_000, name="a\x1b[2J*b* [x](y)", experiment="e|`<b>"),
        metrics(1, NOW - 89_999, accuracy=0.5),
        ended(NOW - 80_000),
    )
    workspace.journal.write_bytes(b"## 2026-11-19\n- Insight: \x1b[2J \xff\n")
    async with bench_of(workspace) as bench:
        told = markdown(await bench.review.week(FIRST, LAST))
    assert "\x1b" not in told and "\\*b\\* \\[x\\](y)" in told and "\\`\\<b\\>" in told
    told.encode()


async def test_it_is_written_into_today_once(workspace: Workspace) -> None:
    fortnight(workspace)
    before = workspace.journal.read_bytes()
    async with bench_of(workspace) as bench:
        heard: list[Change] = []
        bench.hub.subscribe(heard.append)
        review = await bench.review.week(FIRST, LAST)
        told, line = await bench.review.to_journal(review)
        assert told == "The review of 2026-11-14 to 2026-11-20 is in today's entry, under Review"
        assert FileChanged(workspace.journal) in heard
        after = workspace.journal.read_bytes()
        lines = after.decode().splitlines()
        place = lines.index("### Review")
        assert lines[place - 1] == "" and lines.index("### Next Steps") > place
        assert line == place + 2
        assert lines[place + 1] == "- Review of 2026-11-14 to 2026-11-20:"
        assert f"    - lora-64 (`{OOM}`): out of GPU memory: Tried to allocate 2.00 GiB" in lines
        assert "    - Blocker: the second GPU throttles (since 2026-11-16)" in lines
        kept = [line for line in lines if line not in before.decode().splitlines()]
        assert all(line in lines for line in before.decode().splitlines()) and len(kept) > 10
        with pytest.raises(
            UsageError, match="The review of 2026-11-14 to 2026-11-20 is in today's entry already"
        ):
            await bench.review.to_journal(review)
        assert workspace.journal.read_bytes() == after
        again = await bench.review.week(FIRST, LAST)  # what it says is not counted again
        assert [one.text for one in again.insights] == [one.text for one in review.insights]
        assert [one.text for one in again.standing] == [one.text for one in review.standing]
        assert [one.text for one in again.ideas] == [one.text for one in review.ideas]
        await bench.review.to_journal(await bench.review.week(date(2026, 11, 1), date(2026, 11, 30)))
        assert workspace.journal.read_text().count("### Review") == 1
        assert "- Review of November 2026:" in workspace.journal.read_text()


async def test_it_begins_a_session_log(workspace: Workspace) -> None:
    fortnight(workspace)
    async with bench_of(workspace) as bench:
        review = await bench.review.week(FIRST, LAST)
        made = await bench.review.to_session(review, "Week 47")
        text = made.path.read_text()
        assert made.name == "2026-11-20-week-47"
        assert "## Review of 2026-11-14 to 2026-11-20" in text and "### Best results" in text
        assert f"(`{BETTER}`), better than 0.4000 before" in text and WORSE not in text and LIVE not in text
        with pytest.raises(UsageError):
            await bench.review.to_session(review, " ")
