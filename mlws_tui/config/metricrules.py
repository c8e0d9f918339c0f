"""Loads the rules by which metrics and facts are found in the text of logs.

They are YAML files: those that are shipped, by framework, in ``templates/metrics``; the person's own in
``$XDG_CONFIG_HOME/mlws-tui/templates/metrics``; a workspace's in ``.mlws/templates/metrics``. The workspace's come
first, and each file may switch rules off by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlws_tui.config.resources import shipped
from mlws_tui.config.rulefolders import rule_folders as rule_folders
from mlws_tui.config.workspace import Workspace
from mlws_tui.config.yamlfile import Document, Value, nearest, problem, read
from mlws_tui.domain.errors import ConfigError
from mlws_tui.domain.extraction.rules import BUILT_IN, Example, Rule, RuleSet, joined, rule_problem, template

#: Files of one folder that are read; a folder with more is none of rules.
MAX_FILES = 100

_ROOT = ("about", "off", "rules")
_TEXTS = {"name": "name", "line": "", "match": "", "prefix": "prefix", "fact": "fact", "header": "header"}
_FLAGS = {"redrawn": "bar", "last_only": "lasting", "block": "block", "nothing": "nothing"}
_LISTS = {"skip": "skip", "only": "only"}
_KEYS = [
    *_TEXTS,
    *_FLAGS,
    *_LISTS,
    "has",
    "pairs",
    "names",
    "step",
    "value",
    "first_epoch",
    "example",
    "gives",
    "at",
]


@dataclass(slots=True)
class _File:
    """What a file gave."""

    rules: tuple[Rule, ...] = ()
    off: dict[str, int] = field(default_factory=dict)
    problems: list[ConfigError] = field(default_factory=list)


#: What was read, by path, time and size, as rules are asked for again and again.
_read: dict[tuple[str, int, int], _File] = {}


def load_rules(workspace: Workspace | None) -> tuple[RuleSet, list[ConfigError]]:
    """The rules in the order in which they are tried, and what is wrong with files of rules.

    A file or a rule that cannot be used costs only itself.

    Args:
        workspace: Whose own rules come first; None for those of the person and the shipped ones.
    """
    problems: list[ConfigError] = []
    files: list[_File] = []
    off: dict[str, ConfigError] = {}
    for folder in rule_folders(workspace):
        for path in _files(folder, problems):
            file = _file(path)
            files.append(file)
            problems += file.problems
            for name, line in file.off.items():
                off.setdefault(name, problem(path, line, f"there is no rule {name}"))
    names = [rule.name for file in files for rule in file.rules]
    known = [*names, *BUILT_IN]
    for name, error in off.items():
        if name not in known:
            problems.append(
                ConfigError(error.title, hint=nearest(name, known) or "mlws-tui logs metrics names the rules")
            )
    return joined(_first_of_each([file.rules for file in files]), off), problems


def read_rules(path: Path) -> tuple[tuple[Rule, ...], list[ConfigError]]:
    """The rules of one file, and what is wrong with it."""
    file = _file(path)
    return file.rules, file.problems


def _first_of_each(sets: list[tuple[Rule, ...]]) -> list[tuple[Rule, ...]]:
    """Without the rules whose name an earlier file has: they are replaced."""
    seen: set[str] = set()
    kept: list[tuple[Rule, ...]] = []
    for rules in sets:
        kept.append(tuple(rule for rule in rules if rule.name not in seen))
        seen.update(rule.name for rule in rules)
    return kept


def _files(folder: Path, problems: list[ConfigError]) -> list[Path]:
    try:
        paths = sorted(
            path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name[0] != "."
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(problem(folder, None, f"the folder cannot be read: {error.strerror or error}"))
        return []
    if len(paths) > MAX_FILES:
        problems.append(problem(folder, None, f"only the first {MAX_FILES} files of rules are read"))
    return paths[:MAX_FILES]


def _file(path: Path) -> _File:
    try:
        stat = path.stat()
    except OSError as error:
        return _File(problems=[problem(path, None, f"the file cannot be read: {error.strerror or error}")])
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _read:
        if len(_read) > 4 * MAX_FILES:
            _read.clear()
        _read[key] = _parse(read(path))
    return _read[key]


def _parse(document: Document) -> _File:
    rules: dict[str, Rule] = {}
    off: dict[str, int] = {}
    for key, value in document.root.items():
        if key not in _ROOT:
            document.problem(value.line, f"{key} is no key of a file of rules", nearest(key, list(_ROOT)))
    for item in _list(document, "off", document.root.get("off")):
        if isinstance(item.data, str):
            off[item.data] = item.line
        else:
            document.problem(item.line, "off lists names of rules")
    for item in _list(document, "rules", document.root.get("rules")):
        rule = _Reader(document, item).rule()
        if rule is not None and rule.name in rules:
            document.problem(item.line, f"a second rule is named {rule.name}", "the first holds")
        elif rule is not None:
            rules[rule.name] = rule
    return _File(tuple(rules.values()), off, document.problems)


def _list(document: Document, key: str, value: Value | None) -> list[Value]:
    if value is None or value.data is None:
        return []
    if isinstance(value.data, list):
        return value.data
    document.problem(value.line, f"{key} must be a list", f"write '- …' below {key}:")
    return []


class _Reader:
    """Reads one rule; a rule with anything wrong in it is left out."""

    def __init__(self, document: Document, item: Value) -> None:
        self._document = document
        self._item = item
        self._name = ""
        self._wrong = False
        self._fields: dict[str, Any] = {}

    def rule(self) -> Rule | None:
        """The rule, or None where it cannot be used, which is then noted."""
        if not isinstance(self._item.data, dict):
            self._problem(self._item.line, "a rule must hold keys and values", "such as 'name: …'")
            return None
        data = self._item.data
        name = data.get("name")
        self._name = name.data if name is not None and isinstance(name.data, str) else ""
        if not self._name:
            self._problem(self._item.line, "a rule has no name")
        for key, value in data.items():
            self._key(key, value)
        match = self._match(data)
        if self._wrong:
            return None
        rule = Rule(match=match, **self._fields)
        return rule if self._usable(rule, data) else None

    def _key(self, key: str, value: Value) -> None:
        if key in _TEXTS:
            if not isinstance(value.data, str) or not value.data:
                self._problem(value.line, f"{key} must be a text")
            elif _TEXTS[key]:
                self._fields[_TEXTS[key]] = value.data
        elif key in _FLAGS:
            if not isinstance(value.data, bool):
                self._problem(value.line, f"{key} must be true or false")
            else:
                self._fields[_FLAGS[key]] = value.data
        elif key in _LISTS:
            self._fields[_LISTS[key]] = frozenset(self._texts(key, value))
        elif key == "has":
            self._fields["has"] = tuple(text.lower() for text in self._texts(key, value))
        elif key in _KEYS:
            self._other(key, value)
        else:
            self._problem(value.line, f"{key} is no key of a rule", nearest(key, _KEYS))

    def _other(self, key: str, value: Value) -> None:
        data = value.data
        if key == "pairs":
            self._choice(value, "pairs", "pairs", {True: "signed", False: "", "spaced": "spaced"})
        elif key == "step" and data == "bar":
            self._fields["beside"] = True
        elif key == "step":
            self._choice(value, "step", "by_epoch", {"epoch": True})
        elif key == "value":
            self._choice(value, "value", "mean", {"mean": True})
        elif key == "first_epoch":
            self._choice(value, "first_epoch", "epochs_from", {0: 0, 1: 1})
        elif key == "names":
            self._fields["names"] = self._mapping(key, value, str)
        elif key == "example":
            self._example(value)

    def _example(self, value: Value) -> None:
        data = self._item.data
        at = data.get("at") if isinstance(data, dict) else None
        step = at.data if at is not None else None
        if step is not None and (isinstance(step, bool) or not isinstance(step, int | float)):
            self._problem(value.line, "at must be a number")
            return
        gives = data.get("gives") if isinstance(data, dict) else None
        values = self._mapping("gives", gives, (int, float, str)) if gives is not None else {}
        texts = self._texts("example", value)
        if self._wrong:
            return
        fact = isinstance(data, dict) and "fact" in data
        numbers = {} if fact else {name: float(number) for name, number in values.items()}
        self._fields["examples"] = tuple(Example(text, numbers, step) for text in texts)

    def _match(self, data: Mapping[str, Value]) -> str:
        line, match = data.get("line"), data.get("match")
        if (line is None) == (match is None):
            self._problem(self._item.line, "a rule needs line or match, and not both")
            return ""
        source = line or match
        if source is None or not isinstance(source.data, str):
            return ""
        return template(source.data) if line is not None else source.data

    def _usable(self, rule: Rule, data: Mapping[str, Value]) -> bool:
        """Compiles what the person wrote themselves; the shipped rules wait until a line asks for them."""
        if self._document.path.is_relative_to(shipped("templates")):
            return True
        where = data.get("match") or data.get("line") or self._item
        try:
            what = rule_problem(rule)
            if rule.header:
                _ = rule.header_pattern
        except ConfigError as error:
            self._problem(where.line, error.title, error.hint)
            return False
        if what:
            self._problem(where.line, what)
        return not what

    def _choice(self, value: Value, key: str, into: str, choices: Mapping[Any, Any]) -> None:
        data = value.data
        if isinstance(data, str | int | bool) and any(
            data == choice and type(data) is type(choice) for choice in choices
        ):
            self._fields[into] = choices[data]
            return
        listed = " or ".join(str(choice).lower() for choice in choices)
        self._problem(value.line, f"{key} must be {listed}")

    def _texts(self, key: str, value: Value) -> list[str]:
        items = value.data if isinstance(value.data, list) else [value]
        texts = [item.data for item in items if isinstance(item.data, str)]
        if len(texts) < len(items):
            self._problem(value.line, f"{key} must be a text or a list of texts")
        return texts

    def _mapping(self, key: str, value: Value, kind: Any) -> dict[str, Any]:
        if not isinstance(value.data, dict):
            self._problem(value.line, f"{key} must hold names and values")
            return {}
        found = {name: item.data for name, item in value.data.items()}
        if not all(isinstance(item, kind) for item in found.values()):
            self._problem(value.line, f"a value of {key} is of the wrong kind")
            return {}
        return found

    def _problem(self, line: int, what: str, hint: str = "") -> None:
        self._wrong = True
        rule = f"rule {self._name}: " if self._name else ""
        self._document.problem(line, rule + what, hint)
