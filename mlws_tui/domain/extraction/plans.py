"""Plans: what to read from every line of one shape, found out once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import regex

from mlws_tui.domain.extraction.counters import find_counters
from mlws_tui.domain.extraction.names import (
    is_counter,
    is_denied,
    is_metric,
    is_result,
    is_setting,
    is_speed,
    metric_name,
    names_phase,
    phase_of,
)
from mlws_tui.domain.extraction.numbers import Scale
from mlws_tui.domain.extraction.pairs import HOLE, Pair, find_pairs
from mlws_tui.domain.extraction.prefixes import Prefix, prefix_of
from mlws_tui.domain.extraction.rules import COUNTERS, Rule, RuleSet
from mlws_tui.domain.extraction.shapes import Shape, Spot
from mlws_tui.domain.extraction.telling import begins_traceback, complaint

BAR = "bar"
PAIRS = "pairs"

_TQDM = re.compile(
    r"(?P<desc>(?:(?!%\|)[^\r\n]){0,160}?)(?:: ?)?\s*(?:\d+%\|(?P<drawn>[^|]{0,400})\|\s*)?(?P<iter>\d+)/(?P<iters>\d+)"
    r" \[(?P<elapsed>(?:\d+ days?, )?\d+:\d+(?::\d+)?)<[^,\]=]{1,24}(?:,\s*(?P<speed>[^\],=]{1,24})(?=[,\]]))?"
    r"(?P<pairs>[^\]]{0,4000})\]"
)
#: The same where it has no room to draw.
_PLAIN_BAR = re.compile(r"(?:\d+%\s*)?\d+/\d+ \[\d+:\d+(?::\d+)?<")
_BAR_EPOCH = re.compile(
    r"[Ee]poch[ :=\[(]*(?P<epoch>\d+)(?:\s*(?:/|of)\s*(?P<epochs>\d+))?[\])]?\s*(?:\[?[Tt]rain(?:ing)?\]?)?[\s:]*$"
)
_NESTED = re.compile(
    r"valid|\bval\b|eval|test|sanity|predict|load|download|map\b|filter|generat|token|fetch|save|writing|extract|shard",
    re.I,
)
_GLUED = re.compile(
    r"\[rank\d+\]|slurmstepd|Traceback|\}\s*\{|\d%\||\d{4}-\d\d-\d\dT|\[Rank \d+\]|\d(?:step|epoch|iter|loss|train|val)"
)
_DICT = re.compile(r"\s*\{[^{}]*\}\s*\Z")
#: What may stand between the results of a line that holds nothing else.
_BETWEEN = re.compile(
    r"(?:[^\w/:@<$~\\]|\band\b|(?i:\b(?:train(?:ing)?|val(?:id(?:ation)?)?|test|eval(?:uation)?)\b)[:\s])*\Z"
)
#: The settings of something: ``Namespace(lr=0.1``.
_CALL = re.compile(r"[A-Za-z_]\w*\(\s*[A-Za-z_]\w*\s?=")
#: What is indented so far may be a line of a program's text.
_CODE = 4
#: A value that is no mere count.
_BROKEN = re.compile(r"\.\d|%|\d[eE]|nan|inf", re.I)
_FIGURE = re.compile(r"\b\d", re.ASCII)
_HEADER = re.compile(r"[=\-*#>\s]*(?:\[?(?:[Tt]rain(?:ing)?|TRAIN)\]?:? )?(?:[Ee]poch|EPOCH)\b")


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a line: its name, or where that stands (then behind ``prefix``), and where its number is."""

    name: str | Spot
    value: Spot
    scale: Scale
    known: bool
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class FactSpot:
    """A fact of a line: where its name (or the name itself) and its value stand."""

    kind: str
    name: str | Spot
    value: Spot


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read from a line.

    ``counters`` holds where step, total, epoch, epochs, iter, iters and rank stand. ``rule`` is None for a way of
    reading that is built in, which ``told`` names. ``sure`` says that one of the
    items is a metric by its words. ``elapsed`` is where a bar says how long it runs. ``others`` are for the rows of
    other tables that look the same.
    """

    told: str
    rule: Rule | None = None
    items: tuple[Item, ...] = ()
    counters: tuple[tuple[str, Spot], ...] = ()
    facts: tuple[FactSpot, ...] = ()
    bar: bool = False
    nested: bool = False
    desc: str = ""
    heads: tuple[str, ...] = ()
    row: Spot | None = None
    stamped: bool = False
    timed: bool = False
    trace: bool = False
    first: int | None = None
    sure: bool = False
    elapsed: Spot | None = None
    others: tuple[Plan, ...] = ()

    @property
    def draws(self) -> bool:
        """Whether it is for tqdm's bar, beside which records stand."""
        return self.bar and self.rule is None


