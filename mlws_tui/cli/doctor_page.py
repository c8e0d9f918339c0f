"""What the doctor found, as a page for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from mlws_tui.domain.checkup import BrokenLink, Check, Deed, Level, Report
from mlws_tui.domain.text import cell_width, safe_text

#: Each level has a sign and a colour; the sign alone tells.
_SIGNS = {Level.OK: ("✓", "green"), Level.ADVICE: ("!", "yellow"), Level.PROBLEM: ("✗", "red")}
_NARROWEST = 20
#: Broken links that are listed.
_LISTED = 20


def page(
    report: Report, deeds: Sequence[Deed], *, root: str, width: int, fixing: bool = False
) -> Iterator[str]:
    """The lines of the page, safe for a terminal; none is wider than `width` but for words that are.

    Args:
        report: What was found.
        deeds: What was done before.
        root: The workspace.
        width: In cells.
        fixing: Whether mending was asked for, so that it is said where there was nothing to mend.
    """
    yield click.style(safe_text(root), bold=True)
    if deeds or fixing:
        yield from ("", click.style("Done", bold=True))
        yield from _deeds(deeds, width)
    label = max((cell_width(check.name) for check in report.checks()), default=0)
    for group in report.groups:
        yield from ("", click.style(group.title, bold=True))
        for check in group.checks:
            yield from _check(check, label, width)
    if report.broken:
        yield from ("", click.style("Links that lead nowhere", bold=True))
        for link in report.broken[:_LISTED]:
            yield from _link(link, width)
        if (more := len(report.broken) - _LISTED) > 0:
            yield f"  and {more:,} more: --json lists them all"
    yield ""
    yield from _summary(report, width)


def _check(check: Check, label: int, width: int) -> Iterator[str]:
    sign, color = _SIGNS[check.level]
    indent = 2 + 2 + label + 2
    lines = wrapped(safe_text(check.message), width - indent)
    name = f"{check.name}{' ' * (label - cell_width(check.name))}"
    name = click.style(name, dim=True) if check.level is Level.OK else name
    yield f"  {click.style(sign, fg=color, bold=not check.ok)} {name}  {lines[0]}"
    yield from (f"{' ' * indent}{line}" for line in lines[1:])
    yield from _hint(check.hint, indent, width)


def _hint(hint: str, indent: int, width: int) -> Iterator[str]:
    if hint:
        first, *others = wrapped(safe_text(hint), width - indent - 2)
        yield f"{' ' * indent}{click.style('→ ' + first, fg='cyan')}"
        yield from (f"{' ' * (indent + 2)}{click.style(line, fg='cyan')}" for line in others)


def _link(link: BrokenLink, width: int) -> Iterator[str]:
    where = link.path if link.line is None else f"{link.path}, line {link.line}"
    sign, color = _SIGNS[Level.ADVICE]
    first, *others = wrapped(safe_text(where), width - 4)
    yield f"  {click.style(sign, fg=color)} {first}"
    yield from (f"    {line}" for line in others)
    yield from (f"    {line}" for line in wrapped(safe_text(link.target), width - 4))
    yield from _hint(link.hint, 4, width)


def _deeds(deeds: Sequence[Deed], width: int) -> Iterator[str]:
    if not deeds:
        yield "  there was nothing to mend"
    for deed in deeds:
        sign, color = _SIGNS[Level.OK if deed.ok else Level.PROBLEM]
        first, *others = wrapped(safe_text(deed.message), width - 4)
        yield f"  {click.style(sign, fg=color)} {first}"
        yield from (f"    {line}" for line in others)


def _summary(report: Report, width: int) -> Iterator[str]:
    problems, hints = report.count(Level.PROBLEM), report.count(Level.ADVICE)
    made = sum(1 for _ in report.checks())
    wrong = dict.fromkeys(check.name for check in report.checks() if not check.ok)
    word = "problem" if problems == 1 else "problems"
    found = [f"{problems} {word} ({', '.join(wrong)})"] if problems else []
    if hints:
        found.append(f"{hints} {'piece' if hints == 1 else 'pieces'} of advice")
    worst = Level.PROBLEM if problems else Level.OK
    sign, color = _SIGNS[worst]
    told = ", ".join(found) if problems else ", ".join(["all is well", *found])
    lines = wrapped(f"{told} · {made} check{'' if made == 1 else 's'}", width - 2)
    yield from (
        click.style(f"{before} {line}", fg=color, bold=True)
        for before, line in zip((sign, *" " * (len(lines) - 1)), lines, strict=True)
    )


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of so many cells, parted at spaces; a longer word has a line of its own. Never empty."""
    width = max(_NARROWEST, width)
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and cell_width(longer) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]
