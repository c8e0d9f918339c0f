"""Changes to tasks: the sign in a box, a few words behind the text, and carrying over to another day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from mlws_tui.domain import journal_edits
from mlws_tui.domain.boxes import indent_of, item_end
from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.journal import SECTIONS, Journal, parse, section_key
from mlws_tui.domain.journal_edits import Splice, apply_all
from mlws_tui.domain.markdown import decode, encode, is_blank
from mlws_tui.domain.tasks import FROM_MARK, NEXT_STEPS, Task, tasks_of

#: Stands for the carried tasks in the line that `journal_edits` makes for them.
_PLACE = "carried-over-tasks"
_MARK = re.compile(rb"([ \t]*)([-*+]|(\d{1,9})([.)]))([ \t]+)")
_WENT = re.compile(r"[ \t]*\(→ \d{4}-\d{2}-\d{2}\)[ \t]*$".encode())


def same_task(journal: Journal, task: Task, now: Sequence[Task] | None = None) -> Task:
    """The task as it stands in the journal now, wherever its line went.

    Args:
        journal: The journal as it is.
        task: The task as it was read.
        now: The tasks of the journal, where they are known already.

    Raises:
        NotFoundError: if its line reads differently now, or cannot be told apart from others.
    """
    candidates = [
        one
        for one in (tasks_of(journal, dates=[task.date]) if now is None else now)
        if one.date == task.date and one.raw == task.raw
    ]
    place = (task.section, task.ordinal, task.twin, task.alike)
    same = [one for one in candidates if (one.section, one.ordinal, one.twin, one.alike) == place]
    if len(same) == 1:
        return same[0]
    if len(candidates) == task.alike == 1:
        return candidates[0]
    raise NotFoundError(
        f"The task {_quoted(task.words)} reads differently now", hint="nothing was changed: look again"
    )


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def set_sign(journal: Journal, task: Task, sign: bytes) -> Splice:
    """Put another sign into the box of a task of this journal: one byte."""
    at = journal.outline.starts[task.line - 1] + task.sign_at
    return Splice(at, at + 1, sign)


def reopen(journal: Journal, task: Task) -> Splice:
    """Put an open sign into the box of a task; of one that was carried over the day that it went to is taken off."""
    went = _WENT.search(task.raw.rstrip(b" \t")) if task.state == "moved" else None
    if went is None:
        return set_sign(journal, task, b" ")
    start, sign = journal.outline.starts[task.line - 1], task.sign_at
    return Splice(start + sign, start + went.end(), b" " + task.raw[sign + 1 : went.start()])


def put_off(journal: Journal, task: Task, to: date | None) -> Splice:
    """Write behind a task that it begins on a later day, ``(from 2026-11-25)``, change that day, or take it off."""
    start = journal.outline.starts[task.line - 1]
    words = b"" if to is None else encode(f" (from {to.isoformat()})")
    text = decode(task.raw)
    found = FROM_MARK.search(text)
    if found:
        begin = start + len(encode(text[: found.start()]))
        return Splice(begin, begin + len(encode(found.group())), words)
    end = start + len(task.raw.rstrip(b" \t"))
    return Splice(end, end, words)


def section_for(task: Task) -> str:
    """Where a task is carried over to: what is still to be done of any standard section is a next step."""
    key = section_key(task.section)
    standard = {section_key(title) for title in SECTIONS} - {section_key(NEXT_STEPS)}
    return NEXT_STEPS if not key or key in standard else task.section


@dataclass(frozen=True, slots=True)
class Carried:
    """What carrying over makes of a journal.

    Attributes:
        data: All bytes of it.
        marked: All bytes with the old lines marked, and nothing added yet.
        tasks: The tasks that were carried over.
        there: Those of them that the day had already, so that only the old line is marked.
    """

    data: bytes
    marked: bytes
    tasks: tuple[Task, ...]
    there: int


def carry_over(journal: Journal, tasks: Iterable[Task], to: date) -> Carried:
    """Carry open tasks of this journal over to another day, with what hangs below them and is not done.

    The old line stays, marked as moved, with the day it went to behind it; what was done below it stays as it is.

    Args:
        journal: The journal as it is.
        tasks: Tasks of it; those that are not open or stand in that day already are passed over, and those that hang
            below another of them go along with it.
        to: The day; its entry and section are made where they are missing.

    Raises:
        MlwsError: if the place lies inside a code fence or comment that is never closed.
    """
    tasks = [task for task in tasks if task.state == "open" and task.date != to]
    below = {child.line for task in tasks for child in family(task)[1:]}
    tasks = sorted(
        (task for task in tasks if task.line not in below), key=lambda task: (task.date, task.line)
    )
    known = {task.words.casefold() for task in tasks_of(journal, dates=[to]) if task.state == "open"}
    marks = [splice for task in tasks for splice in _marks(journal, task, to)]
    groups: dict[str, tuple[str, list[_Block]]] = {}
    there = 0
    left = list(reversed(tasks))
    while left:
        task = left.pop()
        words = task.words.casefold()
        if words in known:
            there += 1
            left += [child for child in reversed(task.children) if child.state == "open"]
            continue
        known.add(words)
        title = section_for(task)
        groups.setdefault(section_key(title), (title, []))[1].append(_block(journal, task))
    data = marked = apply_all(marks, journal.data)
    for title, blocks in groups.values():
        data = _addition(parse(data, journal), to, title, blocks).apply(data)
    return Carried(data, marked, tuple(tasks), there)


def family(task: Task) -> list[Task]:
    """A task and all open ones below it; what hangs below a closed one stays with that."""
    return [task, *(one for child in task.children if child.state == "open" for one in family(child))]


def _marks(journal: Journal, task: Task, to: date) -> list[Splice]:
    start = journal.outline.starts[task.line - 1]
    text = task.raw.rstrip(b" \t")
    went = _WENT.search(text)
    begin = went.start() if went else len(text)
    dated = Splice(start + begin, start + len(text), encode(f" (→ {to.isoformat()})"))
    return [*(set_sign(journal, one, b">") for one in family(task)), dated]


@dataclass(frozen=True, slots=True)
class _Block:
    """A task to be written elsewhere: what follows its mark, the lines below it, and the column they hang at."""

    words: bytes
    below: tuple[bytes, ...]
    column: int


def _block(journal: Journal, task: Task) -> _Block:
    lines = [line.rstrip(b"\r\n") for line in journal.outline.lines[task.line - 1 : _item_end(journal, task)]]
    closed = {
        number
        for child in _closed_below(task)
        for number in range(child.line - task.line, _item_end(journal, child) - task.line + 1)
    }
    below = [line for number, line in enumerate(lines) if number and number not in closed]
    while below and is_blank(below[-1]):
        below.pop()
    box = task.sign_at - 1
    words = encode(FROM_MARK.sub("", decode(_WENT.sub(b"", task.raw[box:])))).rstrip(b" \t")
    return _Block(words, tuple(below), len(task.raw[:box].expandtabs(4)))


def _closed_below(task: Task) -> list[Task]:
    """The tasks below one that stay behind, each the topmost of its branch."""
    return [
        one for child in task.children for one in (_closed_below(child) if child.state == "open" else [child])
    ]


class _Place(NamedTuple):
    line: int
    indent: int
    depth: int


def _item_end(journal: Journal, task: Task) -> int:
    """The line after the last one of the list item that a task begins; counted from 0."""
    day = next(day for day in journal.days if (day.date, day.ordinal) == (task.date, task.ordinal))
    return item_end(journal.outline.lines, day, _Place(task.line - 1, task.indent, task.depth), day.line_end)


def _addition(journal: Journal, to: date, title: str, blocks: Sequence[_Block]) -> Splice:
    """The splice that writes these tasks as items of one list, at the place and in the style of that journal."""
    splice = journal_edits.add_bullet(journal, to, title, _PLACE, task=True)
    place = splice.data.index(_PLACE.encode())
    begin = max(splice.data.rfind(b"\n", 0, place), splice.data.rfind(b"\r", 0, place)) + 1
    mark = splice.data[begin : place - len(b"[ ] ")]
    lines: list[bytes] = []
    for block in blocks:
        shift = len(mark.expandtabs(4)) - block.column
        lines += [mark + block.words, *(_indented(line, shift) for line in block.below)]
        mark = _next_mark(mark)
    text = journal.newline.join(lines)
    return Splice(splice.start, splice.end, splice.data[:begin] + text + splice.data[place + len(_PLACE) :])


def _indented(line: bytes, shift: int) -> bytes:
    """A line below an item whose contents begin so many columns further right than they did."""
    if not shift or is_blank(line):
        return line
    text = line.lstrip(b" \t")
    width = max(0, indent_of(line) + shift)
    with_tabs = line[: len(line) - len(text)].strip(b"\t") == b"" and width % 4 == 0
    return (b"\t" * (width // 4) if with_tabs else b" " * width) + text


def _next_mark(mark: bytes) -> bytes:
    """The mark of the item after one with this mark: the next number in a numbered list."""
    found = _MARK.match(mark)
    if found is None or not found[3]:
        return mark
    return b"%s%d%s%s" % (found[1], int(found[3]) + 1, found[4], found[5])