#: For lines that hold nothing.
NOTHING = Plan("")


class Planner:
    """Makes plans after a set of rules."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules

    def plan(self, pieces: list[str]) -> Plan:
        """The plan for lines of the shape of these pieces; a pure function of the shape."""
        shape = Shape(pieces)
        prefix = prefix_of(shape.text)
        message = shape.text[prefix.message :]
        if not message:
            return NOTHING
        facts = self._facts(shape, prefix)
        if "traceback" not in self._rules.off:
            if begins_traceback(message):
                return Plan("", trace=True, stamped=prefix.stamped, timed=prefix.timed)
            if complaint(shape.text) is not None:
                facts += (FactSpot("complaint", "", Spot("", 0, 0, "")),)
        numbers = len(pieces) > 1 or "nan" in message.lower()
        plan = self._metrics(shape, prefix) if numbers else self._wordy(shape, prefix)
        heads = tuple(rule.name for rule in self._rules.tables if rule.heads(shape.text, prefix.message))
        if plan is None or plan is NOTHING:
            if not heads and not facts:
                return NOTHING
            return Plan("", heads=heads, facts=facts, stamped=prefix.stamped, timed=prefix.timed)
        rank = (("rank", shape.spot(*prefix.rank)),) if prefix.rank else ()
        return replace(
            plan,
            counters=plan.counters + rank,
            facts=facts,
            heads=heads,
            stamped=prefix.stamped,
            timed=prefix.timed,
        )

    def row(self, pieces: list[str]) -> Plan:
        """The plan for an indented line below a rule's block."""
        shape = Shape(pieces)
        pairs = find_pairs(shape.text, 0, len(shape.text), spaced=False)
        if len(pairs) != 1 or shape.text[pairs[0].value[1] :].strip(" %'\""):
            return NOTHING
        items = _items(shape, pairs, None, strict=False)
        return Plan("", items=items) if items else NOTHING

    def _facts(self, shape: Shape, prefix: Prefix) -> tuple[FactSpot, ...]:
        found: list[FactSpot] = []
        small = shape.text.lower()
        for rule in self._rules.facts:
            if not rule.may_fit(small):
                continue
            match = rule.find(shape.text, prefix.message)
            if match is None:
                continue
            named = "name" in rule.pattern.groupindex and match["name"] is not None
            name = shape.spot(*match.span("name")) if named else rule.names.get("value", "")
            found.append(FactSpot(rule.fact, name, shape.spot(*match.span("value"))))
        return tuple(found)

    def _wordy(self, shape: Shape, prefix: Prefix) -> Plan | None:
        """A line without a number can but head others."""
        small = shape.text.lower()
        for rule in self._rules.blocks:
            if rule.may_fit(small) and (match := rule.find(shape.text, prefix.message)):
                return _by_rule(shape, rule, match)
        return None

    def _metrics(self, shape: Shape, prefix: Prefix) -> Plan | None:
        text = shape.text
        small = text.lower()
        rows = [
            plan
            for rule in self._rules.tables
            if rule.may_fit(small) and (match := rule.find(text, prefix.message))
            if (plan := _by_rule(shape, rule, match)) is not None
        ]
        if rows:
            return replace(rows[0], others=tuple(rows[1:]))
        if BAR not in self._rules.off and ("%|" in text or _PLAIN_BAR.match(text, prefix.message)):
            bar = _TQDM.match(text, prefix.message)
            if bar is not None:
                return _bar(shape, bar)
            return None  # a bar with something glued to it
        for rule in self._rules.metrics:
            if rule.header or not rule.may_fit(small):
                continue
            match = rule.find(text, prefix.message)
            if match is not None:
                return _by_rule(shape, rule, match)
        return None if PAIRS in self._rules.off else _generic(shape, prefix.message)


