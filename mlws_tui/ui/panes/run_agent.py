"""The sections of an agent's run: what it comes to, and its interactions with their tool calls."""

from __future__ import annotations

from rich.cells import cell_len

from mlws_tui.domain.figures import figure
from mlws_tui.domain.runpages import RunPageFacts
from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.timeline import (
    INTERACTION,
    RETRY,
    TOKENS,
    TOOL_CALL,
    Totals,
    Turn,
    answered,
    asked,
    has_failed,
    seconds_of,
    tokens_of,
    tool_of,
    turns,
)
from mlws_tui.domain.words import as_words, counted
from mlws_tui.ui.panes.run_sections import indented
from mlws_tui.ui.panes.run_words import LABEL, fact, happening, moment, short
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.sections import Row

EARLIER, LATER = "timeline/earlier", "timeline/later"
#: Interactions up to which all of them are unfolded.
_FEW = 4
_BAR = 10
_TOOLS = 12
_LINE = 400  # characters of a question or an answer in a line


def total_rows(totals: Totals) -> list[Row]:
    """What all events of an agent come to."""
    lines: list[Line] = []
    bad = totals.failed_interactions
    lines.append(_counts("answered", counted(totals.interactions, "interaction"), bad))
    lines.append(_counts("tools", counted(totals.calls, "call"), totals.failed_calls))
    if totals.retries:
        lines.append(fact("tried again", counted(totals.retries, "time")))
    if totals.input_tokens or totals.output_tokens:
        both = totals.input_tokens + totals.output_tokens
        words = (
            f"{figure(both, 4)}: {figure(totals.input_tokens, 4)} in, {figure(totals.output_tokens, 4)} out"
        )
        lines.append(fact("tokens", words))
    if (took := totals.latency) is not None:
        words = f"mean {_took(took.mean)} · 95 of 100 within {_took(took.p95)} · longest {_took(took.max)}"
        lines.append(fact("latency", words))
    rows = [Row(indented(line), f"agent/{line[0].text.strip()}", ("agent",)) for line in lines]
    return [*rows, *_tools(totals)]


def _counts(label: str, words: str, failed: int) -> Line:
    told = fact(label, words)
    return (*told, Span(f" · {failed:,} failed", "bad")) if failed else told


def _tools(totals: Totals) -> list[Row]:
    """A bar for each tool, as long as its share of the calls."""
    shown = totals.tools[:_TOOLS]
    most = max((tool.calls for tool in shown), default=1)
    width = min(24, max((cell_len(short(tool.name)) for tool in shown), default=0))
    rows = []
    for tool in shown:
        failed = (Span(f" {tool.failed:,} failed", "bad"),) if tool.failed else ()
        line = (
            Span(f"{'':<{LABEL + 2}}{fit(short(tool.name), width)}  ", "muted"),
            *_bar(tool.calls / most),
            Span(f" {tool.calls:>6,}  {_took(tool.seconds)} in all", "text"),
            *failed,
        )
        rows.append(Row(line, f"agent/tools/{tool.name}", ("agent",)))
    return rows


def timeline_rows(facts: RunPageFacts, width: int) -> tuple[list[Row], set[str]]:
    """Interactions, each with its steps below it, and which of them are folded at first."""
    events = [one for one in facts.events if one.type == "event"]
    told = turns(events)
    longest = max((seconds_of(one.own.data) or 0.0 for one in told if one.own is not None), default=0.0)
    rows: list[Row] = []
    folded: set[str] = set()
    if facts.earlier:
        rows.append(_turner(f"{facts.earlier:,} earlier: enter shows them", EARLIER))
    numbered = [one for one in told if one.own is not None]
    for turn in told:
        if turn.own is None:
            rows += [_step(one, ("timeline",), place) for place, one in enumerate(turn.steps)]
            continue
        key = _key(turn.own)
        rows.append(Row(_interaction(turn, longest, width), key, ("timeline",), None, branch=True))
        rows += _inside(turn, key)
        if len(numbered) > _FEW and turn is not numbered[-1]:
            folded.add(key)
    if facts.later:
        rows.append(_turner(f"{facts.later:,} later: enter shows them", LATER))
    return rows, folded


