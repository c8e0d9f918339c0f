"""Reads a YAML file that a person wrote: values with their line numbers, and no surprises.

Plain scalars follow the core schema of YAML 1.2, so that ``no``, ``on`` and ``12:30`` are texts and ``1e-4``
is a number. Aliases, tags, several documents and deep nesting are refused: settings need none of them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

import yaml

from mlws_tui.domain.errors import ConfigError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 10
#: More values than this in one file are none that a person set.
MAX_VALUES = 500
#: So many problems of a file are told one by one; more would bury the first of them.
MAX_PROBLEMS = 20

Scalar: TypeAlias = str | int | float | bool | None
Data: TypeAlias = "Scalar | list[Value] | dict[str, Value]"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Value:
    """A value and the line it begins on, counted from 1; for a mapping's values the line of the key."""

    data: Data
    line: int


@dataclass(slots=True)
class Document:
    """What was read: the root's mapping (empty for an empty file) and what is wrong with the file."""

    path: Path
    root: dict[str, Value] = field(default_factory=dict)
    problems: list[ConfigError] = field(default_factory=list)

    def problem(self, line: int | None, what: str, hint: str = "") -> None:
        """Note that something is wrong, at a line where there is one; after many, only that there is more."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem(self.path, line, what, hint))
        elif not self.crowded:
            self.problems.append(problem(self.path, line, "there is more that is wrong from here on"))

    @property
    def crowded(self) -> bool:
        """Whether no further problem is told, so that none needs to be looked for."""
        return len(self.problems) > MAX_PROBLEMS


def problem(path: Path, line: int | None, what: str, hint: str = "") -> ConfigError:
    """An error that names the file and the line."""
    where = f"{path}, line {line}" if line is not None else str(path)
    return ConfigError(f"{where}: {what}", hint=hint)


def nearest(name: str, known: list[str]) -> str:
    """``did you mean …?`` for a name that is close to a known one, else an empty text."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if not close:  # a key without its group, or in the wrong one
        last = name.rpartition(".")[2]
        tails = {key.rpartition(".")[2]: key for key in known}
        close = [tails[tail] for tail in get_close_matches(last, list(tails), n=1, cutoff=0.7)]
    return f"did you mean {close[0]}?" if close else ""


def read(path: Path) -> Document:
    """Read a file whose root is a mapping. Never raises for what is in it; a missing file is empty."""
    document = Document(path)
    text = _text(document)
    if text is None:
        return document
    try:
        root = _Builder(document, text).build()
    except _Refused as error:
        document.problems.clear()  # nothing else matters then
        document.problem(error.line, error.what, "the file is not used")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        document.problem(line, f"this is not valid YAML: {error.problem or error}", "the file is not used")
    except yaml.YAMLError as error:
        reason = getattr(error, "reason", None) or str(error).partition("\n")[0]
        document.problem(None, f"this is not valid YAML: {reason}", "the file is not used")
    else:
        if isinstance(root.data, dict):
            document.root = root.data
        elif root.data is not None:
            document.problem(root.line, "the file must hold keys and values, such as 'theme: mlws-dark'")
    return document


def _text(document: Document) -> str | None:
    try:
        raw = _bytes(document.path)
    except FileNotFoundError:
        return None
    except OSError as error:
        document.problem(None, f"the file cannot be read: {error.strerror or error}")
        return None
    if raw is None:
        document.problem(None, "this is no regular file", "it is not used")
        return None
    if len(raw) > MAX_BYTES:
        document.problem(None, f"the file is larger than {MAX_BYTES // 1024} KB", "the file is not used")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        document.problem(line, "the file is not UTF-8 text", "the file is not used")
        return None


def _bytes(path: Path) -> bytes | None:
    """What the file holds, up to one byte more than is allowed; None where it is a pipe, a device or a folder."""
    # Not blocking: a pipe in the place of the file would keep us waiting for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


class _Refused(Exception):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class _Builder:
    """Builds the values from the parser's events."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._count = 0
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)

    def build(self) -> Value:
        root = Value(None, 1)
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Refused(_line(event), "a second document begins here; one is enough")
                root = self._value(next(self._events), 0)
        return root

    def _value(self, event: yaml.Event, depth: int) -> Value:
        line = _line(event)
        self._count += 1
        if self._count > MAX_VALUES:
            raise _Refused(line, f"the file holds more than {MAX_VALUES} values")
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(line, f"aliases (*{event.anchor}) are not understood here")
        if getattr(event, "tag", None):
            raise _Refused(line, f"tags ({event.tag}) are not understood here")  # type: ignore[attr-defined]
        if depth > MAX_DEPTH:
            raise _Refused(line, "this is nested too deep")
        if isinstance(event, yaml.ScalarEvent):
            return Value(_scalar(event), line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Value(self._sequence(depth), line)
        return Value(self._mapping(depth), line)

    def _sequence(self, depth: int) -> list[Value]:
        items: list[Value] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused(line, "a key must be a plain text")
            value = self._value(next(self._events), depth + 1)
            if event.value in values:
                first = values[event.value].line
                self._document.problem(line, f"{event.value} is set twice", f"line {first} holds")
                continue
            values[event.value] = Value(value.data, line)
        return values


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if event.style:  # quoted, or a block of text
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text) if len(text) < 20 else text
    return float(text) if _FLOAT.match(text) else text
