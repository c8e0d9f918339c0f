"""What a fork is made of: a config with changed settings, and the command with them put in where it names them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mlws_tui.domain.configs import setting

_OPTION = re.compile(r"--?[A-Za-z]")
_KEY_EQUALS = re.compile(r"(?P<sign>--?|\+\+?|)(?P<key>[A-Za-z_][\w.\-/@]*)=(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"-\.?\d")
_TRUTH = {"true": "false", "True": "False", "1": "0", "yes": "no", "on": "off"}

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_TRUTHS = frozenset(word.lower() for pair in _TRUTH.items() for word in pair)


@dataclass(frozen=True, slots=True)
class Edited:
    """A command with settings put in, and the keys of the settings that it does not name."""

    command: tuple[str, ...]
    unnamed: tuple[str, ...]


def edit_command(
    command: Sequence[str], changes: Mapping[str, Any], config: Mapping[str, Any] = _NOTHING
) -> Edited:
    """Put changed settings into a command: ``--lr 1e-4``, ``--lr=1e-4``, ``lr=1e-4``, ``--optim.lr 1e-4``.

    Dashes and underscores count as the same. An option without a value is taken to be a switch; so is one that gets a
    truth value, unless the word behind it is one or `config` has another kind of value.

    Args:
        command: Its words.
        changes: The new values by key.
        config: The settings that the command was run with.
    """
    words = list(command)
    unnamed = []
    for key, value in changes.items():
        switch = isinstance(value, bool) and isinstance(setting(config, key), bool | None)
        words, found = _set(words, key, value, switch)
        if not found:
            unnamed.append(key)
    return Edited(tuple(words), tuple(unnamed))


def _set(words: Sequence[str], key: str, value: Any, switch: bool) -> tuple[list[str], bool]:
    """The words with one setting put in everywhere it is named."""
    wanted = _same(key)
    out = list(words[:1])
    found = False
    at = 1
    while at < len(words):
        word = words[at]
        at += 1
        if (match := _KEY_EQUALS.fullmatch(word)) and _same(match["key"]) == wanted:
            out.append(f"{match['sign']}{match['key']}={written(value, match['value'])}")
            found = True
        elif (
            _OPTION.match(word)
            and "=" not in word
            and (name := _same(word.lstrip("-")))
            in (
                wanted,
                f"no-{wanted}",
            )
        ):
            end = _end_of_values(words, at, value, switch)
            out.extend(_option(word, name != wanted, words[at:end], value))
            at, found = end, True
        else:
            out.append(word)
    return out, found


def _end_of_values(words: Sequence[str], at: int, value: Any, switch: bool) -> int:
    """Where the old values of an option end, which begin at `at`, if it has any."""
    if switch and at < len(words) and words[at].lower() not in _TRUTHS:
        return at  # what stands behind a switch is not its own
    end = at
    while end < len(words) and not _is_option(words[end]) and (end == at or isinstance(value, list)):
        end += 1
    return end


def _option(word: str, negated: bool, old: Sequence[str], value: Any) -> list[str]:
    """An option with its new value; a switch is there or not there."""
    if negated or (not old and isinstance(value, bool)):
        positive = word.replace("--no-", "--", 1).replace("--no_", "--", 1) if negated else word
        if negated and not value:
            return [word, *old]
        return [positive, *old] if value else []
    if isinstance(value, list):
        return [word, *(written(item, "") for item in value)]
    return [word, written(value, old[0] if old else "")]


def written(value: Any, before: str) -> str:
    """A value as a command line has it; a truth value in the way in which the one before was written."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        for yes, no in _TRUTH.items():
            if before in (yes, no):
                return yes if value else no
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-" and not _NUMBER.match(word)


def _same(key: str) -> str:
    return key.replace("_", "-")
