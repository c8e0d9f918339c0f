"""What a filter of runs asks: its terms, and how they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlws_tui.domain.runfields import ColumnSpec
from mlws_tui.domain.runtokens import Value, as_word
from mlws_tui.domain.runvalues import Span

#: What may be asked with ``is:``, and what it means.
FLAGS: Mapping[str, str] = {
    "archived": "was put away",
    "deleted": "was deleted and can be restored",
    "running": "runs now",
    "live": "may still go on: running, created or lost",
    "ended": "is over",
    "tagged": "has a tag",
    "noted": "has a note",
    "best": "was marked as the best of its experiment",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word or words in quotes, looked for in what people call and write about runs."""

    text: str

    def __str__(self) -> str:
        return as_word(self.text)


@dataclass(frozen=True, slots=True)
class Test:
    """A name compared with values, of which any one may fit.

    Attributes:
        name: As it was written.
        column: What it means.
        operator: One of `OPERATORS`.
        values: At least one.
        wanted: The values as numbers or times where they are such.
    """

    name: str
    column: ColumnSpec = field(compare=False)
    operator: str
    values: tuple[Value, ...]
    wanted: tuple[float | Span | None, ...] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{','.join(map(str, self.values))}"


@dataclass(frozen=True, slots=True)
class Has:
    """Whether a run has a value of that name."""

    name: Value
    column: ColumnSpec = field(compare=False)

    def __str__(self) -> str:
        return f"has:{self.name}"


@dataclass(frozen=True, slots=True)
class Is:
    """One of FLAGS."""

    flag: str

    def __str__(self) -> str:
        return f"is:{self.flag}"


@dataclass(frozen=True, slots=True)
class Not:
    """All runs but those."""

    inner: Node

    def __str__(self) -> str:
        return f"-({self.inner})" if isinstance(self.inner, And | Or) else f"-{self.inner}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or | And) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


Node = Word | Test | Has | Is | Not | And | Or
