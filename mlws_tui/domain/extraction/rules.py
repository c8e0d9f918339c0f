"""Rules that tell which lines hold metrics or facts, as people write them in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import regex

from mlws_tui.domain.errors import ConfigError
from mlws_tui.domain.extraction.numbers import NUMBER

#: A rule may look at one shape of a line for so long; one that needs longer does not fit.
LIMIT = 0.1
#: Groups that tell where in the training a line is, and not a metric.
COUNTERS = ("step", "total", "epoch", "epochs", "iter", "iters", "rank")

_PLACE = re.compile(r"\{(\*|[A-Za-z_]\w*)\}")
_DIGIT_RUNS = re.compile(
    r"(?:\[0-9\]|\\d)(?:\{\d+(?:,\d*)?\})?(?:(?:\[0-9\]|\\d)(?:\{\d+(?:,\d*)?\})?)*([+*]?)"
)
_FIGURE = re.compile(r"(?<![\w\\{,])\d+(?![\d,]*\})")
_WHOLE = r"\d+(?:,\d+)*"


@dataclass(frozen=True, slots=True)
class Example:
    """A line, or several, and what they are to give: values by name, and the step of the last."""

    text: str
    gives: Mapping[str, float] = field(default_factory=dict)
    step: float | None = None


@dataclass(frozen=True)
class Rule:
    """One rule.

    A rule sees the shape of a line, in which each number is ``0``, from where its time, level and logger end.

    Attributes:
        name: Its name, by which it can be switched off.
        match: Regular expression that must fit at the beginning of the message.
        has: Texts in small letters, one of which the line must hold, great or small, for the rule to be tried.
        pairs: ``signed`` takes ``name: value`` and ``name=value`` from what follows the match, or from its group
            ``pairs``; ``spaced`` takes ``name value`` too; empty takes none.
        prefix: Set before each name that tells no phase itself: ``val/``.
        names: Other names for groups or pairs.
        skip: Names that are not taken.
        only: Where it is not empty, the only names that are taken.
        epochs_from: Number of the first epoch; None for what the first one seen says.
        by_epoch: The step is the epoch, whatever else the line counts.
        bar: The line is drawn again and again with running means: of a step only the last counts.
        mean: Take the running mean in brackets instead of the value.
        lasting: Only the last of a count is taken, where ``iter`` is ``iters``.
        beside: The step is that of the bar beside the line.
        block: Indented ``name=value`` lines that follow belong to it.
        header: Regular expression of the line above that names the columns; the match's ``row`` are their values.
        nothing: Such lines hold no metric.
        fact: Kind of the fact that the group ``value`` (and ``name``) tells; then no metric is looked for.
        examples: Lines that it fits.
    """

    name: str
    match: str
    has: tuple[str, ...] = ()
    pairs: str = ""
    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    skip: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    epochs_from: int | None = None
    by_epoch: bool = False
    bar: bool = False
    mean: bool = False
    lasting: bool = False
    beside: bool = False
    block: bool = False
    header: str = ""
    nothing: bool = False
    fact: str = ""
    examples: tuple[Example, ...] = ()

    @cached_property
    def pattern(self) -> regex.Pattern[str]:
        """The compiled expression.

        Raises:
            ConfigError: It cannot be compiled, or names a figure.
        """
        return compile_match(self.match)

    @cached_property
    def header_pattern(self) -> regex.Pattern[str]:
        """The same for the header."""
        return compile_match(self.header)

    def may_fit(self, small: str) -> bool:
        """Whether a shape, given in small letters, holds what the rule asks for."""
        if len(self.has) == 1:
            return self.has[0] in small
        return not self.has or any(text in small for text in self.has)

    def find(self, shape: str, start: int) -> regex.Match[str] | None:
        """Where the rule fits a shape from ``start`` on; None where it does not, or takes too long."""
        return _match(self.pattern, shape, start)

    def heads(self, shape: str, start: int) -> bool:
        """Whether a shape is the header of this rule's table."""
        return bool(self.header) and _match(self.header_pattern, shape, start) is not None


