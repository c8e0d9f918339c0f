"""Taking back what was done to tasks: by merging each entry that it changed, so that what others wrote stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from mlws_tui.domain.errors import NotFoundError
from mlws_tui.domain.journal import Journal
from mlws_tui.domain.journal_edits import Splice
from mlws_tui.domain.markdown import encode
from mlws_tui.domain.merge import Clash
from mlws_tui.services.pages import merge_text

#: Bytes of a journal that are kept at most to take one act back exactly.
_MOST = 1 << 18


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that an act changed: its text before and after.

    Attributes:
        date: Its date.
        ordinal: Which one of that date.
        was: Its text before.
        now: Its text after.
        made: Where the act made the entry: all bytes that were put into the file for it; else empty.
    """

    date: date
    ordinal: int
    was: str
    now: str
    made: bytes = b""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done to the journal.

    Attributes:
        words: What it was.
        entries: The entries that it changed.
        stamp: A hash of the whole journal after it.
        back: Makes all bytes as they were before it, of a journal with that hash; None where that is too much to keep.
    """

    words: str
    entries: tuple[Entry, ...]
    stamp: bytes
    back: Splice | None


def act_of(words: str, before: Journal, after: Journal, dates: Iterable[date], unmade: bytes) -> Act:
    """What is kept of an act, so that it can be taken back.

    Args:
        words: What it was.
        before: The journal before it.
        after: The journal after it.
        dates: The days whose entries it may have changed.
        unmade: What the journal was made of where an entry is new: with all other changes, without the entry.
    """
    done = difference(before.data, after.data)
    gone = before.data[done.start : done.end]
    back = Splice(done.start, done.start + len(done.data), gone) if len(gone) <= _MOST else None
    return Act(words, _entries_changed(before, after, dates, unmade), _stamp(after.data), back)


def _stamp(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def difference(before: bytes, after: bytes) -> Splice:
    """One splice that makes the one of the other."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    return Splice(start, len(before) - end, after[start : len(after) - end])


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes both begin with alike; found by halves, as a journal may be of megabytes."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _entries_changed(
    before: Journal, after: Journal, dates: Iterable[date], unmade: bytes
) -> tuple[Entry, ...]:
    found = []
    wanted = set(dates)
    for day in after.days:
        if day.date in wanted:
            old, now = before.day(day.date, day.ordinal), after.body(day)
            if old is None:
                made = difference(unmade, after.data)
                found.append(Entry(day.date, day.ordinal, "", now, made.data))
            elif (was := before.body(old)) != now:
                found.append(Entry(day.date, day.ordinal, was, now))
    return tuple(found)


def taken_back(journal: Journal, act: Act) -> list[Splice]:
    """The splices that take an act back. What others wrote since stays.

    Raises:
        NotFoundError: if others changed the same lines.
    """
    if act.back is not None and act.stamp == _stamp(journal.data):
        return [act.back]
    if not act.entries:
        raise NotFoundError("Others changed the journal")
    splices = []
    for entry in act.entries:
        if entry.made and journal.data.count(entry.made) == 1:
            start = journal.data.index(entry.made)
            splices.append(Splice(start, start + len(entry.made), b""))
            continue
        day = journal.day(entry.date, entry.ordinal)
        if day is None:
            raise NotFoundError(f"The entry of {entry.date.isoformat()} is gone")
        text = journal.body(day)
        newline = journal.newline.decode()
        parts = [_settled(part) for part in merge_text(entry.now, entry.was, text, newline).parts]
        wanted = "".join(line for part in parts for line in part).removesuffix(newline)
        if wanted != text:
            splices.append(Splice(*journal.body_span(day), encode(wanted)))
    return splices


def _settled(part: tuple[str, ...] | Clash) -> tuple[str, ...]:
    """The lines of a part of the merge. Of lines that are to go, those stay that others wrote between them.

    Raises:
        NotFoundError: if others changed the lines themselves.
    """
    if not isinstance(part, Clash):
        return part
    gone, theirs = list(part.base), []
    for line in part.theirs:
        if gone and line == gone[0]:
            gone.pop(0)
        else:
            theirs.append(line)
    if part.mine or gone:
        raise NotFoundError("Others changed the same lines")
    return tuple(theirs)
