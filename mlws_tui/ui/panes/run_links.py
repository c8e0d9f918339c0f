"""What a run left and where its page leads: files, processes, alerts, links and lineage."""

from __future__ import annotations

from rich.cells import cell_len

from mlws_tui.domain.figures import age, figure
from mlws_tui.domain.runpages import Artifact, RunPageFacts
from mlws_tui.domain.sizes import size_words
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.panes.run_sections import MOST, Lines
from mlws_tui.ui.panes.run_words import LABEL, moment, more, short, tail
from mlws_tui.ui.widgets.cells import Line, Span, fit


def artifact_lines(facts: RunPageFacts, width: int) -> Lines:
    """Files with their sizes, and what became of each."""
    name = min(max(20, width - 40), max((cell_len(short(one.path)) for one in facts.artifacts), default=0))
    for one in facts.artifacts[-MOST:]:
        yield one.path, _artifact(one, name), None
    before = facts.more_artifacts + max(0, len(facts.artifacts) - MOST)
    if before:
        yield "more", more(f"{before:,} before those"), None


def _artifact(one: Artifact, name: int) -> Line:
    size = "" if one.bytes is None else size_words(one.bytes)
    gone = one.present is False
    said = " · ".join(filter(None, (one.said, "told by the log" if one.told else "")))
    return (
        Span(f"{'✗' if gone else '?' if one.present is None else '✓'} ", "bad" if gone else "good"),
        Span(tail(one.path, name) + "  ", "muted" if gone else "text"),
        Span(f"{short(one.kind):<11} {size:>9}  ", "muted"),
        Span(short(said), "warn"),
    )


def process_lines(facts: RunPageFacts) -> Lines:
    """The ranks and the wrapper, where there are several."""
    if len(facts.ranks) < 2:
        return
    styles = {"running": "live", "completed": "good", "failed": "bad", "gone": "bad", "silent": "warn"}
    host = min(24, max(cell_len(short(one.host)) for one in facts.ranks))
    for one in facts.ranks[:MOST]:
        who = f"rank {one.rank}" if one.role == "rank" else one.role
        heard = "" if one.last is None else f"heard {age(max(0.0, facts.now - one.last))}"
        step = "" if one.step is None else f"step {figure(one.step, 5)}"
        attempt = f"  attempt {one.attempt}" if len(facts.attempts) > 1 else ""
        yield (
            f"{one.attempt}.{one.role}.{one.rank}.{one.pid}",
            (
                Span(f"{who:<9} ", "text"),
                Span(f"{one.state or '–':<10}", styles.get(one.state, "muted")),
                Span(
                    f"{step:<12} {fit(short(one.host), host)}  pid {one.pid or '–':<9} {heard}{attempt}",
                    "muted",
                ),
            ),
            None,
        )


def link_lines(facts: RunPageFacts) -> Lines:
    """The log, and the lines of the journal and of session logs that speak of the run; each leads there."""
    if (log := facts.log) is not None:
        size = "it is no longer there" if not log.present else size_words(log.bytes or 0)
        packed = " · packed" if log.packed else ""
        line = (
            Span(f"{'log':<{LABEL}}", "muted"),
            Span(short(log.path), "link" if log.present else "muted"),
            Span(f"  {size}{packed}", "muted" if log.present else "warn"),
        )
        yield "log", line, Jump("log", facts.run.id) if log.present else None
    for one in facts.mentions:
        day = one.when.isoformat() if one.when else ""
        target = day if one.kind == "journal" else one.path
        jump = Jump("journal" if one.kind == "journal" else "session", target, one.line) if target else None
        name = day if one.kind == "journal" else one.path.rpartition("/")[2].removesuffix(".md")
        yield (
            f"{one.path}:{one.line}",
            (
                Span(f"{one.kind:<{LABEL}}", "muted"),
                Span(short(name or one.path), "link"),
                Span(f"  {short(one.snippet)}"),
            ),
            jump,
        )


def lineage_lines(facts: RunPageFacts) -> Lines:
    """What it was forked from, and what was forked from it; each leads there."""
    words = {"parent": "forked from", "launched_by": "started by", "fork": "fork", "launched": "started"}
    for relation, other in facts.kin.relations[:MOST]:
        name = facts.kin.names.get(other)
        line = (
            Span(f"{words[relation]:<{LABEL}}", "muted"),
            Span(short(name or other), "link" if name else "muted"),
            Span(f"  {short(other) if name else 'it is gone'}", "muted"),
        )
        yield f"{relation}.{other}", line, Jump("run", other) if name else None


def alert_lines(facts: RunPageFacts) -> Lines:
    """Alerts, the newest last."""
    for one in facts.alerts:
        level = short(str(one.data.get("level") or ""))
        words = ": ".join(str(one.data[key]) for key in ("title", "text") if one.data.get(key))
        style = "bad" if level.lower() in ("error", "critical") else "warn"
        yield (
            "",
            (Span(f"{moment(one.ts)[11:]} ", "muted"), Span(f"{level:<6}", style), Span(short(words))),
            None,
        )
