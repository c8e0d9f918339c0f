"""What a word may become that is being written in the journal: runs, logs, sessions, models, sections and tags."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.figures import age
from mlws_tui.domain.journal import SECTIONS
from mlws_tui.domain.runfilter import Vocabulary
from mlws_tui.domain.runs import Run, RunQuery

if TYPE_CHECKING:
    from mlws_tui.services.journal import JournalService
    from mlws_tui.services.logs import LogsService
    from mlws_tui.services.runlists import RunLists
    from mlws_tui.services.runs import RunsService
    from mlws_tui.services.sessions import SessionsService

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds that what was read is used for, and how many runs, days and offers there are at most.
_FRESH, _RUNS, _DAYS, _MOST = 5.0, 400, 60, 50

_WORD = re.compile(r"[^\s()\[\]<>{}\"'`,;|*]*\Z")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(?=\S|\Z)")
_RUN_ID = re.compile(r"\d{4,8}(?:-[\w.-]*)?\Z")
_MODEL = re.compile(r"[A-Za-z][\w./-]*[\d:][\w.:/-]*\Z")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a word may become.

    Attributes:
        text: What is put in.
        start: Column in the line from which it replaces what stands there, up to the cursor.
        note: What is said beside it; data.
        label: What is shown in the list; `text` where it is empty.
    """

    text: str
    start: int
    note: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Facts:
    runs: Sequence[Run] = ()
    words: Vocabulary = field(default_factory=Vocabulary)
    logs: Sequence[tuple[str, float]] = ()
    sessions: Sequence[tuple[str, str, str]] = ()  # name, path in the workspace, title
    sections: Sequence[str] = SECTIONS
    now: float = 0.0


class Completions:
    """Offers what may come next. What the workspace holds is read once in a few seconds at most.

    Args:
        runs: The runs.
        runlists: Knows their words.
        logs: The logs.
        sessions: The session logs.
        journal: The journal, for the names of its sections.
    """

    def __init__(
        self,
        runs: RunsService,
        runlists: RunLists,
        logs: LogsService,
        sessions: SessionsService,
        journal: JournalService,
    ) -> None:
        self._runs = runs
        self._runlists = runlists
        self._logs = logs
        self._sessions = sessions
        self._journal = journal
        self._facts: _Facts | None = None
        self._until = 0.0
        self._reading = asyncio.Lock()

    async def offers(self, line: str, column: int, *, asked: bool = False) -> Sequence[Offer]:
        """What the word before the cursor may become, the likeliest first.

        Unasked there are offers only where the word can be nothing but the beginning of a name: after ``[[``, ``@``,
        ``logs/``, ``docs/sessions/``, in a heading, for the digits of a run's id and for what looks like a model.

        Args:
            line: The line that is written, without its end.
            column: Where the cursor is in it.
            asked: Whether the person wants to know what any word may become.
        """
        before = line[:column]
        place = _place(before, asked=asked)
        if place is None:
            return ()
        async with self._reading:
            if self._facts is None or time.monotonic() > self._until:
                self._facts = await self._read()
                self._until = time.monotonic() + _FRESH
            facts = self._facts
        kind, start = place
        word = before[start:]
        if line[column : column + 1].isalnum():  # in the middle of a word nothing is put in
            return ()
        return tuple(_distinct(_offers(kind, word, start, facts)))[:_MOST]

    async def _read(self) -> _Facts:
        none: Sequence[Any] = ()
        usual: Sequence[str] = SECTIONS
        runs, words, logs, sessions, sections = await asyncio.gather(
            _or(self._list_runs, none),
            _or(self._runlists.vocabulary, Vocabulary()),
            _or(self._list_logs, none),
            _or(lambda: asyncio.to_thread(self._list_sessions), none),
            _or(lambda: asyncio.to_thread(self._list_sections), usual),
        )
        return _Facts(runs, words, logs, sessions, sections, self._runs.now())

    async def _list_runs(self) -> Sequence[Run]:
        return (await self._runs.list(RunQuery(limit=_RUNS))).runs

    async def _list_logs(self) -> Sequence[tuple[str, float]]:
        return [(self._logs.key_of(entry.path), entry.modified) for entry in await self._logs.list()]

    def _list_sessions(self) -> Sequence[tuple[str, str, str]]:
        return [
            (session.name, self._logs.key_of(session.path), session.facts.title)
            for session in self._sessions.list()
        ]

    def _list_sections(self) -> Sequence[str]:
        """The sections of the last days, in the order in which they come there, then the others."""
        journal = self._journal.read()
        days = sorted(journal.days, key=lambda day: day.date, reverse=True)[:_DAYS]
        names = [section.title for day in days for section in journal.sections(day)]
        return tuple(dict.fromkeys([*names, *SECTIONS]))


