"""Themes from YAML files: each colour is checked here, as Textual takes a wrong one and then draws nothing right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from mlws_tui.config.yamlfile import Document, Value, nearest, read
from mlws_tui.domain.errors import ConfigError

_COLORS = (
    *("primary", "secondary", "accent", "success", "warning", "error"),
    *("foreground", "background", "surface", "panel", "boost"),
)
_TRUTHS = ("dark", "ansi")
_SHARES = ("luminosity_spread", "text_alpha")
_FIELDS = (*_COLORS, *_TRUTHS, *_SHARES, "variables")
#: Textual's widgets ask for these, but its ANSI colour system leaves them to each theme.
_OF_ANSI = {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"}
#: An ANSI theme generates fewer variables than widgets may ask for; these are all.
_NAMES = frozenset(Theme("any", primary="#808080").to_color_system().generate())
_STYLE_WORDS = frozenset(
    ("none", "not", "bold", "dim", "italic", "underline", "reverse", "strike", "b", "i", "u", "d", "r", "s")
)


def load_themes(folders: Sequence[Path]) -> tuple[list[Theme], list[ConfigError]]:
    """The themes of all ``*.yaml`` files in the folders, in the order found; a theme's name is its file's.

    A theme of a later folder takes the place of an earlier one of the same name. A field that is wrong is left to
    Textual's default; a theme without a usable ``primary`` is left out. Never raises for what the files hold.

    Returns:
        The themes, and what was wrong, each error naming file, line and field.
    """
    themes: dict[str, Theme] = {}
    problems: list[ConfigError] = []
    for folder in folders:
        for path in sorted(folder.glob("*.yaml")):
            document = read(path)
            theme = _theme(path.stem, document)
            if theme is not None:
                themes[theme.name] = theme
            problems += document.problems
    return list(themes.values()), problems


def _theme(name: str, document: Document) -> Theme | None:
    fields: dict[str, Any] = {}
    variables: dict[str, Value] = {}
    for key, value in document.root.items():
        if key not in _FIELDS:
            hint = nearest(key, list(_FIELDS)) or f"a theme has {', '.join(_FIELDS)}"
            document.problem(value.line, f"a theme has no field {key}", hint)
        elif key == "variables":
            variables = _mapping(document, value)
        elif (checked := _field(document, key, value)) is not None:
            fields[key] = checked
    if "primary" not in fields:
        if not document.problems:
            document.problem(None, "the theme has no field primary", "the theme is not offered")
        return None
    theme = Theme(name=name, **fields)
    theme.variables = _variables(document, variables, theme)
    return theme


def _mapping(document: Document, value: Value) -> dict[str, Value]:
    if isinstance(value.data, dict):
        return value.data
    if value.data is not None:
        document.problem(value.line, "variables must hold names and values")
    return {}


def _field(document: Document, key: str, value: Value) -> str | bool | float | None:
    data = value.data
    if key in _TRUTHS:
        if isinstance(data, bool):
            return data
        document.problem(value.line, f"{key} must be true or false")
        return None
    if key in _SHARES:
        if isinstance(data, int | float) and not isinstance(data, bool) and 0 <= data <= 1:
            return float(data)
        document.problem(value.line, f"{key} must be a number from 0 to 1")
        return None
    if isinstance(data, str) and _is_color(data):
        return data
    document.problem(value.line, f"{key} is no colour", _color_hint(data))
    return None


def _variables(document: Document, given: dict[str, Value], theme: Theme) -> dict[str, str]:
    generated = theme.to_color_system().generate()
    known = {*generated, *_NAMES}
    variables: dict[str, str] = {}
    if theme.ansi:
        variables = _OF_ANSI | dict.fromkeys(sorted(_NAMES - generated.keys()), "ansi_default")
    for name, value in given.items():
        if name not in known:
            hint = nearest(name, list(known)) or "a variable is named as in Textual's guide to themes"
            document.problem(value.line, f"there is no variable {name}", hint)
        elif isinstance(value.data, str) and _fits(name, value.data):
            variables[name] = value.data
        elif name.endswith("style") or "-style-" in name:
            document.problem(value.line, f"{name} is no text style", "such as bold, or bold underline")
        else:
            document.problem(value.line, f"{name} is no colour", _color_hint(value.data))
    return variables


def _fits(name: str, text: str) -> bool:
    if name.endswith("style") or "-style-" in name:
        return bool(text.split()) and all(word in _STYLE_WORDS for word in text.split())
    color, _, share = text.partition(" ")
    if share and not (share.endswith("%") and share[:-1].isdigit() and int(share[:-1]) <= 100):
        return False
    return color in ("auto", "initial") or _is_color(color)


def _is_color(text: str) -> bool:
    try:
        Color.parse(text)
    except ColorParseError:
        return False
    return True


def _color_hint(data: object) -> str:
    if data is None:  # an unquoted # begins a comment
        return "write it in quotes: '#7aa2d8'"
    return "colours are written as '#7aa2d8', a CSS name, or ansi_blue and its like"
