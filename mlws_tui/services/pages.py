"""A page: a piece of a text file that a person edits, and what becomes of it when it is saved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlws_tui.domain.merge import Merged, merge

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

    def settled(self, choice: str) -> str:
        """The text that a choice gives: ``mine`` or ``theirs`` as a whole, or ``both`` where they clash."""
        if choice == "mine":
            return self.mine
        if choice == "theirs":
            return self.page.text
        return joined(self.merged, choice, self.page.newline)


def text_lines(text: str) -> list[str]:
    """The lines of a text with their ends."""
    return _LINE.findall(text)


def joined(merged: Merged, choice: str, newline: str) -> str:
    """The lines of a merge as one text; like every page it ends without a line end."""
    return "".join(merged.lines(choice)).removesuffix(newline)


def merge_text(base: str, mine: str, theirs: str, newline: str) -> Merged:
    """Merge texts without a final line end; each is given one, so that a last line equals one in the middle."""
    return merge(*(text_lines(text + newline if text else "") for text in (base, mine, theirs)))
