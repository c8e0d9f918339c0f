"""What a look at a workspace found: checks in groups, links that lead nowhere, and what was mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended. `ADVICE` is worth knowing and breaks nothing; `PROBLEM` should be seen to."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: A word or two for it, the same at each time.
        message: What was found, in one sentence without a full stop.
        hint: What the person can do; empty where nothing need be done.
        level: How it ended.
    """

    name: str
    message: str
    hint: str = ""
    level: Level = Level.OK

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; mere advice is ok."""
        return self.level is not Level.PROBLEM


def fine(name: str, message: str) -> Check:
    """A check that found all as it should be."""
    return Check(name, message)


def advice(name: str, message: str, hint: str = "") -> Check:
    """A check that found something worth knowing."""
    return Check(name, message, hint, Level.ADVICE)


def problem(name: str, message: str, hint: str = "") -> Check:
    """A check that found something wrong."""
    return Check(name, message, hint, Level.PROBLEM)


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A link whose target is not there.

    Attributes:
        path: The file that it stands in, relative to the workspace; for a log that of the run's streams.
        line: Its line, counted from 1; None for the log of a run.
        target: Where it leads, as it is written.
        hint: What may have been meant; empty where nothing is near.
    """

    path: str
    line: int | None
    target: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Checks of one subject."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that was looked at in a workspace.

    Attributes:
        groups: The checks by subject, in the order of the screen.
        broken: Links that lead nowhere.
    """

    groups: tuple[Group, ...]
    broken: tuple[BrokenLink, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok for check in self.checks())

    def checks(self) -> Iterator[Check]:
        """The checks of all groups."""
        for group in self.groups:
            yield from group.checks

    def count(self, level: Level) -> int:
        """How many checks ended so."""
        return sum(check.level is level for check in self.checks())


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was mended, or could not be.

    Attributes:
        message: What was done, or tried.
        ok: Whether it worked.
    """

    message: str
    ok: bool = True
