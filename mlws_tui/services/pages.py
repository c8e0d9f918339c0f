"""A page: a piece of a text file that a person edits, and what becomes of it when it is saved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from mlws_tui.domain.merge import Clash, Merged, merge

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """What an editor begins from.

    Attributes:
        key: What the page is, for its recovery file.
        text: Its text as it is on disk; line ends as they are there.
        newline: How a line that is added should end.
        exists: Whether it is on disk at all.
    """

    key: str
    text: str
    newline: str = "\n"
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Saved:
    """The page as it is on disk after saving.

    Attributes:
        page: The page now.
        merged: Lines that others had changed meanwhile and that are now in the text as well.
    """

    page: Page
    merged: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """The same lines were changed by others; nothing is written yet.

    Attributes:
        page: The page as others left it on disk.
        mine: What was to be saved.
        merged: The merge, with its clashes.
    """

    page: Page
    mine: str
    merged: Merged

    @property
    def clashes(self) -> tuple[Clash, ...]:
        """The places that both changed, in the order of the text."""
        return tuple(part for part in self.merged.parts if isinstance(part, Clash))

    def settled(self, *choices: str) -> str:
        """The text that the choices give; what either side changed elsewhere is in it.

        Args:
            choices: ``mine``, ``theirs`` or ``both`` (theirs first) for each clash in order; a single one is for all.
        """
        each = iter(choices if len(choices) > 1 else choices * len(self.clashes))
        lines: list[str] = []
        for part in self.merged.parts:
            if not isinstance(part, Clash):
                lines.extend(part)
                continue
            choice = next(each)
            lines.extend(part.theirs if choice in ("theirs", "both") else ())
            lines.extend(part.mine if choice in ("mine", "both") else ())
        return "".join(lines).removesuffix(self.page.newline)


def gone(page: Page, base: str, mine: str) -> Conflict:
    """What there is to settle where others removed the page while it was edited: to write it again, or to let it go.

    A merge by lines would keep what was added last, without a word about the rest.
    """
    lines = [tuple(text_lines(text + page.newline)) for text in (base, mine)]
    return Conflict(page, mine, Merged((Clash(lines[0], lines[1], ()),), 0))


def text_lines(text: str) -> list[str]:
    """The lines of a text with their ends."""
    return _LINE.findall(text)


def joined(merged: Merged, choice: str, newline: str) -> str:
    """The lines of a merge as one text; like every page it ends without a line end."""
    return "".join(merged.lines(choice)).removesuffix(newline)


def merge_text(base: str, mine: str, theirs: str, newline: str) -> Merged:
    """Merge texts without a final line end; each is given one, so that a last line equals one in the middle."""
    return merge(*(text_lines(text + newline if text else "") for text in (base, mine, theirs)))


def as_lent(old: str, new: str, newline: str) -> str:
    """A text that another program saved, with the bytes that it was given in all lines that it only rewrote.

    Editors may give all lines the same end, and write signs for bytes that are no text. Lines that say the same as
    before are taken as they were; lines that are new end like the one before them.

    Args:
        old: The text that the program was given.
        new: What it saved.
        newline: How a line ends that has none before it.
    """
    before, after = text_lines(old), text_lines(new)
    matcher = SequenceMatcher(None, [*map(_said, before)], [*map(_said, after)], autojunk=False)
    result: list[str] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            result += before[a1:a2]
            continue
        for line in after[b1:b2]:
            end = _end(result[-1]) if result else _end(before[0]) if before else ""
            result.append(line.rstrip("\r\n") + (end or newline) if _end(line) else line)
    return "".join(
        line if _end(line) or number == len(result) - 1 else line + newline
        for number, line in enumerate(result)
    )


def last_end(text: str) -> str:
    """How the last line ends that has an end; empty where none has."""
    return next((end for line in reversed(text_lines(text)) if (end := _end(line))), "")


def _said(line: str) -> str:
    """A line as any program can show it."""
    return line.rstrip("\r\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]