def _bar(shape: Shape, bar: re.Match[str]) -> Plan:
    counters = [(name, shape.spot(*bar.span(name))) for name in ("iter", "iters")]
    desc = bar["desc"].strip()
    epoch = _BAR_EPOCH.search(shape.text, bar.start("desc"), bar.end("desc"))
    if epoch:
        counters += [(key, shape.spot(*epoch.span(key))) for key in ("epoch", "epochs") if epoch[key]]
    rest = shape.text[bar.end() :].strip()
    elapsed = shape.spot(*bar.span("elapsed"))
    nested = (bool(desc) and _NESTED.search(desc) is not None) or "B/s" in (bar["speed"] or "")
    if nested or (rest and not rest.startswith("\x1b")):
        # What is glued behind a bar may have cut it; how far it is still holds.
        return Plan(BAR, counters=tuple(counters), bar=True, nested=nested, desc=desc, elapsed=elapsed)
    described = find_pairs(shape.text, *bar.span("desc"), spaced=True) if "||" not in desc else []
    pairs = [pair for pair in described if is_metric(metric_name(pair.name))]
    pairs += find_pairs(shape.text, *bar.span("pairs"), spaced=False)
    items = _items(shape, pairs, None, strict=False)
    if len(described) > 0 and items:
        desc = desc[: described[0].start - bar.start("desc")]
    first = 0 if "v_num=" in bar["pairs"] else None  # Lightning's
    sure = any(is_metric(pair.name) for pair in pairs)
    return Plan(
        BAR,
        items=items,
        counters=tuple(counters),
        bar=True,
        desc=desc,
        first=first,
        sure=sure,
        elapsed=elapsed,
    )


def _by_rule(shape: Shape, rule: Rule, match: regex.Match[str]) -> Plan | None:
    if rule.nothing:
        return NOTHING
    counters: list[tuple[str, Spot]] = []
    items: list[Item] = []
    phase = phase_of(match["phase"] or "") if "phase" in rule.pattern.groupindex else ""
    named = {"name", "value"} <= rule.pattern.groupindex.keys()
    if named:
        name = metric_name(match["name"])
        if name and not is_counter(name) and name not in rule.skip:
            items.append(Item(rule.prefix + name, shape.spot(*match.span("value")), Scale.PLAIN, True))
    for group in rule.pattern.groupindex:
        if (
            match[group] is None
            or group in ("pairs", "row", "phase")
            or (named and group in ("name", "value"))
        ):
            continue
        spot = shape.spot(*match.span(group))
        if group in COUNTERS:
            counters.append((group, spot))
        else:
            name = rule.names.get(group, rule.prefix + phase + group.replace("__", "/"))
            percent = shape.text[match.end(group) :].lstrip(" ")[:1] == "%"
            items.append(Item(name, spot, Scale.PERCENT if percent else Scale.PLAIN, True))
    if rule.pairs:
        grouped = "pairs" in rule.pattern.groupindex
        start, end = match.span("pairs") if grouped else (match.end(), len(shape.text))
        tail = shape.text[start:end]
        if _GLUED.search(tail):
            return None
        pairs = find_pairs(shape.text, start, end, spaced=rule.pairs == "spaced")
        more = _items(shape, pairs, rule, strict=False)
        if pairs and not more and _doubled(pairs):
            return None
        items += more
    names = [item.name for item in items if isinstance(item.name, str)]
    if any(names.count(name) > 1 for name in names):
        return None
    row = shape.spot(*match.span("row")) if "row" in rule.pattern.groupindex and match["row"] else None
    return Plan(rule.name, rule, tuple(items), tuple(counters), row=row, bar=rule.bar)