async def _or(read: Callable[[], Awaitable[T]], otherwise: T) -> T:
    """What is read; without a part that cannot be read now the others are offered all the same."""
    try:
        return await read()
    except MlwsError as error:
        log.info("not offered: %s", error)
        return otherwise


def _place(before: str, *, asked: bool) -> tuple[str, int] | None:
    """What is being named at the end of a line, and the column from which on; None where nothing is."""
    heading = _HEADING.match(before)
    if heading is not None:
        return ("section", heading.end()) if asked or before[heading.end() :] else None
    opened = before.rfind("[[")
    if opened >= 0 and "]]" not in before[opened:]:
        return "name", opened
    found = _WORD.search(before)
    start = found.start() if found else len(before)
    word = before[start:]
    if word.startswith("@"):
        return "run", start
    if word.startswith("#") and len(word) > 2 and before[:start].strip():
        return "tag", start
    if word.startswith("logs/"):
        return "log", start
    if word.startswith("docs/"):
        return "session", start
    if _RUN_ID.match(word):
        return "id", start
    if asked and word:
        return "any", start
    return ("model", start) if _MODEL.match(word) and len(word) > 2 else None


def _offers(kind: str, word: str, start: int, facts: _Facts) -> Iterator[Offer]:
    if kind == "section":
        yield from _words(facts.sections, word, start, "section")
    if kind == "name":
        part = word[2:].casefold()
        for name, _, title in facts.sessions:
            if part in name.casefold() or part in title.casefold():
                yield Offer(f"[[{name}]]", start, title, name)
    if kind in ("run", "id", "any"):
        yield from _runs(kind, word.removeprefix("@") if kind == "run" else word, start, facts)
    if kind in ("log", "any"):
        for path, modified in _best(facts.logs, word):
            yield Offer(path, start, age(max(0.0, facts.now - modified)))
    if kind in ("session", "any"):
        for _, path, title in facts.sessions:
            if _fits(path, word):
                yield Offer(path, start, title)
    if kind in ("model", "any"):
        yield from _words(facts.words.models, word, start, "model")
    if kind == "tag":
        for tag in facts.words.tags:
            if tag.casefold().startswith(word[1:].casefold()):
                yield Offer(f"#{tag}", start, "tag")
    if kind == "any":
        yield from _words(facts.words.experiments, word, start, "experiment")
        yield from _words(facts.words.datasets, word, start, "dataset")
        yield from _words(facts.words.tags, word, start, "tag")


def _runs(kind: str, word: str, start: int, facts: _Facts) -> Iterator[Offer]:
    """The runs that it may be; those whose id or name begins so come before those that have it somewhere."""
    part = word.casefold()
    ranked = []
    for number, run in enumerate(sorted(facts.runs, key=lambda run: -(run.started or 0.0))):
        names = [run.id.casefold()] if kind == "id" else [run.id.casefold(), run.name.casefold()]
        if any(name.startswith(part) for name in names):
            ranked.append((0, number, run))
        elif kind != "id" and any(part in name for name in names):
            ranked.append((1, number, run))
    for _, _, run in sorted(ranked, key=lambda one: one[:2]):
        if run.id == word:
            continue
        when = f" · {age(max(0.0, facts.now - run.started))}" if run.started is not None else ""
        yield Offer(run.id, start, f"{run.name} · {run.state.value}{when}")


def _words(words: Iterable[str], part: str, start: int, note: str) -> Iterator[Offer]:
    for word in words:
        if _fits(word, part):
            yield Offer(word, start, note)


def _best(paths: Iterable[tuple[str, float]], part: str) -> Iterator[tuple[str, float]]:
    """The paths that have the part, those that begin with it first."""
    fitting = [path for path in paths if _fits(path[0], part)]
    yield from sorted(fitting, key=lambda path: not path[0].casefold().startswith(part.casefold()))


def _fits(word: str, part: str) -> bool:
    """Whether a word may be meant; one that stands there whole already is none to offer."""
    if word == part:
        return False
    if "/" in part:  # a path: the folder begins it, the rest may stand anywhere in the name
        folder, _, name = part.casefold().rpartition("/")
        return word.casefold().startswith(folder + "/") and name in word.casefold()[len(folder) :]
    return word.casefold().startswith(part.casefold()) or (
        len(part) > 2 and part.casefold() in word.casefold()
    )


def _distinct(offers: Iterable[Offer]) -> Iterator[Offer]:
    seen = set()
    for offer in offers:
        if offer.text not in seen:
            seen.add(offer.text)
            yield offer
