"""The tasks of a journal: list items with a check box, of all its days. Nothing here changes a byte."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Literal

from mlws_tui.domain.boxes import Box, boxes_at
from mlws_tui.domain.journal import Day, Journal, section_key
from mlws_tui.domain.markdown import Heading, decode, encode

State = Literal["open", "done", "moved", "cancelled"]

#: What the sign in a box means. A half-done task (``[/]``) is open.
STATES: dict[bytes, State] = {
    b" ": "open",
    b"/": "open",
    b"x": "done",
    b"X": "done",
    b">": "moved",
    b"-": "cancelled",
}
#: The section of a day for what is to be done.
NEXT_STEPS = "Next Steps"

_SIGN = re.compile(rb"\[[ /xX>-]\][ \t]")
_DATE = r"(\d{4}-\d{2}-\d{2})"
_DUE = re.compile(rf"(?:\b(?:due|by)\b:?\s*|📅\s*){_DATE}\b", re.IGNORECASE)
_DUE_MARK = re.compile(rf"\s*(?:\({_DUE.pattern}\)|{_DUE.pattern})", re.IGNORECASE)
#: Stands behind a task that is put off, before or behind its due day; anywhere else it is the person's words.
FROM_MARK = re.compile(
    rf"\s*\(from {_DATE}\)(?=(?:{_DUE_MARK.pattern})?(?:\s*\(→ \d{{4}}-\d{{2}}-\d{{2}}\))?\s*$)",
    re.IGNORECASE,
)
_MOVED_TO = re.compile(rf"\s*\(→ {_DATE}\)\s*$")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEY_LETTERS = 10
#: Letters of a key that are shown at least.
SHORTEST_KEY = 4


Date = date  # a task has an attribute of that name


@dataclass(frozen=True, slots=True)
class Task:
    """A list item with a box.

    Attributes:
        date: The day of the entry that it stands in.
        section: The title of its section; empty above the first one.
        line: Its line in the file, counted from 1.
        text: What is to be done: the first line, without the box.
        state: What its box says.
        indent: Columns before its mark.
        raw: The bytes of its line, without the line's end.
        children: The tasks that hang directly below it.
        ordinal: Which entry of that date, from 0.
        depth: How many tasks it hangs below.
        twin: Which one it is of the tasks of its section with the same words, done or not, from 0.
        alike: How many those are.
    """

    date: Date
    section: str
    line: int
    text: str
    state: State
    indent: int
    raw: bytes
    children: tuple[Task, ...] = ()
    ordinal: int = 0
    depth: int = 0
    twin: int = 0
    alike: int = 1

    @property
    def sign_at(self) -> int:
        """Where in `raw` the sign stands that says how far it is."""
        return self.raw.index(b"[") + 1

    @property
    def due(self) -> Date | None:
        """Until when it is to be done: ``due 2026-11-25``, ``by 2026-11-25`` or ``📅 2026-11-25`` in its text."""
        return _date(_DUE.search(self.text))

    @property
    def starts(self) -> Date | None:
        """Until when it was put off: ``(from 2026-11-25)`` in its text."""
        return _date(FROM_MARK.search(self.text))

    @property
    def moved_to(self) -> Date | None:
        """The day that it was carried over to."""
        return _date(_MOVED_TO.search(self.text)) if self.state == "moved" else None

    @property
    def words(self) -> str:
        """Its text without what says when it begins or where it went."""
        return _words(self.text)

    @property
    def title(self) -> str:
        """Its text without any dates that say when; for where these are shown beside it."""
        return _DUE_MARK.sub("", self.words).strip() or self.words

    @property
    def key(self) -> str:
        """Letters by which a person can name it; as many as it takes. They change where day or text do."""
        told = "\0".join((self.date.isoformat(), str(self.ordinal), self.section, self.words, str(self.twin)))
        number = int.from_bytes(blake2b(encode(told), digest_size=8).digest())
        letters = ""
        for _ in range(_KEY_LETTERS):
            number, letter = divmod(number, len(_LETTERS))
            letters += _LETTERS[letter]
        return letters

    def age(self, today: Date) -> int:
        """Days since its entry."""
        return max(0, (today - self.date).days)

    def overdue(self, today: Date) -> bool:
        """Whether it is open after the day until which it was to be done."""
        return self.state == "open" and self.due is not None and self.due < today

    def waits(self, today: Date) -> bool:
        """Whether it is open and was put off to a day that is still to come."""
        return self.state == "open" and self.starts is not None and self.starts > today


def _words(text: str) -> str:
    return FROM_MARK.sub("", _MOVED_TO.sub("", text)).strip() if "(" in text else text.strip()


def _date(match: re.Match[str] | None) -> date | None:
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None  # 2026-02-30 is no day


def tasks_of(
    journal: Journal, *, all_sections: bool = True, dates: Collection[date] | None = None
) -> list[Task]:
    """All tasks of the entries of a journal, the oldest day first, those of a day in the order of the file.

    Boxes in code, comments and quotes are text, and so is a box without words.

    Args:
        journal: The journal.
        all_sections: Whether those of all sections count, or only those of Next Steps.
        dates: Only those of these days.
    """
    starts = journal.outline.starts
    lines = [heading.line for heading in journal.headings]
    tasks: list[Task] = []
    days = journal.days if dates is None else [day for day in journal.days if day.date in dates]
    for day in sorted(days, key=lambda day: (day.date, day.ordinal)):
        signs = _SIGN.finditer(journal.data, starts[day.heading.end], starts[day.line_end])
        candidates = [bisect_right(starts, sign.start()) - 1 for sign in signs]
        boxes = boxes_at(journal, day, candidates) if candidates else ()
        if boxes:
            inner = slice(bisect_left(lines, day.heading.end), bisect_left(lines, day.line_end))
            tasks += _tasks(day, boxes, journal.headings[inner])
    return tasks if all_sections else [task for task in tasks if in_section(task, NEXT_STEPS)]


def in_section(task: Task, title: str) -> bool:
    """Whether it stands in the section of that title, whatever signs and case are used."""
    return section_key(task.section) == section_key(title)


def _tasks(day: Day, boxes: Sequence[Box], headings: Sequence[Heading]) -> list[Task]:
    top = min((heading.level for heading in headings), default=0)
    titles = [heading for heading in headings if heading.level == top]
    begins = [heading.line for heading in titles]
    sections = [titles[at].title if (at := bisect_right(begins, box.line) - 1) >= 0 else "" for box in boxes]
    texts = [decode(box.match[3]) for box in boxes]
    names = [(section, _words(text)) for section, text in zip(sections, texts, strict=True)]
    alike = Counter(names)
    twins = dict(alike)
    children: list[list[Task]] = [[] for _ in boxes]
    tasks: list[Task] = []
    for place in range(len(boxes) - 1, -1, -1):  # from the end: what hangs below a task is known before it
        box, name = boxes[place], names[place]
        twins[name] -= 1
        task = Task(
            day.date,
            sections[place],
            box.line + 1,
            texts[place].rstrip(),
            STATES[box.match[2]],
            box.indent,
            box.match.string,
            tuple(children[place][::-1]),
            day.ordinal,
            box.depth,
            twins[name],
            alike[name],
        )
        tasks.append(task)
        if box.parent is not None:
            children[box.parent].append(task)
    tasks.reverse()
    return tasks


# choosing among them


@dataclass(frozen=True, slots=True)
class Repeated:
    """A task as it is listed: an open one that was written again on other days is one thing to be done.

    Attributes:
        every: All of it, the oldest first; at least one.
    """

    every: tuple[Task, ...]

    @property
    def task(self) -> Task:
        """The newest one, which stands for all."""
        return self.every[-1]

    @property
    def days(self) -> int:
        """On how many days it stands."""
        return len({task.date for task in self.every})

    @property
    def note(self) -> str:
        """``on 5 days, since 2026-11-02``; empty where it stands on one."""
        return f"on {self.days} days, since {self.every[0].date.isoformat()}" if self.days > 1 else ""


def gathered(tasks: Iterable[Task]) -> list[Repeated]:
    """The tasks, with open ones of the same words as one, each at the place of its newest.

    Those are let alone that hang below others or have others below them, and those that a section has more than one of:
    the same words may mean something else there.

    Args:
        tasks: The oldest first.
    """
    groups: dict[object, list[Task]] = {}
    for task in tasks:
        alone = task.state != "open" or task.depth or task.children or task.alike > 1
        key = (task.date, task.line) if alone else (task.words.casefold(), task.starts)
        groups[key] = [*groups.pop(key, ()), task]
    return [Repeated(tuple(some)) for some in groups.values()]


@dataclass(frozen=True, slots=True)
class TaskCount:
    """What a list of tasks comes to on a day; one that stands on several days counts once.

    Attributes:
        open: Those that are open and not put off.
        overdue: Those of them that should have been done by now.
        waiting: Those that were put off.
        oldest: Age of the oldest open one in days.
    """

    open: int
    overdue: int
    waiting: int
    oldest: int


def still_open(tasks: Iterable[Task], today: date) -> list[Task]:
    """Those that are open and not put off."""
    return [task for task in tasks if task.state == "open" and not task.waits(today)]


def count(tasks: Iterable[Task], today: date) -> TaskCount:
    """How many are open, overdue and put off."""
    tasks = list(tasks)
    standing = still_open(tasks, today)
    told = [one.task for one in gathered(standing)]
    return TaskCount(
        len(told),
        sum(task.overdue(today) for task in told),
        len(gathered(task for task in tasks if task.waits(today))),
        max((task.age(today) for task in standing), default=0),
    )


def count_words(found: TaskCount) -> str:
    """``12 open · 3 overdue · 2 put off · oldest 23 d``."""
    words = [f"{found.open:,} open"]
    words += [f"{found.overdue:,} overdue"] * bool(found.overdue)
    words += [f"{found.waiting:,} put off"] * bool(found.waiting)
    words += [f"oldest {found.oldest:,} d"] * bool(found.oldest)
    return " · ".join(words)


def left_over(tasks: Iterable[Task], today: date) -> list[Task]:
    """What the last day with open tasks leaves to today, where today has no task yet; else nothing.

    Tasks that hang below another one of them go with it, and are not listed.
    """
    tasks = list(tasks)
    if any(task.date == today for task in tasks):
        return []
    return last_open(tasks, today, today)


def last_open(tasks: Iterable[Task], before: date, today: date) -> list[Task]:
    """The open tasks of the last day before a day that has some, without those that hang below another one of them."""
    standing = [task for task in still_open(tasks, today) if task.date < before]
    last = [task for task in standing if task.date == standing[-1].date]
    below = {child.line for task in last for child in task.children}
    return [task for task in last if task.line not in below]


def short_keys(tasks: Iterable[Task]) -> dict[str, str]:
    """The shown part of each key: four letters, more where two begin alike."""
    keys = sorted({task.key for task in tasks})
    shown = {}
    for place, key in enumerate(keys):
        near = [other for other in keys[max(0, place - 1) : place + 2] if other != key]
        size = SHORTEST_KEY
        while size < len(key) and any(other[:size] == key[:size] for other in near):
            size += 1
        shown[key] = key[:size]
    return shown