@dataclass(frozen=True)
class RuleSet:
    """Rules in the order in which they are tried, those that are switched off left out.

    Attributes:
        rules: The first that fits a line holds.
        off: Names of built-in ways of reading that are switched off: ``json``, ``bar``, ``pairs``, ``traceback``.
    """

    rules: tuple[Rule, ...] = ()
    off: frozenset[str] = frozenset()

    @cached_property
    def metrics(self) -> tuple[Rule, ...]:
        """The rules for metrics."""
        return tuple(rule for rule in self.rules if not rule.fact)

    @cached_property
    def tables(self) -> tuple[Rule, ...]:
        """The rules for tables, whose names stand in a header."""
        return tuple(rule for rule in self.metrics if rule.header)

    @cached_property
    def blocks(self) -> tuple[Rule, ...]:
        """The rules for records of several lines."""
        return tuple(rule for rule in self.metrics if rule.block)

    @cached_property
    def facts(self) -> tuple[Rule, ...]:
        """The rules for facts."""
        return tuple(rule for rule in self.rules if rule.fact)


#: Ways of reading that are no rules, but can be switched off by name like them.
BUILT_IN = ("json", "bar", "pairs", "traceback")


def template(line: str) -> str:
    """The expression for a line as it is printed, with ``{name}`` for numbers and ``{*}`` for anything."""
    parts: list[str] = []
    at = 0
    for place in _PLACE.finditer(line):
        parts.append(_literal(line[at : place.start()]))
        name = place[1]
        if name == "*":
            parts.append(".*?")
        elif name in COUNTERS:
            parts.append(rf"\s*(?P<{name}>{_WHOLE})")
        else:
            parts.append(rf"\s*(?P<{name}>{NUMBER})")
        at = place.end()
    parts.append(_literal(line[at:].rstrip()))
    return "".join(parts) + r"\s*$"


def compile_match(source: str) -> regex.Pattern[str]:
    """Compile a rule's expression.

    Raises:
        ConfigError: It is none, or holds a figure, which no shape has.
    """
    source = _DIGIT_RUNS.sub(lambda run: r"\d*" if run[1] == "*" else r"\d+", source)
    figure = _FIGURE.search(re.sub(r"\(\?P?<\w+>", "(", source))
    if figure:
        raise ConfigError(
            f"the figure {figure[0]} stands in it", hint=r"write \d+ for a number, whichever it is"
        )
    try:
        return regex.compile(source.replace("{num}", f"(?:{NUMBER})"))
    except regex.error as error:
        raise ConfigError(f"it cannot be understood: {error}") from None


def rule_problem(rule: Rule) -> str:
    """Why a rule can never give anything; empty where it can."""
    groups = set(rule.pattern.groupindex)
    if rule.fact:
        return "" if "value" in groups else "a fact needs the group value"
    if rule.nothing:
        return ""
    if rule.header:
        return "" if "row" in groups else "a table needs the group row"
    named = groups - set(COUNTERS) - {"pairs"}
    counted = groups & {"step", "epoch"}
    return (
        ""
        if named or rule.pairs or rule.block or counted
        else "it names no metric: add a group, or pairs: true"
    )


def joined(sets: Iterable[tuple[Rule, ...]], off: Iterable[str]) -> RuleSet:
    """One set of several, the first first, without the rules that are off."""
    without = frozenset(off)
    rules = tuple(rule for rules in sets for rule in rules if rule.name not in without)
    return RuleSet(rules, without & frozenset(BUILT_IN))


def _literal(text: str) -> str:
    words = [re.escape(word) for word in text.split()]
    body = r"\s+".join(words)
    if not words:
        return r"\s+" if text else ""
    return (r"\s*" if text[0].isspace() else "") + body + (r"\s*" if text[-1].isspace() else "")


def _match(pattern: regex.Pattern[str], shape: str, start: int) -> regex.Match[str] | None:
    try:
        return pattern.match(shape, start, timeout=LIMIT)
    except TimeoutError:
        return None
