"""Loads the keymap: which keys call which action, checked before the app sees it.

Textual takes an unknown action or key without a word, and a key that is taken twice silently replaces the
other binding. So each entry is checked here, and one that cannot hold leaves the default keys as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from mlws_tui.config.resources import user_folder
from mlws_tui.config.workspace import Workspace
from mlws_tui.config.yamlfile import Document, Value, nearest, read
from mlws_tui.domain.errors import ConfigError

#: The scope whose keys work in every pane.
EVERYWHERE = "app"

_NAMED = frozenset(
    (
        *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
        *("insert", "delete", "backspace", "enter", "tab", "space", "escape"),
    )
)
_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_FUNCTION = re.compile(r"f([1-9]|1\d|2[0-4])\Z")
#: Textual's names for signs whose Unicode name it shortens.
_SHORT = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_ALSO = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "page_up": "pageup",
    "page_down": "pagedown",
}


def _sign_name(sign: str) -> str:
    """Textual's name of a sign: ``question_mark``; empty for what has no name."""
    name = unicodedata.name(sign, "").lower().replace(" ", "_").replace("-", "_")
    return _SHORT.get(name, name)


#: The signs of a keyboard by Textual's names.
SIGNS = {_sign_name(chr(code)): chr(code) for code in range(0x21, 0x7F) if not chr(code).isalnum()}


@dataclass(frozen=True, slots=True)
class _Override:
    keys: tuple[str, ...]
    document: Document
    line: int


def load_keymap(
    workspace: Workspace | None, known: Mapping[str, str]
) -> tuple[dict[str, str], list[ConfigError]]:
    """The keys that replace default ones, by action id, as Textual's ``set_keymap`` takes them.

    Args:
        workspace: Whose ``.mlws/keymap.yaml`` comes over the person's own.
        known: Every action id with its default keys, comma-separated.
    """
    overrides: dict[str, _Override] = {}
    documents = [read(user_folder() / "keymap.yaml")]
    if workspace is not None:
        documents.append(read(workspace.keymap))
    for document in documents:
        for action, value in document.root.items():
            if document.crowded:
                break
            if action not in known:
                hint = nearest(action, list(known)) or "mlws-tui keys lists the actions"
                document.problem(value.line, f"there is no action {action}", hint)
            elif keys := _keys(document, action, value):
                overrides[action] = _Override(keys, document, value.line)
    _drop_clashes(overrides, known)
    problems = [problem for document in documents for problem in document.problems]
    return {action: ",".join(override.keys) for action, override in overrides.items()}, problems


def normal_key(text: str) -> str | None:
    """A key by its Textual name (``ctrl+p``, ``question_mark``), or None if there is no such key.

    A sign may also be written as itself: ``?``, ``ctrl+/``.
    """
    if text.endswith("+"):  # the sign itself, alone or behind a modifier
        text = f"{text[:-1]}plus"
    *modifiers, base = text.split("+")
    modifiers = [modifier.lower() for modifier in modifiers]
    if any(modifier not in _MODIFIERS for modifier in modifiers) or len(set(modifiers)) != len(modifiers):
        return None
    name = _base(base)
    if name is None or not modifiers:
        return name
    if modifiers == ["shift"] and len(name) == 1:
        return name.upper()
    if len(name) == 1:
        name = name.lower()  # Ctrl+P is ctrl+p; with shift it is ctrl+shift+p
    return "+".join([*sorted(modifiers), name])


def typed_key(name: str) -> str:
    """A key as a person types it, from its Textual name: ``ctrl+/`` for ``ctrl+slash``; `normal_key` reads it again.

    A comma keeps its name, as commas part keys.
    """
    *modifiers, base = name.split("+")
    return "+".join([*modifiers, base if base == "comma" else SIGNS.get(base, base)])


def _base(text: str) -> str | None:
    if len(text) == 1:
        if text.isalnum():
            return text
        return _sign_name(text) or None if text.isprintable() and not text.isspace() else None
    low = _ALSO.get(text.lower(), text.lower())
    return low if low in _NAMED or low in SIGNS or _FUNCTION.match(low) else None


def _keys(document: Document, action: str, value: Value) -> tuple[str, ...]:
    """The keys of one entry; empty where one of them is wrong, which is then noted."""
    listed = value.data if isinstance(value.data, list) else [value]
    keys: list[str] = []
    for item in listed:
        text = str(item.data) if isinstance(item.data, int) and not isinstance(item.data, bool) else item.data
        parts = text.split(",") if isinstance(text, str) and text != "," else [text]
        for part in parts:
            key = normal_key(part.strip()) if isinstance(part, str) else None
            if key is None:
                shown = part if isinstance(part, str) else "what stands here"
                document.problem(
                    item.line,
                    f"{shown!r} is no key for {action}",
                    "keys are written as j, ctrl+r, f5, question_mark",
                )
                return ()
            keys.append(key)
    if not keys:
        document.problem(value.line, f"{action} has no key", "its default keys hold")
    return tuple(dict.fromkeys(keys))


def _drop_clashes(overrides: dict[str, _Override], known: Mapping[str, str]) -> None:
    """Take out each override whose key another action of its scope, or of everywhere, has."""
    while True:
        found = _clash(overrides, known)
        if found is None:
            return
        loser, other, key = found
        override = overrides.pop(loser)
        override.document.problem(
            override.line, f"{key} for {loser} is already the key of {other}", "its default keys hold"
        )


def _clash(overrides: Mapping[str, _Override], known: Mapping[str, str]) -> tuple[str, str, str] | None:
    """An override that clashes, the other action and the key. The later of two overrides loses."""
    for action in reversed(list(overrides)):
        scope = action.partition(".")[0]
        for other, default in known.items():
            other_scope = other.partition(".")[0]
            if other == action or not (scope == other_scope or EVERYWHERE in (scope, other_scope)):
                continue
            theirs = overrides[other].keys if other in overrides else tuple(default.split(","))
            own = known[action].split(",")  # a pane may take a key of everywhere by default, such as tab
            for key in overrides[action].keys:
                if key in theirs and key not in own:
                    return action, other, key
    return None
