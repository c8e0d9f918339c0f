"""Suggested lines on their way into the journal: written, proposed, and taken out without a trace. All of it blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mlws_tui.domain import journal_edits
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.journal import Journal, parse, standard_section
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.markdown import decode, encode
from mlws_tui.domain.suggestions import Suggestion, mentioned
from mlws_tui.services.journal import DayRef, JournalService


@dataclass(frozen=True, slots=True)
class Proposal:
    """A day's text with a suggestion in its place, not saved.

    Attributes:
        ref: The entry that takes it.
        base: What the entry says now.
        text: What it would say.
        end: Where in `text` the new line ends.
    """

    ref: DayRef
    base: str
    text: str
    end: int


class SuggestedLines:
    """Puts suggestions into days.

    Args:
        journal: Where they are written.
    """

    def __init__(self, journal: JournalService) -> None:
        self._journal = journal
        # a day that was made for lines, and the file before and after
        self._made: tuple[date, bytes, bytes] | None = None

    def entry(self, day: date) -> str:
        """All that the journal says of a day.

        Raises:
            MlwsError: if it cannot be read.
        """
        return _text_of(self._journal.read(), day)

    def write(self, suggestions: Sequence[Suggestion], day: date) -> None:
        """Write suggestions into their sections of a day in one save, but for those that stand there by now.

        Raises:
            MlwsError: if the journal cannot be read or saved; then nothing is written.
        """
        fresh = [False]

        def change(journal: Journal) -> Sequence[Splice]:
            fresh[0] = all(entry.date != day for entry in journal.days)
            entry = _text_of(journal, day)
            missing = [one for one in suggestions if not mentioned(one, entry)]  # else another was faster
            return _bullets(journal, day, missing)

        before, after = self._journal.change(change)
        if after != before and fresh[0]:
            self._made = (day, before, after)

    def unmake(self, day: date) -> bool:
        """Remove an entry that was made for suggestions and is empty again, where nothing else changed since.

        Raises:
            MlwsError: if the journal cannot be read or saved.
        """

        def change(journal: Journal) -> Sequence[Splice]:
            if self._made is None or self._made[0] != day:
                return ()
            _, before, after = self._made
            made = parse(after, journal)
            emptied = [journal_edits.set_body(made, entry, "") for entry in made.days if entry.date == day]
            if journal_edits.apply_all(emptied, after) != journal.data:
                return ()
            return [Splice(0, len(journal.data), before)]

        before, after = self._journal.change(change)
        return before != after

    def propose(self, suggestion: Suggestion, day: date) -> Proposal:
        """The entry as it would be with the suggestion in its section; nothing is written.

        Raises:
            MlwsError: if the journal cannot be read, or has no place for it.
        """
        before = self._journal.read()
        splice = journal_edits.add_bullet(before, day, standard_section(suggestion.section), suggestion.text)
        after = parse(splice.apply(before.data), before)
        last = after.data.index(encode(suggestion.text), splice.start) + len(encode(suggestion.text))
        for entry in after.days:
            start, end = after.body_span(entry)
            if entry.date == day and start <= last <= end:
                known = before.day(day, entry.ordinal)
                base = before.body(known) if known is not None else ""
                behind = len(decode(after.data[start:last]))
                return Proposal(DayRef(day, entry.ordinal), base, after.body(entry), behind)
        raise MlwsError("The journal has no place for this line", hint="write it by hand")


def _text_of(journal: Journal, day: date) -> str:
    """All that the journal says of a day."""
    return "\n".join(journal.body(entry) for entry in journal.days if entry.date == day)


def _bullets(journal: Journal, day: date, suggestions: Sequence[Suggestion]) -> Sequence[Splice]:
    """What puts all of them into their sections at once."""
    after, head, tail = journal, len(journal.data), len(journal.data)
    for one in suggestions:
        splice = journal_edits.add_bullet(after, day, standard_section(one.section), one.text)
        head, tail = min(head, splice.start), min(tail, len(after.data) - splice.end)
        after = parse(splice.apply(after.data), after)
    if after is journal:
        return ()
    tail = min(tail, len(journal.data) - head)
    return [Splice(head, len(journal.data) - tail, after.data[head : len(after.data) - tail])]