def happening_rows(facts: RunPageFacts) -> list[Row]:
    """All that happened, in order of time, where no agent is at work."""
    rows = [_turner(f"{facts.earlier:,} earlier: enter shows them", EARLIER)] if facts.earlier else []
    for place, one in enumerate(facts.events):
        rows.append(Row(indented(happening(one)), f"timeline/{one.ts}/{one.type}/{place}", ("timeline",)))
    if facts.later:
        rows.append(_turner(f"{facts.later:,} later: enter shows them", LATER))
    return rows


def _turner(words: str, key: str) -> Row:
    return Row((Span(f"  … {words}", "link"),), key, ("timeline",))


def _key(event: RunEvent) -> str:
    return f"timeline/{event.ts!r}/{event.rank}"


def _interaction(turn: Turn, longest: float, width: int) -> Line:
    """Its time, how long it took, what it took, and what was asked."""
    assert turn.own is not None  # noqa: S101 - of the others no row is made
    data, seconds = turn.own.data, seconds_of(turn.own.data)
    given, out = tokens_of(data)
    calls = sum(one.name == TOOL_CALL for one in turn.steps)
    retries = sum(one.name == RETRY for one in turn.steps)
    parts = [counted(calls, "call")] if calls else []
    parts += [f"{retries} again"] if retries else []
    parts += [f"{figure(given + out)} tok"] if given or out else []
    share = (seconds or 0.0) / longest if longest else 0.0
    bar = _bar(share) if width >= 70 else ()
    time = f"{_took(seconds):>7} " if seconds is not None else ""
    return (
        Span(f"{moment(turn.own.ts)[11:]} ", "muted"),
        Span("✗ " if has_failed(data) else "✓ ", "bad" if has_failed(data) else "good"),
        *bar,
        Span(time, "text"),
        Span(short(_one_line(asked(data)) or INTERACTION), "strong"),
        *((Span(f"  {', '.join(parts)}", "muted"),) if parts else ()),
    )


def _inside(turn: Turn, key: str) -> list[Row]:
    """The steps of an interaction, then what it answered."""
    within = ("timeline", key)
    rows = [_step(one, within, place) for place, one in enumerate(turn.steps)]
    assert turn.own is not None  # noqa: S101 - as above
    words = answered(turn.own.data)
    if words:
        style = "bad" if has_failed(turn.own.data) else "text"
        label = "failed" if has_failed(turn.own.data) else "answer"
        rows.append(
            Row((Span(f"    {label:<8} ", "muted"), Span(short(words), style)), f"{key}/answer", within)
        )
    return rows


def _step(one: RunEvent, within: tuple[str, ...], place: int) -> Row:
    """A tool call, a retry, tokens, or another event."""
    key = f"{within[-1]}/{one.name}/{one.ts!r}/{place}"
    data, seconds = one.data, seconds_of(one.data)
    took = f"  {_took(seconds)}" if seconds is not None else ""
    if one.name == TOOL_CALL:
        failed = has_failed(data)
        back = answered(data)
        line: Line = (
            Span("    tool     ", "muted"),
            Span(short(tool_of(data)), "bad" if failed else "text"),
            Span(f" {short(_one_line(asked(data)))}", "muted"),
            *(
                (Span(f" {'✗' if failed else '→'} {short(_one_line(back))}", "bad" if failed else "text"),)
                if back
                else ()
            ),
            Span(took, "muted"),
        )
    elif one.name == RETRY:
        number = f" (attempt {as_words(data['attempt'])})" if data.get("attempt") is not None else ""
        words = f"{short(tool_of(data))}{short(number)}"
        line = (
            Span("    again    ", "muted"),
            Span(words, "warn"),
            Span(f"  {short(answered(data))}", "muted"),
        )
    elif one.name == TOKENS:
        given, out = tokens_of(data)
        line = (Span(f"    tokens   {figure(given, 4)} in, {figure(out, 4)} out", "muted"),)
    else:
        line = (Span("    "), *happening(one))
    return Row(line, key, within)


def _bar(share: float) -> tuple[Span, ...]:
    done = min(_BAR, max(0, round(share * _BAR)))
    return Span("━" * done, "live"), Span("─" * (_BAR - done) + " ", "muted")


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{figure(1000 * seconds, 2)}ms" if seconds < 1 else f"{figure(seconds)}s"


def _one_line(text: str) -> str:
    return " ".join(text[:_LINE].split())
