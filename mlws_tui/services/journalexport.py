"""The journal for others: some of its days as Markdown, as one HTML page, or as a JSON document."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from mlws_tui.config.workspace import Workspace
from mlws_tui.domain.errors import UsageError
from mlws_tui.domain.journal import Day, Journal
from mlws_tui.domain.journalitems import in_code, items_of
from mlws_tui.domain.links import links_of
from mlws_tui.services.journal import readable
from mlws_tui.services.logplaces import entries
from mlws_tui.sources import files


def days_between(journal: Journal, since: date | None, until: date | None) -> list[Day]:
    """The entries from a day to another, both included, in the order of the file."""
    return [
        day
        for day in journal.days
        if (since is None or day.date >= since) and (until is None or day.date <= until)
    ]


def as_markdown(journal: Journal, days: Sequence[Day]) -> bytes:
    """The bytes of the entries as they are."""
    starts = journal.outline.starts
    return b"".join(journal.data[starts[day.line_start] : starts[day.line_end]] for day in days)


def as_document(journal: Journal, days: Sequence[Day], path: str) -> dict[str, object]:
    """The entries as a JSON document: sections, and their bullets with what each links to. Lines count from 1."""
    return {"path": path, "days": [_day(journal, day) for day in days]}


def as_html(workspace: Workspace, journal: Journal, days: Sequence[Day], folder: Path) -> bytes:
    """The entries as one page that needs no other file and runs no script.

    Args:
        workspace: Whose journal it is; its logs and sessions are linked to where they exist.
        journal: The journal.
        days: The entries.
        folder: Where the page will lie: links to files are relative to it.
    """
    from mlws_tui.services.journalpage import Places, page

    logs = [workspace.relative(entry.path) for entry in entries(workspace.logs)]
    texts = [(day.date.isoformat(), readable(journal.text(day.line_start, day.line_end))) for day in days]
    return page(texts, Places(workspace.root, folder, logs)).encode("utf-8")


def write(workspace: Workspace, target: Path, data: bytes, *, force: bool) -> None:
    """Write an export; a reader sees the old file or the whole new one.

    Args:
        workspace: Whose journal it is: that file is never written over.
        target: The new file.
        data: Its bytes.
        force: Whether a file of that name may be replaced.

    Raises:
        UsageError: if the target is the journal itself, or is there and may not be replaced.
        MlwsError: if it cannot be written; what was there is still there.
    """
    if target.resolve() == workspace.journal.resolve() or _same(target, workspace.journal):
        raise UsageError(f"{target} is the journal itself", hint="choose another name for the export")
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}", hint="make it first, or choose another place")
    if force and target.exists():
        files.save(target, data, files.read(target))
        return
    there = UsageError(f"{target} is there already", hint="--force replaces it")
    if os.path.lexists(target):
        raise there
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    files.create(temporary, data)
    try:
        os.link(temporary, target)  # unlike a rename it takes nobody's place
    except FileExistsError:
        raise there from None
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _day(journal: Journal, day: Day) -> dict[str, object]:
    sections = journal.sections(day)
    first = sections[0].line_start if sections else day.line_end
    return {
        "date": day.date.isoformat(),
        "heading": readable(day.heading.title),
        "line_start": day.line_start + 1,
        "line_end": day.line_end,
        "bullets": _bullets(journal, day.heading.end, first),
        "sections": [
            {
                "title": readable(section.title),
                "line_start": section.line_start + 1,
                "line_end": section.line_end,
                "bullets": _bullets(journal, section.heading.end, section.line_end),
            }
            for section in sections
        ],
        "text": readable(journal.text(day.line_start, day.line_end)),
    }


def _bullets(journal: Journal, first: int, end: int) -> list[dict[str, object]]:
    return [
        {
            "line": item.line + 1,
            "depth": item.depth,
            "text": readable(item.text),
            "task": item.state or None,
            "links": [
                {"kind": link.kind, "target": readable(link.target)}
                for line, code in zip(lines, in_code(lines), strict=True)
                if not code
                for link in links_of(line)
            ],
        }
        for item in items_of(journal, first, end)
        for lines in [item.text.split("\n")]
    ]
