"""The journal: entries read and saved one day at a time, safe beside other programs that write the file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlws_tui.config.resources import user_folder
from mlws_tui.config.workspace import Workspace
from mlws_tui.domain import journal_edits
from mlws_tui.domain.capture import target_of
from mlws_tui.domain.errors import NotFoundError, UsageError
from mlws_tui.domain.journal import (
    SECTIONS,
    Day,
    Journal,
    parse,
    section_key,
    section_order,
    streak,
)
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.markdown import decode, encode, scan
from mlws_tui.sources import files

if TYPE_CHECKING:
    from mlws_tui.domain.journalrepair import Repair
    from mlws_tui.services.drafts import Drafts
    from mlws_tui.services.pages import Conflict, Page, Saved

#: From so many bytes on a line is written without reading all that stands there.
_LONG = 200_000
#: How often a save that another program overtook between reading and renaming is done again.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class DayRef:
    """An entry by its date; `ordinal` tells several of one date apart, from 0 in the order of the file."""

    date: date
    ordinal: int = 0


class JournalService:
    """Reads and writes ``ACTIVITY.md``. All methods block: on an event loop call them in a thread.

    Args:
        workspace: Whose journal it is.
        clock: Tells the local time.
        state_dir: Where recovery files go; by default ``$XDG_STATE_HOME/mlws-tui``.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock: Callable[[], datetime] = datetime.now,
        state_dir: Path | None = None,
    ) -> None:
        self.workspace = workspace
        self.path = workspace.journal
        self._state_dir = state_dir
        self._clock = clock
        self._stamp: tuple[int, int, int, int] | None = None
        self._last: Journal | None = None
        self._guard = threading.Lock()

    @cached_property
    def drafts(self) -> Drafts:
        """The recovery files of its days."""
        from mlws_tui.services.drafts import Drafts, state_folder  # a command that only appends needs none

        return Drafts((self._state_dir or state_folder()) / "recovery")

    def today(self) -> date:
        """The local date."""
        return self._clock().date()

    # reading

    def read(self) -> Journal:
        """The journal as it is on disk; a missing file is one without entries.

        Raises:
            MlwsError: if it cannot be read.
        """
        with self._guard:
            stamp = files.stamp(self.path)
            if self._last is None or self._stamp != stamp or stamp is None:
                self._last = self._read_again(files.read(self.path).data)
                self._stamp = stamp
            return self._last

    def _read_again(self, data: bytes) -> Journal:
        """Read bytes with the help of what was read last: a file of years is scanned where it changed."""
        return self._last if self._last is not None and self._last.data == data else parse(data, self._last)

    def days(self) -> list[DayRef]:
        """All entries, oldest first."""
        return sorted(
            (DayRef(day.date, day.ordinal) for day in self.read().days), key=lambda d: (d.date, d.ordinal)
        )

    def streak(self) -> int:
        """How many days in a row have an entry, up to today or yesterday."""
        return streak({day.date for day in self.read().days}, self.today())

    def day(self, ref: DayRef) -> Page:
        """What a person wrote in an entry, below its heading; an empty page where there is none yet."""
        return self._page(self.read(), ref)

    def entry(self, when: date) -> tuple[Journal, list[Day]]:
        """The journal and its entries of a date.

        Raises:
            NotFoundError: if there is none; the hint names the nearest.
        """
        journal = self.read()
        found = [day for day in journal.days if day.date == when]
        if not found:
            near = min((day.date for day in journal.days), key=lambda d: abs((d - when).days), default=None)
            raise NotFoundError(
                f"The journal has no entry of {when.isoformat()}",
                hint=f"the nearest is {near.isoformat()}"
                if near
                else 'write one with: mlws-tui log Experiments "…"',
            )
        return journal, found

    def _page(self, journal: Journal, ref: DayRef) -> Page:
        from mlws_tui.services.pages import Page  # as above

        day = journal.day(ref.date, ref.ordinal)
        key = f"{self.path}#{ref.date.isoformat()}.{ref.ordinal}"
        newline = journal.newline.decode()
        return Page(key, journal.body(day), newline) if day else Page(key, "", newline, exists=False)

    def starter(self, ref: DayRef) -> str:
        """What the template gives a new day to begin with; most often nothing.

        Raises:
            ConfigError: if the template cannot be rendered.
        """
        from mlws_tui.services.templates import Templates  # Jinja2 is wanted for this alone

        return Templates(self.workspace).day(ref.date)

    # writing

    def save_day(self, ref: DayRef, base: str, text: str) -> Saved | Conflict:
        """Save one entry; nothing else in the file changes.

        Args:
            ref: Which entry; made where it is missing and there is something to write.
            base: Its text as it was when editing began.
            text: Its text now.

        Returns:
            The page as it is on disk now, merged with what others did to it meanwhile; or, where they changed
            the same lines, the conflict, and then nothing is written.

        Raises:
            MlwsError: if the file cannot be read or saved; it is then as it was.
        """
        from mlws_tui.services.pages import Conflict, Page, Saved, joined, merge_text

        outcome: list[Saved | Conflict] = []

        def change(journal: Journal) -> Sequence[Splice]:
            outcome[:] = []
            day = journal.day(ref.date, ref.ordinal)
            page = self._page(journal, ref)
            wanted, taken = text, 0
            theirs = self._theirs(journal, day, base)
            if theirs is None:
                theirs = page.text
                merged = merge_text(base, text, theirs, page.newline)
                if merged.clashes:
                    outcome.append(Conflict(page, text, merged))
                    return ()
                wanted, taken = joined(merged, "both", page.newline), merged.taken
            wanted = journal_edits.trim_end(wanted)
            outcome.append(Saved(Page(page.key, wanted, page.newline, exists=bool(day or wanted)), taken))
            if wanted == theirs:
                return ()
            if day is None:
                return [journal_edits.add_day(journal, ref.date, wanted)]
            if theirs != page.text:
                start, _ = journal.body_span(day)
                return [Splice(start, start + len(encode(theirs)), encode(wanted))]
            return [journal_edits.set_body(journal, day, wanted)]

        self.change(change)
        return outcome[0]

    def _theirs(self, journal: Journal, day: Day | None, base: str) -> str | None:
        """The base, if the file still holds it at that entry's place; it may reach beyond the entry's end.

        That is so after someone wrote a heading into an entry that ends it by its level: what they wrote then
        stays one text for as long as they edit it.
        """
        if day is None:
            return None if base else ""
        start, end = journal.body_span(day)
        old = encode(base)
        behind = start + len(old)
        whole = journal.data.startswith(old, start) and behind >= end
        return base if whole and journal.data[behind : behind + 1] in (b"", b"\r", b"\n") else None

    def append(self, section: str, text: str, when: date | None = None, *, task: bool = False) -> str:
        """Write a bullet into a section of a day; as `capture`, of one text.

        Returns:
            The section's title.
        """
        return self.capture(section, [text], when, task=task)[0]

    def capture(
        self, section: str, texts: Sequence[str], when: date | None = None, *, task: bool = False
    ) -> tuple[str, str]:
        """Write bullets into a section of a day, all in one save.

        Args:
            section: What the section is called, see `mlws_tui.domain.capture.target_of`.
            texts: The bullets, each of one line or more.
            when: The day; today by default.
            task: Whether they get open check boxes; days in words until which they are to be done become dates.

        Returns:
            The section's title, and the first text as it was written.

        Raises:
            UsageError: if section or text is empty, the section is a date, or several can be meant.
            MlwsError: if the file cannot be read or saved; it is then as it was.
        """
        if not section_key(section) or not any(text.strip() for text in texts):
            raise UsageError(
                "An entry needs a section and a text", hint='mlws-tui log Experiments "Started: llama-ft"'
            )
        order, day = self._order(), when or self.today()
        if task:
            from mlws_tui.domain.duewords import with_due_date  # most lines are none

            texts = [with_due_date(text, self.today()) for text in texts]
        told: list[tuple[str, str]] = []

        def change(journal: Journal) -> Sequence[Splice]:
            target = target_of(journal, day, section, order)
            lines = [target.line(text) for text in texts]
            told[:] = [(target.title, lines[0])]
            first = journal_edits.add_bullet(journal, day, target.title, lines[0], task=task, order=order)
            data = first.apply(journal.data)
            for line in lines[1:]:
                more = journal_edits.add_bullet(parse(data), day, target.title, line, task=task, order=order)
                data = more.apply(data)
            return [first] if len(lines) == 1 else [Splice(0, len(journal.data), data)]

        self._change(change, lambda data: self._glanced(data, day, section))
        return told[0]

    def has_section(self, name: str, when: date | None = None) -> bool:
        """Whether a name means a section for a line of a day; else it would make a new one.

        Raises:
            UsageError: if several can be meant.
            MlwsError: if the journal cannot be read.
        """
        order, day = self._order(), when or self.today()
        with self._guard:
            journal = self._glanced(files.read(self.path).data, day, name)
        return target_of(journal, day, name, order).known

    def _glanced(self, data: bytes, day: date, section: str) -> Journal:
        """The journal as a line that is added to a day needs it: of a long one that nobody has read, a part."""
        if self._last is None and len(data) >= _LONG:
            from mlws_tui.domain.journalglance import glance

            return glance(data, day, section) or self._read_again(data)
        return self._read_again(data)

    def _order(self) -> Sequence[str]:
        """The sections of a day in their order: as the template of a new day has them, if there is one.

        Only their titles are taken, not what they begin with: a capture leaves no empty sections behind.
        """
        for folder in (self.workspace.marker, user_folder()):
            data = files.read(folder / "templates" / "journal.md").data
            if data:
                titles = [heading.title for heading in scan(data).headings]
                return section_order([title for title in titles if "{" not in title])
        return SECTIONS

    def repairs(self) -> tuple[Repair, ...]:
        """What keeps headings of the journal from being read, in the order of the lines.

        Raises:
            MlwsError: if the journal cannot be read.
        """
        from mlws_tui.domain.journalrepair import repairs  # few journals need it

        return repairs(self.read())

    def repair(self, keys: Collection[str]) -> tuple[bytes, bytes]:
        """Mend what these keys name, all in one change; what cannot be mended without a guess stays.

        Returns:
            The bytes before and after.

        Raises:
            NotFoundError: if the journal no longer has one of them.
            MlwsError: if the file cannot be read or saved; it is then as it was.
        """
        from mlws_tui.domain.journalrepair import repairs

        def change(journal: Journal) -> Sequence[Splice]:
            found = {one.key: one for one in repairs(journal)}
            if missing := set(keys) - found.keys():
                raise NotFoundError(
                    f"The journal has no repair {min(missing)}", hint="it has changed; look at it again"
                )
            return [splice for key in dict.fromkeys(keys) if (splice := found[key].splice)]

        return self.change(change)

    def change(self, change: Callable[[Journal], Sequence[Splice]]) -> tuple[bytes, bytes]:
        """Read, change and save under the lock; again where a program that takes no lock came between.

        Args:
            change: Gives the splices for the journal as it is now, none to leave it; called again where the file
                changed meanwhile, so it may not remember anything.

        Returns:
            The bytes before and after.

        Raises:
            MlwsError: if the file cannot be read or saved, or what `change` raises; the file is then as it was.
        """
        return self._change(change, self._read_again)

    def _change(
        self, change: Callable[[Journal], Sequence[Splice]], read: Callable[[bytes], Journal]
    ) -> tuple[bytes, bytes]:
        with files.locked(self.workspace.journal_lock):
            tries = 0
            while True:
                before = files.read(self.path)
                with self._guard:
                    journal = read(before.data)
                after = journal_edits.apply_all(change(journal), before.data)
                try:
                    if after != before.data:
                        files.save(self.path, after, before, self.workspace.streams)
                    return before.data, after
                except files.ChangedError:
                    tries += 1
                    if tries == _TRIES:
                        raise


def document(journal: Journal, day: Day, path: str) -> dict[str, object]:
    """An entry as a JSON document; lines are counted from 1, the last one included."""
    return {
        "date": day.date.isoformat(),
        "path": path,
        "line_start": day.line_start + 1,
        "line_end": day.line_end,
        "sections": [
            {
                "title": readable(section.title),
                "line_start": section.line_start + 1,
                "line_end": section.line_end,
                "text": readable(journal.text(*journal.content(section.heading.end, section.line_end))),
            }
            for section in journal.sections(day)
        ],
        "text": readable(journal.text(day.line_start, day.line_end)),
    }


def readable(text: str) -> str:
    """Text as valid Unicode: bytes that were not UTF-8 become replacement characters."""
    return decode(encode(text)).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
