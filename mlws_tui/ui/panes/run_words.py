"""Words and lines that the page of a run and the facts beside the list have in common."""

from __future__ import annotations

import time
from collections.abc import Iterable

from mlws_tui.domain.metricnames import visible
from mlws_tui.domain.runs import RunEvent
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import as_words
from mlws_tui.ui.widgets.cells import Line, Span, fit

#: Cells of a label.
LABEL = 12
#: Characters of one thing that are laid out; nobody reads more of it here.
_TEXT = 2000


def short(text: str) -> str:
    """Safe text of a length that can be laid out at once."""
    return safe_text(text if len(text) <= _TEXT else f"{text[:_TEXT]}…")


def titled(name: str) -> str:
    """The name of a metric, as it can be seen."""
    return short(visible(name))


def fact(label: str, value: str) -> Line:
    """A label and what there is to say of it."""
    return (Span(f"{short(label):<{LABEL}}", "muted"), Span(short(value)))


def more(words: str, command: str = "mlws-tui runs show") -> Line:
    """What is left out, and what shows all of it."""
    return (Span(f"… {words}: {command} has all", "muted"),)


def tail(path: str, width: int) -> str:
    """A path in exactly this many cells; of a longer one the end, which tells files apart."""
    told = short(path)
    return fit(told if len(told) <= width else f"…{told[1 - width :]}", width)


def moment(ts: float) -> str:
    """A moment in local time, to the second."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(ts))
    except (OverflowError, ValueError, OSError):  # no moment of any calendar
        return "-" * 19


def happening(one: RunEvent) -> Line:
    """An event, alert, note or artifact in a line."""
    style = "warn" if one.type == "alert" else "text"
    return (
        Span(f"{moment(one.ts)[11:]} {one.type:<9}", "muted"),
        Span(short(one.name), style),
        *_details(one),
    )


def _details(one: RunEvent) -> Iterable[Span]:
    """An event's data in brief; a note or an alert is its text."""
    text = one.data.get("text")
    if one.type in ("note", "alert") and isinstance(text, str):
        yield Span((" " if one.name else "") + short(text))
        return
    data = {
        key: value for key, value in one.data.items() if key not in ("path", "told") or one.type != "artifact"
    }
    if data:
        told = ", ".join(f"{key} {as_words(value)}" for key, value in data.items())
        yield Span(f"  {short(told)}", "muted")
    if one.type == "artifact" and one.data.get("told") == "log":
        yield Span("  told by the log", "muted")
