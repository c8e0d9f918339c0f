"""The page of a run, read from streams, files and what people wrote."""

from __future__ import annotations

import os
from datetime import date

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.runmarkdown import run_markdown
from mlws_tui.ui.panes.run_facts import fact_lines
from mlws_tui.ui.panes.run_page_rows import page_rows
from tests.pages.kit import AGENT, BASE, CHILD, FORK, bench_of, family
from tests.runs.kit import HOSTILE, alive, begun, ended, metrics, record
from tests.ui.stage import NOW


async def test_all_that_is_known_of_a_run(workspace: Workspace) -> None:
    family(workspace)
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page("lora-16")
        told = {one.name: one for one in facts.metrics}
        loss, accuracy = told["loss"], told["accuracy"]
        assert (loss.best, loss.best_step, loss.lower, loss.first_step) == (0.3, 80, True, 1)
        assert (accuracy.best_step, accuracy.lower, accuracy.latest.count) == (80, False, 100)
        assert [(one.path, one.present, one.now, one.said) for one in facts.artifacts] == [
            ("checkpoints/best.pt", True, 2048, ""),
            ("checkpoints/last.pt", False, None, "it is no longer there"),
        ]
        assert [(one.kind, one.when, one.line) for one in facts.mentions] == [
            ("journal", date(2026, 11, 19), 12),
            ("session", date(2026, 11, 19), 5),
            ("journal", date(2026, 11, 18), 6),
        ]
        assert facts.log is not None and facts.log.present and facts.log.bytes == 1600
        assert facts.kin.relations == (("fork", FORK),) and facts.kin.names[FORK] == "lora-8"
        assert [one.number for one in facts.attempts] == [1] and facts.run.gpu_hours(facts.now) == 6010 / 3600
        assert (facts.totals.kinds, len(facts.alerts), len(facts.remarks)) == (
            {"alert": 1, "note": 1, "artifact": 2}, 1, 1,
        )  # fmt: skip
        # What is written meanwhile is found, and a file that changed says so.
        with workspace.journal.open("a") as journal:
            journal.write(f"- and {BASE} once more\n")
        (workspace.root / "checkpoints/best.pt").write_bytes(b"x" * 10)
        again = await bench.runpages.page(BASE)
        assert len(again.mentions) == 4 and again.artifacts[0].said == "now 10 B"
        markdown = run_markdown(facts)
        assert "| loss | 0.500 | 0.300 | 80 |" in markdown and "`checkpoints/last.pt`" in markdown


async def test_an_agents_run_is_counted_whole_and_shown_by_pages(workspace: Workspace) -> None:
    family(workspace)
    extra = [
        {"type": "event", "ts": NOW - 3000 + i / 10, "name": "tool_call", "data": {"tool": "early"}}
        for i in range(300)
    ]
    record(workspace, AGENT, *extra)
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page(AGENT)
        totals = facts.totals
        assert (totals.interactions, totals.failed_interactions, totals.retries) == (3, 1, 3)
        assert (totals.calls, totals.failed_calls) == (306, 3)
        assert (totals.input_tokens, totals.output_tokens) == (3000, 600)
        assert totals.latency is not None and (totals.latency.mean, totals.latency.max) == (9.0, 10.0)
        assert (len(facts.events), facts.earlier, facts.later) == (200, 115, 0)
        before = await bench.runpages.page(AGENT, before=200)
        assert (len(before.events), before.earlier, before.later) == (115, 0, 200)
        assert before.events[-1].ts < facts.events[0].ts