def _generic(shape: Shape, start: int) -> Plan | None:
    """Counters and pairs in a line that no rule fits."""
    text = shape.text
    if _GLUED.search(text, start):
        return None
    counted = find_counters(text, start)
    if counted is None:
        return None
    counters = tuple((key, shape.spot(*span)) for key, span in counted.spans.items())
    holed = text
    for first, end in counted.taken:
        holed = holed[:first] + HOLE * (end - first) + holed[end:]
    pairs = find_pairs(holed, start, len(text), spaced=bool(counters))
    items = _items(shape, pairs, None, strict=True)
    if "item" in counted.spans:
        items = tuple(item for item in items if item.known)
    if not counters:
        lone = _lone(shape, start, pairs or find_pairs(text, start, len(text), spaced=True))
        if lone is not None or _CALL.search(text, start):
            return lone
        items = tuple(item for item in items if not (isinstance(item.name, str) and is_setting(item.name)))
    if not items:
        header = (
            "epoch" in counted.spans and _HEADER.match(text, start) and len(counted.taken) == 1 and not pairs
        )
        return Plan(PAIRS, counters=counters) if header else None
    if not counters and not _dense(text[start:], pairs, items):
        return None
    sure = bool(counters) and any(is_metric(pair.name) and not is_denied(pair.name) for pair in pairs)
    return Plan(PAIRS, items=items, counters=counters, sure=sure)


def _lone(shape: Shape, start: int, pairs: list[Pair]) -> Plan | None:
    """A line that is nothing but results: ``Accuracy: 87.3%, F1: 0.852``."""
    indented = start and not shape.text[:start].strip(" ") and start >= _CODE
    if indented or not pairs or not all(is_result(metric_name(pair.phase + pair.name)) for pair in pairs):
        return None
    if not all(_BROKEN.search(shape.text, pair.value[0], pair.end) for pair in pairs):
        return None
    bounds = [start, *(bound for pair in pairs for bound in (pair.start, pair.end)), len(shape.text)]
    between = "".join(shape.text[bounds[at] : bounds[at + 1]] for at in range(0, len(bounds), 2))
    if not _BETWEEN.match(between):
        return None
    items = _items(shape, pairs, None, strict=True)
    return Plan(PAIRS, items=items, sure=True) if items else None


def _dense(message: str, pairs: list[Pair], items: tuple[Item, ...]) -> bool:
    """Whether a line without a counter is made of pairs, and no prose with a figure in it."""
    if all(pair.quoted for pair in pairs):
        return _DICT.match(message) is not None
    letters = sum(character.isalpha() for character in message)
    named = sum(sum(character.isalpha() for character in pair.name) for pair in pairs)
    return letters <= 2 * named + 24 and len(items) <= 24


def _doubled(pairs: list[Pair]) -> bool:
    names = [pair.phase + pair.name for pair in pairs if not _FIGURE.search(pair.name)]
    return len(set(names)) < len(names)


def _items(shape: Shape, pairs: list[Pair], rule: Rule | None, *, strict: bool) -> tuple[Item, ...]:
    """The values of the pairs that can be metrics; none where a name is there twice, as lines are then glued."""
    items: list[Item] = []
    seen: set[str] = set()
    for pair in pairs:
        name = _name(pair, rule, strict=strict)
        if not name or (strict and not _plausible(pair, name)):
            continue
        figured = _FIGURE.search(pair.name) is not None
        if name in seen and not figured:
            return ()
        seen.add(name)
        mean = rule is not None and rule.mean and pair.mean is not None
        start, end = pair.mean if mean and pair.mean else pair.value
        scale = pair.mean_scale if mean else pair.scale
        known = is_metric(name) or is_speed(name) or (pair.quoted and rule is not None)
        called: str | Spot = name
        if figured:
            called = shape.spot(pair.start, pair.start + len(pair.name))
        prefix = name[: -len(metric_name(pair.name))] if name.endswith(metric_name(pair.name)) else ""
        items.append(Item(called, shape.spot(start, end), scale, known, prefix))
    return tuple(items)


def _name(pair: Pair, rule: Rule | None, *, strict: bool) -> str:
    name = metric_name(pair.name)
    if not name:
        return ""
    if rule is not None:
        if name in rule.names:
            return rule.names[name]
        if name in rule.skip or (rule.only and name not in rule.only):
            return ""
        if rule.prefix and not names_phase(name):
            name = rule.prefix + name
    if is_counter(name) or (strict and is_denied(name)):
        return ""
    return pair.phase + name if pair.phase and not names_phase(name) else name


def _plausible(pair: Pair, name: str) -> bool:
    """Whether a pair of a line that no rule knows may be a metric."""
    if is_metric(name) or is_speed(name):
        return pair.signed or pair.neat
    return pair.signed and (pair.neat or pair.quoted)
