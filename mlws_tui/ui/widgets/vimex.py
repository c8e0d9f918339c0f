"""The lines that vim takes after a colon: save, leave, go to a line, and substitute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from mlws_tui.domain.textfind import TextQuery, find, replace
from mlws_tui.ui.widgets.editorsheet import Sheet, between, delete_rows, indent

_ASKS: dict[str, Literal["save", "leave", "discard"]] = {
    "w": "save", "write": "save", "up": "save", "update": "save", "wa": "save", "w!": "save",
    "q": "leave", "quit": "leave", "wq": "leave", "wq!": "leave", "x": "leave", "xit": "leave", "wqa": "leave",
    "qa": "leave", "xa": "leave", "exit": "leave",
    "q!": "discard", "quit!": "discard", "qa!": "discard", "e!": "discard", "edit!": "discard",
}  # fmt: skip
_PLACE = r"(?:\d+|\.|\$|'[a-z<>])(?:[+-]\d+)?"
_LINE = re.compile(
    rf"\s*(?P<range>%|(?P<first>{_PLACE})(?:\s*,\s*(?P<last>{_PLACE}))?)?\s*(?P<rest>.*)", re.DOTALL
)


class ExError(Exception):
    """The line says nothing, or what it says cannot be done: one sentence."""


def run_line(line: str, sheet: Sheet, marks: Mapping[str, int]) -> str:
    """Do what a line says.

    Args:
        line: What was typed after the colon.
        sheet: The text.
        marks: The rows of the marks, by their signs.

    Returns:
        The lines that were deleted or yanked; empty where none were.

    Raises:
        ExError: if it says nothing, or cannot be done.
    """
    said = _LINE.match(line)
    if said is None:
        raise ExError(f":{line} is no command")
    first, last = _rows(said, sheet, marks)
    rest = said["rest"].strip()
    if rest in _ASKS:
        sheet.ask(_ASKS[rest])
    elif rest in ("noh", "nohl", "nohlsearch"):
        sheet.look_for("", False)
    elif not rest:
        if said["range"]:
            sheet.cursor = last, indent(sheet.lines[last])
    elif rest in ("d", "delete", "y", "yank"):
        text = between(sheet.lines, (first, 0), (last, len(sheet.lines[last])))
        if rest[0] == "d":
            delete_rows(sheet, first, last)
        return text
    elif rest.split()[0] in ("se", "set"):
        raise ExError(":set sets nothing here; settings are in .mlws/config.yaml")
    elif rest[0] == "s" and len(rest) > 1 and not rest[1].isalnum() and not rest[1].isspace():
        _substitute(said["rest"].lstrip()[1:], sheet, first, last)
    else:
        raise ExError(f":{rest} is no command here")
    return ""


def _rows(said: re.Match[str], sheet: Sheet, marks: Mapping[str, int]) -> tuple[int, int]:
    end = len(sheet.lines) - 1
    if said["range"] == "%":
        return 0, end
    if not said["first"]:
        return sheet.cursor[0], sheet.cursor[0]
    rows = [_row(place, sheet, marks) for place in (said["first"], said["last"] or said["first"])]
    first, last = sorted(min(max(0, row), end) for row in rows)
    return first, last


def _row(place: str, sheet: Sheet, marks: Mapping[str, int]) -> int:
    more = re.search(r"[+-]\d+\Z", place)
    base = place[: more.start()] if more else place
    by = int(more[0]) if more else 0
    if base == ".":
        return sheet.cursor[0] + by
    if base == "$":
        return len(sheet.lines) - 1 + by
    if base.startswith("'"):
        if base[1] not in marks:
            raise ExError(f"there is no mark {base}")
        return marks[base[1]] + by
    return int(base) - 1 + by


def _substitute(said: str, sheet: Sheet, first: int, last: int) -> None:
    r"""Replace in lines: ``/old/new/flags``, with ``g`` for all of a line and ``i`` for any case."""
    parts = [
        part.replace("\\" + said[0], said[0]) for part in re.split(rf"(?<!\\){re.escape(said[0])}", said)[1:]
    ]
    old, new, flags = (*parts, "", "", "")[:3]
    if not old:
        raise ExError(":s wants what to replace, as in :%s/old/new/g")
    if set(flags.strip()) - set("gi"):
        raise ExError(f":s does not know {flags.strip()}; it knows g and i")
    query = TextQuery(("(?i)" if "i" in flags else "") + old, regex=True)
    lines = list(sheet.lines[first : last + 1])
    count = 0
    if "g" in flags:
        lines, count, problem = replace(query, lines, new)
    else:
        problem = ""
        for number, line in enumerate(lines):
            lines[number], done, problem = _first(query, line, new)
            count += done
            if problem:
                break
    if problem:
        raise ExError(problem)
    if not count:
        raise ExError(f"{old} is not there")
    old_lines = sheet.lines
    changed = [row for row in range(first, last + 1) if lines[row - first] != old_lines[row]]
    for row in changed:
        sheet.replace((row, 0), (row, len(sheet.lines[row])), lines[row - first])
    if changed:
        sheet.cursor = changed[-1], indent(sheet.lines[changed[-1]])
    sheet.tell(f"{count} replaced")


def _first(query: TextQuery, line: str, new: str) -> tuple[str, int, str]:
    """A line with the first hit replaced."""
    found = find(query, [line])
    if found.problem or not found.hits:
        return line, 0, found.problem
    lines, count, problem = replace(query, [line], new, found.hits[0])
    return lines[0], count, problem
