"""The names by which people ask for something of a run: its own fields, its config, its metrics, its summary.

Filters, columns, orders and groups all understand a name alike: see `parse_column`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from mlws_tui.domain.errors import UsageError

#: What may be asked of a metric; ``last`` where nothing is said.
STATS = ("last", "min", "max", "mean", "best", "count")
#: Prefixes that say where a name is looked for; without one it is looked for in all of them, in this order.
SECTIONS = ("config", "metric", "summary")
_PREFIXES = {
    "cfg": "config",
    "config": "config",
    "metric": "metric",
    "metrics": "metric",
    "summary": "summary",
}
_LONGEST = 300
_QUOTED = re.compile(rf'"((?:[^"\\]|\\.)+)"(?::({"|".join(STATS)}))?\Z', re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


class Kind(StrEnum):
    """What the values of a field are, and so what may be asked of them."""

    TEXT = "text"  # `:` finds a part of it
    WORD = "word"  # `:` means all of it
    WORDS = "words"  # several of them
    START = "start"  # `:` means how it begins
    STATE = "state"
    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Field:
    """Something that every run may have.

    Attributes:
        name: As people write it.
        kind: What its values are.
        told: What it is, in a few words.
        aliases: Other names for it.
    """

    name: str
    kind: Kind
    told: str
    aliases: tuple[str, ...] = ()


_ALL = (
    Field("id", Kind.TEXT, "its id"),
    Field("name", Kind.TEXT, "its name"),
    Field("tag", Kind.WORDS, "one of its tags", ("tags",)),
    Field("experiment", Kind.TEXT, "its experiment", ("exp",)),
    Field("model", Kind.TEXT, "the model"),
    Field("dataset", Kind.TEXT, "the data"),
    Field("kind", Kind.WORD, "training, evaluation, agent…"),
    Field("state", Kind.STATE, "running, completed, failed…", ("status",)),
    Field("host", Kind.WORD, "the machine"),
    Field("sha", Kind.START, "the commit; how it begins will do", ("git", "commit")),
    Field("branch", Kind.WORD, "the branch of its commit"),
    Field("note", Kind.TEXT, "its notes", ("notes",)),
    Field("error", Kind.TEXT, "why it failed"),
    Field("reason", Kind.WORD, "what ended it: oom-gpu, interrupted…"),
    Field("command", Kind.TEXT, "the command", ("cmd",)),
    Field("parent", Kind.TEXT, "the run it was forked from"),
    Field("started", Kind.TIME, "when it began"),
    Field("ended", Kind.TIME, "when it ended"),
    Field("age", Kind.SECONDS, "how long ago it began"),
    Field("duration", Kind.SECONDS, "how long it took"),
    Field("eta", Kind.SECONDS, "how long it still takes"),
    Field("progress", Kind.SHARE, "how much of it is done"),
    Field("step", Kind.NUMBER, "the last step"),
    Field("epoch", Kind.NUMBER, "the last epoch"),
    Field("gpus", Kind.NUMBER, "how many GPUs"),
    Field("gpu-hours", Kind.NUMBER, "GPUs times hours", ("gpuhours", "gpu_hours")),
    Field("ranks", Kind.NUMBER, "how many processes"),
    Field("attempt", Kind.NUMBER, "how often it was started"),
    Field("exit", Kind.NUMBER, "its exit code", ("exit-code",)),
    Field("best", Kind.TEXT, "the checkpoint that was marked best"),
)
#: Every field by its name and its other names.
FIELDS: Mapping[str, Field] = {name: one for one in _ALL for name in (one.name, *one.aliases)}
#: Every field once, in the order in which they are offered.
ALL_FIELDS: tuple[Field, ...] = _ALL


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """Something of a run that a column shows, a list is sorted by or a filter looks at.

    Attributes:
        text: As it was written.
        kind: ``field``, ``config``, ``metric``, ``summary``, or ``any`` for the first of the last three that a run has.
        key: The name of the field or metric, or the key with its dots (``optim.lr``).
        stat: One of STATS for a metric, else empty.
    """

    text: str
    kind: str
    key: str
    stat: str = ""

    @property
    def field(self) -> Field | None:
        """The field that it is, if it is one."""
        return FIELDS[self.key] if self.kind == "field" else None


def parse_column(text: str) -> ColumnSpec:
    """What a name means: ``host``, ``lr``, ``config.optim.lr``, ``val/loss:min``, ``metric.acc:best``, ``summary.f1``.

    A name in double quotes is a key or metric to the letter.

    Raises:
        UsageError: if it is no name, or asks something of a metric that is not kept.
    """
    written = text.strip()
    if not written or len(written) > _LONGEST:
        raise UsageError(
            f"{written[:40]!r} names no column",
            hint="a field, a config key, or a metric such as val/loss:min",
        )
    if written[0] == '"':
        match = _QUOTED.match(written)
        if match is None:
            raise UsageError(
                f"{written!r} names no column", hint='it ends after the quote, or as in "my loss":min'
            )
        key, stat = _ESCAPED.sub(r"\1", match[1]), (match[2] or "").lower()
        return ColumnSpec(written, "metric" if stat else "any", key, stat)
    known = FIELDS.get(written.lower())
    if known is not None:
        return ColumnSpec(written, "field", known.name)
    name, colon, stat = written.rpartition(":")
    if colon and name:
        if stat.lower() not in STATS:
            hint = (
                near(stat, STATS) or f"one of {', '.join(STATS)}; a name with a colon goes in double quotes"
            )
            raise UsageError(f"There is no {stat!r} of a metric in {written!r}", hint=hint)
        kind, key = _section(name)
        if kind not in ("any", "metric"):
            raise UsageError(f"{written!r}: only a metric has a {stat.lower()}", hint=f"{name} alone")
        return ColumnSpec(written, "metric", key, stat.lower())
    kind, key = _section(written)
    return ColumnSpec(written, kind, key, "last" if kind == "metric" else "")


def near(word: str, names: Iterable[str]) -> str:
    """``did you mean X?`` where one of the names is near to the word, else an empty text."""
    found = get_close_matches(word.lower(), list(names), n=1, cutoff=0.6)
    return f"did you mean {found[0]}?" if found else ""


def _section(name: str) -> tuple[str, str]:
    prefix, dot, key = name.partition(".")
    kind = _PREFIXES.get(prefix.lower()) if dot and key else None
    return (kind, key) if kind is not None else ("any", name)
