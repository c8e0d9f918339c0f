"""The whole page of a run as rows."""

from __future__ import annotations

from mlws_tui.domain.runpages import RunPageFacts, untold
from mlws_tui.domain.words import counted
from mlws_tui.ui.panes.run_agent import happening_rows, timeline_rows, total_rows
from mlws_tui.ui.panes.run_links import (
    alert_lines,
    artifact_lines,
    lineage_lines,
    link_lines,
    process_lines,
)
from mlws_tui.ui.panes.run_sections import (
    environment_rows,
    error_lines,
    head_rows,
    metric_lines,
    origin_lines,
    problem_lines,
    rows_of,
    section,
    told_lines,
    tree_rows,
)
from mlws_tui.ui.panes.run_words import short
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.sections import Row

NOTES = "notes"
#: Lines of notes that are shown; the editor has all of them.
_NOTES = 400


def page_rows(facts: RunPageFacts, width: int) -> tuple[list[Row], set[str]]:
    """The rows of a page, and the keys of the branches that are folded at first.

    Args:
        facts: What is known.
        width: Cells that a row may take.
    """
    run = facts.run
    config, folded = tree_rows(run.config, "config", untold(facts.ranks).mark)
    summary, more = tree_rows(run.summary, "summary")
    environment, packages = environment_rows(run)
    folded |= more | packages
    rows = head_rows(facts)
    rows += section("What went wrong", "error", rows_of("error", error_lines(run, facts.now)))
    rows += section("Metrics", "metrics", rows_of("metrics", metric_lines(facts, width)))
    if facts.totals.of_an_agent:
        rows += section("Agent", "agent", total_rows(facts.totals))
        turns, shut = timeline_rows(facts, width)
        rows += section("Timeline", "timeline", turns)
        folded |= shut
    rows += section("Notes", NOTES, _notes(facts), "e edits them")
    rows += section("Config", "config", config)
    rows += section("Summary", "summary", summary)
    rows += section(
        "Artifacts", "artifacts", rows_of("artifacts", artifact_lines(facts, width)), _files(facts)
    )
    rows += section("Alerts", "alerts", rows_of("alerts", alert_lines(facts)))
    rows += section("Links", "links", rows_of("links", link_lines(facts)))
    rows += section("Lineage", "lineage", rows_of("lineage", lineage_lines(facts)), "L shows the tree")
    rows += section("Told by its log", "told", rows_of("told", told_lines(run.told)))
    rows += section("Processes", "processes", rows_of("processes", process_lines(facts)))
    rows += section("Origin", "origin", rows_of("origin", origin_lines(run)))
    rows += section("Environment", "environment", environment)
    if not facts.totals.of_an_agent:
        rows += section("What happened", "timeline", happening_rows(facts), _counted(facts))
    rows += section("Problems", "problems", rows_of("problems", problem_lines(run)))
    return rows, folded


def _notes(facts: RunPageFacts) -> list[Row]:
    lines = facts.run.notes.splitlines()
    rows = [
        Row((Span(f"  {short(line)}"),), f"{NOTES}/{n}", (NOTES,)) for n, line in enumerate(lines[:_NOTES])
    ]
    if not rows:
        rows = [Row((Span("  none yet", "muted"),), f"{NOTES}/0", (NOTES,))]
    if len(lines) > _NOTES:
        rows.append(
            Row((Span(f"  … {len(lines) - _NOTES:,} lines more: e shows them", "muted"),), f"{NOTES}/more")
        )
    for place, one in enumerate(facts.remarks):
        words = short(str(one.data.get("text") or ""))
        rows.append(Row((Span("  logged  ", "muted"), Span(words)), f"{NOTES}/logged/{place}", (NOTES,)))
    return rows


def _files(facts: RunPageFacts) -> str:
    lost = sum(one.present is False and one.bytes is not None for one in facts.artifacts)
    lacking = sum(one.present is False and one.bytes is None for one in facts.artifacts)
    told = [counted(len(facts.artifacts) + facts.more_artifacts, "file")]
    told += [f"{lost:,} no longer there"] if lost else []
    told += [f"{lacking:,} not there"] if lacking else []
    return ", ".join(told)


def _counted(facts: RunPageFacts) -> str:
    told = [counted(count, kind) for kind, count in facts.totals.kinds.items()]
    return ", ".join(told)