async def test_ranks_and_attempts(workspace: Workspace) -> None:
    run = "20261120-090000-many"
    for rank in range(3):
        head = begun(run, NOW - 500, rank=rank, world_size=3, attempt=2, **alive())
        record(workspace, run, head, metrics(10 + rank, NOW - 400, loss=1.0), file=f"h-{rank}-b.jsonl")
    first = begun(run, NOW - 900, attempt=1)
    record(workspace, run, first, ended(NOW - 600, "failed", exit_code=1), file="h-9-a.jsonl")
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page(run)
    assert [(one.attempt, one.rank, one.state, one.step) for one in facts.ranks] == [
        (2, 0, "running", 10), (2, 1, "running", 11), (2, 2, "running", 12), (1, 0, "failed", None),
    ]  # fmt: skip
    assert [(one.number, one.state, one.ended) for one in facts.attempts] == [
        (1, "failed", NOW - 600), (2, "running", None),
    ]  # fmt: skip
    assert facts.ranks[0].pid == os.getpid()


async def test_a_hostile_run_is_shown_harmless_and_cut(workspace: Workspace) -> None:
    run = "20261120-090000-odd"
    config = {f"group{i}": {f"key{j}": HOSTILE for j in range(60)} for i in range(90)}
    record(
        workspace,
        run,
        begun(
            run,
            NOW - 50,
            name=HOSTILE,
            config=config | {HOSTILE: 1},
            cmd=[HOSTILE],
            environment={"packages": 3},
        ),
        {"type": "artifact", "ts": NOW - 40, "path": "../../" + HOSTILE, "kind": HOSTILE, "bytes": "many"},
        {"type": "artifact", "ts": NOW - 40, "path": "nul\0byte", "kind": 5},
        {
            "type": "event",
            "ts": NOW - 30,
            "name": "interaction",
            "data": {"question": HOSTILE, "latency": "soon"},
        },
        {"type": "event", "ts": NOW - 30, "name": "tool_call", "data": ["no mapping"]},
        {"type": "alert", "ts": NOW - 20, "level": None, "title": [HOSTILE]},
        {"type": "set", "ts": NOW - 10, "by": "x", "notes": (HOSTILE + "\n") * 3000},
    )
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page(run)
    rows, _ = page_rows(facts, 60)
    told = "".join(span.text for row in rows for span in row.line)
    assert "\x1b" not in told and "\x07" not in told and "evil␛]52" in told
    leaves = sum(row.key.startswith("config/") and not row.branch for row in rows) - 1
    assert len(rows) < 3000 and f"{5401 - leaves:,} more: mlws-tui runs show has all" in told
    assert "2,600 lines more: e shows them" in told
    assert run_markdown(facts).count("\x1b") == 0


async def test_a_metric_without_a_name_can_be_seen(workspace: Workspace) -> None:
    record(workspace, CHILD, begun(CHILD, NOW - 9), metrics(1, NOW - 8, **{"": 1.0, "loss": 2.0}))
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page(CHILD)
    rows, _ = page_rows(facts, 60)
    assert any('""' in span.text for row in rows for span in row.line)
    told = fact_lines(facts.run, (), NOW)
    assert any('""' in span.text for line in told for span in line)


async def test_a_run_of_which_nothing_is_known(workspace: Workspace) -> None:
    record(workspace, CHILD, begun(CHILD, NOW - 9))
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page("@last")
        rows, folded = page_rows(facts, 80)
    assert (facts.metrics, facts.artifacts, facts.mentions, facts.log, facts.earlier) == ((), (), (), None, 0)
    assert not folded and {row.key for row in rows if row.title} >= {"error", "notes", "origin"}


async def test_what_a_fork_was_to_be_is_none_of_its_processes(workspace: Workspace) -> None:
    run = "20261120-090000-fork"
    record(workspace, run, begun(run, NOW - 900, pid=None), file="h-1-a.jsonl")
    record(workspace, run, begun(run, NOW - 500, role="wrapper"), file="h-2-b.jsonl")
    foreign = (begun(run, NOW - 500, pid=None, rank=1), metrics(3, NOW - 400, loss=1.0))
    record(workspace, run, *foreign, file="h-3-c.jsonl")
    async with bench_of(workspace) as bench:
        facts = await bench.runpages.page(run)
    assert [(one.role, one.step) for one in facts.ranks] == [("wrapper", None), ("rank", 3)]
