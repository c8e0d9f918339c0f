"""What became of logs that were to be archived, or brought back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlws_tui.domain.sizes import size_words


@dataclass(frozen=True, slots=True)
class Moved:
    """A log that was archived or brought back. Sizes in bytes; `after` is None where it was only shown."""

    path: Path
    target: Path
    before: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Left:
    """A log that stays as it is, and why, in a few words."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the logs. `problem`: one sentence where the work ended early; what is not moved is as it was."""

    moved: tuple[Moved, ...]
    left: tuple[Left, ...] = ()
    problem: str = ""

    @property
    def before(self) -> int:
        """Bytes of what was moved, before."""
        return sum(moved.before for moved in self.moved)

    @property
    def after(self) -> int | None:
        """The same after it; None where it was only shown."""
        sizes = [moved.after for moved in self.moved if moved.after is not None]
        return sum(sizes) if len(sizes) == len(self.moved) else None

    def sentence(self, done: str = "archived") -> str:
        """All of it in one line, such as ``3 logs archived: 1.2 GB before, 80.1 MB now; 1 left as it is``."""
        count = len(self.moved)
        told = f"{count:,} {'log' if count == 1 else 'logs'} {done}"
        if count and self.after is not None:
            told += f": {size_words(self.before)} before, {size_words(self.after)} now"
        elif count:
            told += f": {size_words(self.before)}"
        if self.left:
            told += f"; {len(self.left):,} left as {'it is' if len(self.left) == 1 else 'they are'}"
        return f"{told}. {self.problem}" if self.problem else told
