"""The host's own figures as lines of styled text, in the manner of the GPUs' rows."""

from __future__ import annotations

from collections.abc import Callable

from mlws_tui.domain.gpus import GpuFrame, History, HostSample
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.cells import Line, Span, fit
from mlws_tui.ui.widgets.meter import bar, course, levels

_LABEL = 7
_FACTS = 15
_UNITS = ("B", "K", "M", "G", "T", "P")


def host_lines(frame: GpuFrame, histories: Callable[[str], History], width: int, height: int) -> list[Line]:
    """As many of the host's lines as fit, the most telling first."""
    system = frame.system
    if system is None:
        return []
    lines = [
        _line("CPU", system.cpu, _cores(system), width, course_of=(histories("cpu"), frame.at)),
        _line(
            "Memory",
            system.memory_used / max(1, system.memory_total),
            _of(system.memory_used, system.memory_total),
            width,
            course_of=(histories("memory"), frame.at),
        ),
        _load(system, width, histories("load"), frame.at),
        _disk(system, width),
    ]
    if system.swap_total:
        share = system.swap_used / system.swap_total
        lines.append(_line("Swap", share, _of(system.swap_used, system.swap_total), width))
    if len(system.cores) > 1 and width > _LABEL:
        lines.append(_each_core(system.cores, width))
    return lines[: max(0, height)]


def size(amount: int) -> str:
    """A size in three digits at most, in powers of 1024: ``61G``, ``1.2T``."""
    value = float(amount)
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.1f}{unit}" if unit in "TP" and value < 10 else f"{value:.0f}{unit}"
        value /= 1024
    return ""


def _line(
    label: str,
    share: float,
    facts: str,
    width: int,
    *,
    course_of: tuple[History, float] | None = None,
    note: str = "",
) -> Line:
    spans = [Span(fit(label, _LABEL), "muted"), Span(fit(f"{share:.0%}", 4, right=True) + " ")]
    rest = width - _LABEL - 5 - _FACTS - 2
    if rest < 6:
        return (*spans, Span(fit(facts, max(0, width - _LABEL - 5)), "muted"))
    long = max(6, min(30, rest * 6 // 10 if rest < 34 else rest * 40 // 100))
    full = share > 0.95 and label in ("Memory", "Disk")
    spans += [
        Span(bar(share, long), "bar"),
        Span(" " + fit(facts, _FACTS, right=True) + " ", "warn" if full else "text"),
    ]
    left = rest - long
    if course_of is not None and left > 2:
        spans.append(Span(course(course_of[0], course_of[1], left), "course"))
    elif note and left > 2:
        spans.append(Span(fit(note, left), "muted"))
    return tuple(spans)


def _load(system: HostSample, width: int, history: History, at: float) -> Line:
    share = system.load[0] / max(1, len(system.cores))
    return _line(
        "Load",
        min(9.99, share),
        " ".join(f"{load:.1f}" for load in system.load),
        width,
        course_of=(history, at),
    )


def _disk(system: HostSample, width: int) -> Line:
    use = system.disk.value
    if use is None:
        return Span(fit("Disk", _LABEL), "muted"), Span(
            fit(system.disk.reason, max(0, width - _LABEL)), "muted"
        )
    share = use.used / max(1, use.used + use.free)
    return _line("Disk", share, _of(use.used, use.total), width, note=safe_text(use.path))


def _each_core(cores: tuple[float, ...], width: int) -> Line:
    """One cell a core; where there are more cores than cells, each cell is the mean of a few."""
    room = width - _LABEL
    group = -(-len(cores) // room)
    means = [sum(cores[at : at + group]) / len(cores[at : at + group]) for at in range(0, len(cores), group)]
    return Span(fit("Cores", _LABEL), "muted"), Span(levels(means), "course")


def _cores(system: HostSample) -> str:
    return f"{len(system.cores)} core{'s' if len(system.cores) != 1 else ''}"


def _of(used: int, total: int) -> str:
    return f"{size(used)}/{size(total)}"
