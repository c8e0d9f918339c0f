"""What can be searched: the days of a journal, session logs and runs as documents of short passages."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b

from mlws_tui.domain.journal import Journal
from mlws_tui.domain.journalitems import in_code
from mlws_tui.domain.links import TextLink, links_of
from mlws_tui.domain.markdown import Heading, Outline, decode, encode, scan
from mlws_tui.domain.runcolumns import flatten
from mlws_tui.domain.runs import Run

JOURNAL, SESSION, RUN, ERROR = "journal", "session", "run", "error"
#: Tiers of documentation: 1 logs and the runs that wrote them, 2 the journal, 3 session logs.
TIERS = {RUN: 1, ERROR: 1, JOURNAL: 2, SESSION: 3}
#: Characters of a passage that are kept, and of what a run says of itself.
_LONGEST, _LONGEST_RUN = 4_000, 20_000


@dataclass(frozen=True, slots=True)
class Passage:
    """A line, or all that a run says. `line` counts from the first line of its document, 0."""

    line: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PassageLink:
    """A link that stands in a document; `line` counts from its first line, 0, and `text` is the whole line."""

    line: int
    kind: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class TextDocument:
    """What is written to the index as one.

    Attributes:
        key: Tells it from the others; the same for the same day, file or run.
        kind: ``journal``, ``session``, ``run`` or ``error``.
        path: Its file, relative to the workspace.
        line: The line of the file at which it begins, from 0.
        name: What it is called: a session's title, a run's name.
        run: Id of its run.
        day: Its date; None where it has none.
        digest: Tells whether it changed.
        passages: Its lines that say something.
        links: Where they lead.
    """

    key: str
    kind: str
    path: str
    line: int
    name: str
    digest: str
    day: date | None = None
    run: str | None = None
    model: str = ""
    experiment: str = ""
    tags: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    links: tuple[PassageLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a file that are one document: what tells whether it changed, before its passages are made.

    Attributes:
        line: Its first line in the file, from 0.
        end: The line after its last.
        outline: Of the whole file.
    """

    key: str
    kind: str
    path: str
    name: str
    day: date | None
    line: int
    end: int
    outline: Outline
    digest: str

    @property
    def lines(self) -> list[bytes]:
        return self.outline.lines[self.line : self.end]

    @property
    def headings(self) -> Sequence[Heading]:
        """Its headings; their lines are those of the file."""
        every = self.outline.headings
        first = bisect_left(every, self.line, key=_line_of)
        return every[first : bisect_left(every, self.end, lo=first, key=_line_of)]

    def document(self) -> TextDocument:
        """The document with its passages and links."""
        folder = self.path.rpartition("/")[0]
        passages, links = _of_lines(self.lines, self.headings, self.line, folder)
        return TextDocument(
            self.key, self.kind, self.path, self.line, self.name, self.digest, self.day,
            passages=passages, links=links,
        )  # fmt: skip


def journal_pieces(journal: Journal, path: str) -> Iterator[Piece]:
    """The days of a journal, and what stands outside of any day, in the order of the file."""
    at = gaps = 0
    for day in journal.days:
        if day.line_start > at:
            yield _piece(journal, f"{path}#-{gaps}", path, None, at, day.line_start)
            gaps += 1
        key = f"{path}#{day.date.isoformat()}.{day.ordinal}"
        yield _piece(journal, key, path, day.date, day.line_start, day.line_end)
        at = day.line_end
    if at < len(journal.outline.lines):
        yield _piece(journal, f"{path}#-{gaps}", path, None, at, len(journal.outline.lines))


def session_piece(data: bytes, path: str, name: str, day: date | None) -> Piece:
    """A session log as one document."""
    outline = scan(data)
    digest = _digest(data, path, name, day)
    key = clean(path)
    if key != path:  # two names that are no UTF-8 may read alike
        key = f"{key}#{encode(path).hex()}"
    return Piece(key, SESSION, path, name, day, 0, len(outline.lines), outline, digest)


def run_documents(run: Run, happened: Sequence[str] = ()) -> tuple[TextDocument, ...]:
    """What a run says of itself, and the error that it ended with; the text of its log is not part of it.

    Args:
        run: As a list has it.
        happened: What its alerts and notes say.
    """
    told = filter(
        None,
        (
            run.notes,
            "\n".join(happened),
            _labelled("command", " ".join(run.command)),
            _labelled("experiment", run.experiment),
            _labelled("model", run.model),
            _labelled("dataset", run.dataset),
            "\n".join(f"{key} = {_figure(value)}" for key, value in flatten(run.config).items()),
        ),
    )
    text = "\n".join(told)[:_LONGEST_RUN]
    parts = [(f"run:{run.id}", RUN, run.id, text)]
    if run.error is not None:
        said = "\n".join(filter(None, (f"{run.error.type}: {run.error.message}", run.error.traceback)))
        parts.append((f"error:{run.id}", ERROR, run.log or "", said[:_LONGEST_RUN]))
    return tuple(_run_document(run, key, kind, path, text) for key, kind, path, text in parts)


def keys_of_run(run: str) -> tuple[str, str]:
    """The keys of the documents that a run may have."""
    return f"run:{run}", f"error:{run}"


def _run_document(run: Run, key: str, kind: str, path: str, text: str) -> TextDocument:
    day = None if run.started is None else _day(run.started)
    facts = (kind, path, run.name, run.model, run.experiment, run.tags, text, str(day))
    return TextDocument(
        key, kind, path, 0, run.name, _digest(json.dumps(facts).encode()), day, run.id,
        run.model or "", run.experiment or "", run.tags, (Passage(0, run.name, text),),
    )  # fmt: skip


def _piece(journal: Journal, key: str, path: str, day: date | None, first: int, end: int) -> Piece:
    starts = journal.outline.starts
    digest = _digest(journal.data[starts[first] : starts[end]])
    return Piece(key, JOURNAL, path, "", day, first, end, journal.outline, digest)


def _line_of(heading: Heading) -> int:
    return heading.line


def _of_lines(
    lines: Sequence[bytes], headings: Sequence[Heading], first: int, folder: str
) -> tuple[tuple[Passage, ...], tuple[PassageLink, ...]]:
    titles = {heading.line - first: heading for heading in headings}
    passages: list[Passage] = []
    links: list[PassageLink] = []
    title = ""
    texts = [decode(line).strip() for line in lines]
    for number, (text, code) in enumerate(zip(texts, in_code(texts), strict=True)):
        if number in titles:
            title = titles[number].title
        if not text:
            continue
        passages.append(Passage(number, title, text[:_LONGEST]))
        if not code:
            for link in _linked(text[:_LONGEST], folder):
                links.append(PassageLink(number, link.kind, link.target, text[:_LONGEST]))
    return tuple(passages), tuple(links)


def _linked(text: str, folder: str) -> list[TextLink]:
    return [link for link in links_of(text, folder) if link.kind not in ("url", "day")]


def clean(text: str) -> str:
    """The text as the index takes it: bytes that are no UTF-8 stand in ours as lone surrogates, and as ``?`` there."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _labelled(label: str, value: str | None) -> str:
    return f"{label}: {value}" if value else ""


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _day(ts: float) -> date | None:
    try:
        return datetime.fromtimestamp(ts).date()
    except (ValueError, OverflowError, OSError):  # a time that no calendar has
        return None


def _digest(*parts: object) -> str:
    told = b"\0".join(part if isinstance(part, bytes) else clean(str(part)).encode() for part in parts)
    return blake2b(told, digest_size=12).hexdigest()
