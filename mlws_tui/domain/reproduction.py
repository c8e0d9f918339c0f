"""What doing a run again takes, and in what today differs from the day it was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mlws_tui.domain.runs import Run
from mlws_tui.domain.shellwords import quote

#: The last line of a diff that was too long to be kept whole begins so.
CUT = "\\ the diff is cut"
PACKAGE = "package"
_BINARY = re.compile(
    r"^Binary files (?:a/(?P<old>.*)|/dev/null) and (?:b/(?P<new>.*)|/dev/null) differ$", re.M
)
_SHA = re.compile(r"[0-9a-f]{7,64}\Z")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: ``package torch: 2.1.0 then, 2.4.1 now``. Empty: it was or is not there."""

    kind: str
    name: str
    then: str
    now: str

    def words(self) -> str:
        """It in one line."""
        what = f"{self.kind} {self.name}".strip()
        return f"{what}: {self.then or 'none'} then, {self.now or 'none'} now"


@dataclass(frozen=True, slots=True)
class ReproductionPlan:
    """How a run would be done again.

    Attributes:
        run: The run.
        command: What it ran, its words as recorded.
        cwd: Where it ran.
        repository: Top folder of the repository that has its commit; None where its code is not in git.
        tops: Its names in the command: its own, and that by which the command was run.
        sha: The commit; empty where there is none.
        below: Where in the repository it ran; ``.`` for its top.
        kinds: Paths of the command that the commit has, ``blob`` or ``tree`` by path.
        diff: The changes that were not committed; empty where there were none.
        diff_problem: Why these cannot be restored, in words; empty where they can.
        problems: What stands in the way, a sentence each.
        notes: What the person should know, a sentence each.
        differences: What is not as it was.
        same: What was compared and is as it was, in words.
        data: Files whose hashes are recorded again.
        shims: Trackers whose reports are recorded here, as the run's were.
    """

    run: Run
    command: tuple[str, ...]
    cwd: str
    repository: Path | None = None
    tops: tuple[str, ...] = ()
    sha: str = ""
    below: str = "."
    kinds: Mapping[str, str] = field(default_factory=dict)
    diff: str = ""
    diff_problem: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    same: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    shims: tuple[str, ...] = ()

    def obstacles(self, *, without_diff: bool = False) -> tuple[str, ...]:
        """What stands in the way, a sentence each; `without_diff`: if the uncommitted changes are left out."""
        diff = () if without_diff or not self.diff_problem else (self.diff_problem,)
        return (*self.problems, *diff)

    def told(self) -> list[str]:
        """What differs today and what to know, a sentence each."""
        shown, new = split_new(self.differences)
        words = [f"differs today: {one.words()}" for one in shown]
        if new:
            words.append(f"differs today: {len(new)} packages that were not there: {listed(new)}")
        return [*words, *self.notes]

    def folder_in(self, place: Path) -> Path:
        """Where the command is to run, with the commit checked out at `place`."""
        return place / self.below if self.below != "." else place

    def command_in(self, place: str) -> tuple[str, ...]:
        """The command with what the commit has taken from `place`, rather than from the checkout that was used."""
        if self.repository is None or not self.command:
            return self.command
        words = [self._word_in(word, place) for word in self.command]
        program = self.command[0]
        if "/" in program and not program.startswith("/") and path_in(program, self) not in self.kinds:
            words[0] = str(
                Path(self.cwd) / program
            )  # as of an environment beside the code, which git does not have
        return tuple(words)

    def _word_in(self, word: str, place: str) -> str:
        option, equals, value = word.partition("=") if not word.startswith("/") else ("", "", word)
        if not value.startswith("/"):
            return word
        path = path_in(value, self)
        if path is None or (path != "." and path not in self.kinds):
            return word
        return f"{option}{equals}{place}" if path == "." else f"{option}{equals}{place}/{path}"


def path_in(word: str, plan: ReproductionPlan) -> str | None:
    """A path of the command relative to the top of the repository, ``.`` for that; None where it leads elsewhere."""
    if plan.repository is None or "\0" in word or "\n" in word:
        return None
    if word.startswith("/"):
        top = next((top for top in plan.tops if PurePosixPath(word).is_relative_to(top)), None)
        if top is None:
            return None
        path = PurePosixPath(word).relative_to(top)
    else:
        path = PurePosixPath(plan.below) / word
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and not parts:
            return None
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts) or "."


def paths_of(command: Sequence[str], plan: ReproductionPlan) -> list[str]:
    """What of a command may be a path in the repository, relative to its top."""
    words = [word for word in command if word and not word.startswith("-")]
    words += [value for word in command for _, _, value in [word.partition("=")] if value.startswith("/")]
    return list(dict.fromkeys(path for word in words if (path := path_in(word, plan)) not in (None, ".")))


def good_sha(value: object) -> str:
    """The value if it is the name of a commit, else an empty text: what is recorded is data."""
    return value if isinstance(value, str) and _SHA.match(value) else ""


def unrestorable(diff: str) -> str:
    """Why a diff as it was recorded cannot be restored; empty where it may be."""
    if diff.rstrip("\n").rpartition("\n")[2].startswith(CUT):
        return "the uncommitted changes were too large to be kept whole"
    names = [match["new"] or match["old"] for match in _BINARY.finditer(diff)]
    if names:
        return f"of binary files the uncommitted changes were not kept: {listed(names)}"
    return ""


def compare_packages(then: Mapping[str, object], now: Mapping[str, str]) -> list[Difference]:
    """What is installed in another version, what is missing and what is new, in this order."""
    old = {normal(str(name)): str(version) for name, version in then.items()}
    new = {normal(name): version for name, version in now.items()}
    changed = [name for name in old if name in new and old[name] != new[name]]
    missing = [name for name in old if name not in new]
    added = [name for name in new if name not in old]
    ordered = [*sorted(changed), *sorted(missing), *sorted(added)]
    return [Difference(PACKAGE, name, old.get(name, ""), new.get(name, "")) for name in ordered]


def split_new(differences: Iterable[Difference]) -> tuple[list[Difference], list[str]]:
    """The differences without packages that are there in addition, of which there may be many; and those by name."""
    shown: list[Difference] = []
    new: list[str] = []
    for one in differences:
        if one.kind == PACKAGE and not one.then:
            new.append(one.name)
        else:
            shown.append(one)
    return sorted(shown, key=lambda one: one.kind == PACKAGE), new


def same_python(then: str, now: str) -> bool:
    """Whether two versions are the same as far as both are known: ``3.11`` and ``3.11.7`` are."""
    one, other = then.split("."), now.split(".")
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(names: Iterable[str]) -> str:
    """The first of the names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def command_line(words: Sequence[str]) -> str:
    """A command as a line for a shell."""
    return " ".join(map(quote, words))
