"""Where runs come from: which was forked from which, which one started others, and what changed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlws_tui.domain.metricnames import result
from mlws_tui.domain.runs import Run
from mlws_tui.domain.words import as_words, leaves

#: How a run hangs together with the one above it.
FORK, LAUNCHED = "fork", "launched"
#: Runs of a family that are told of; of a larger one those nearest to the run that was asked for.
MOST = 500
_LONGEST = 40  # characters of a value in a row


@dataclass(frozen=True, slots=True)
class Link:
    """A run and what it says of where it comes from; both are ids of runs, which may be gone."""

    id: str
    parent: str | None
    launched_by: str | None

    @property
    def above(self) -> tuple[str, str] | None:
        """The run that it hangs below, and how. What it was forked from tells more than what started it."""
        if self.parent and self.parent != self.id:
            return self.parent, FORK
        if self.launched_by and self.launched_by != self.id:
            return self.launched_by, LAUNCHED
        return None


@dataclass(frozen=True, slots=True)
class Kin:
    """The nearest relations of a run as (relation, id): ``parent``, ``launched_by``, ``fork`` and ``launched``."""

    relations: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of those that are known


@dataclass(frozen=True, slots=True)
class Change:
    """A key of the config that a fork set otherwise than the run that it was forked from."""

    key: str
    before: Any
    after: Any
    added: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A run in the tree.

    Attributes:
        run: None where it is gone, or was never seen here.
        above: The id of the run that it hangs below; None for the first.
        relation: ``fork`` or ``launched``: how it hangs below that one; empty for the first.
        changes: What its config has otherwise than that of the run above, where it was forked.
    """

    id: str
    run: Run | None
    above: str | None
    depth: int
    relation: str
    last: bool  # among those below the same one
    lines: tuple[bool, ...]  # for each run above it, whether its own line goes on
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """A family of runs as a tree, row by row; `more` counts those that it has no room for."""

    run: str
    nodes: tuple[Node, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """Ids of a family: its first run, what hangs below each, and how."""

    first: str
    below: Mapping[str, Sequence[tuple[str, str]]]
    members: tuple[str, ...]


def kin_of(run: Run, links: Iterable[Link]) -> Kin:
    """The nearest relations of a run, the ones above first, then those below by their ids."""
    above = (("parent", run.parent), ("launched_by", run.launched_by))
    found = [(relation, other) for relation, other in above if other]
    for link in sorted(links, key=lambda one: one.id):
        if link.above is not None and link.above[0] == run.id:
            found.append((link.above[1], link.id))
    return Kin(tuple(found))


def family_of(run_id: str, links: Iterable[Link]) -> Family:
    """All that hang together with a run. Rings, which no honest record makes, are cut."""
    known = {link.id: link for link in links}
    below: dict[str, list[tuple[str, str]]] = {}
    for link in sorted(known.values(), key=lambda one: one.id):
        if link.above is not None:
            below.setdefault(link.above[0], []).append((link.id, link.above[1]))
    first, seen = run_id, {run_id}
    while (child := known.get(first)) is not None and child.above is not None and child.above[0] not in seen:
        first = child.above[0]
        seen.add(first)
    members = tuple(id for id, *_ in _walk(first, below))
    if run_id not in members[:MOST]:  # too large a family: only the part around the run is told of
        own = known.get(run_id)
        first = own.above[0] if own is not None and own.above is not None else run_id
        members = tuple(id for id, *_ in _walk(first, below))
    return Family(first, below, members)


def tree(run_id: str, family: Family, runs: Mapping[str, Run]) -> Lineage:
    """The family as rows, each with what changed from the run above it."""
    nodes: list[Node] = []
    above: list[str] = []
    for id, depth, relation, last, lines in _walk(family.first, family.below):
        if len(nodes) == MOST:
            break
        del above[depth:]
        run, over = runs.get(id), runs.get(above[-1]) if above else None
        changes = changed(over, run) if relation == FORK and over is not None and run is not None else ()
        node = Node(id, run, above[-1] if above else None, depth, relation, last, lines, changes)
        nodes.append(node)
        above.append(id)
    return Lineage(run_id, tuple(nodes), len(family.members) - len(nodes))


def changed(before: Run, after: Run) -> tuple[Change, ...]:
    """What one run's config has otherwise than another's, by dotted names."""
    old, new = dict(leaves(before.config)), dict(leaves(after.config))
    found = []
    for key in dict.fromkeys((*old, *new)):
        if key not in old or key not in new or old[key] != new[key]:
            found.append(Change(key, old.get(key), new.get(key), key not in old, key not in new))
    return tuple(found)


def branch(node: Node) -> str:
    """The lines that lead to a run in the tree."""
    if not node.depth:
        return ""
    gone_by = "".join("│  " if goes_on else "   " for goes_on in node.lines)
    return f"{gone_by}{'└─ ' if node.last else '├─ '}"


def change_words(change: Change) -> str:
    """What a fork changed: ``lr 0.001 → 0.0001``. Not yet safe for a terminal."""
    if change.dropped:
        return f"{change.key} dropped"
    after = _short(change.after)
    return f"{change.key} {after}" if change.added else f"{change.key} {_short(change.before)} → {after}"


def headline(run: Run) -> tuple[str, float] | None:
    """The metric that tells best how a run came out, and its last value; None where it logged none."""
    name = result(run.latest)
    return None if name is None else (name, run.latest[name].last)


def _walk(
    first: str, below: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[tuple[str, int, str, bool, tuple[bool, ...]]]:
    """Each id once, those below it after it: (id, depth, relation, whether it is the last, lines that go on)."""
    waiting: list[tuple[str, int, str, bool, tuple[bool, ...]]] = [(first, 0, "", True, ())]
    seen: set[str] = set()
    while waiting:
        id, depth, relation, last, above = waiting.pop()
        if id in seen:
            continue
        seen.add(id)
        yield id, depth, relation, last, above
        children = [one for one in below.get(id, ()) if one[0] not in seen]
        lines = (*above, not last) if depth else ()
        for place, (child, how) in reversed(list(enumerate(children))):
            waiting.append((child, depth + 1, how, place == len(children) - 1, lines))


def _short(value: Any) -> str:
    told = as_words(value)
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"
