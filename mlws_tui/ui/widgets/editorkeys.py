"""Keys in the order in which they were typed, however many come at once over a slow line.

Textual sends a key to the widget with the focus and looks for its binding only once nobody between that widget and the
app took it. By then the letters behind it are written already: ``a backspace b`` would leave nothing but ``a``.
"""

from __future__ import annotations

from textual import events
from textual.keys import key_to_character
from textual.widget import Widget

#: Keys whose signs Textual does not tell everywhere.
_NAMED = frozenset({"escape", "enter", "tab", "backspace", "delete", "space"})


def handed_on(widget: Widget, event: events.Key) -> bool:
    """Hand a key on to whoever has the focus by now.

    Returns:
        Whether that is another widget than the one that the key was sent to.
    """
    target = widget.app.focused or (None if widget.app.screen is widget.screen else widget.app.screen)
    if target is None or target is widget:
        return False
    event.stop()
    event.prevent_default()
    target.post_message(events.Key(event.key, event.character))
    return True


def key_with_sign(event: events.Key) -> str:
    """A key by its sign: ``:`` instead of ``colon``, ``alt+<`` instead of ``alt+less_than_sign``."""
    if event.key == "ctrl+j":  # what some terminals send for enter
        return "enter"
    if event.is_printable and event.key not in _NAMED:
        return event.character or event.key
    modifier, _, key = event.key.rpartition("+")
    sign = key_to_character(key) if key not in _NAMED else None
    if modifier == "alt" and sign:
        return f"alt+{sign}"
    return f"alt+{sign.upper()}" if modifier == "alt+shift" and sign and sign.isalpha() else event.key


async def done_at_once(widget: Widget, key: str) -> bool:
    """Do what a key is bound to in a widget, before the next key is looked at.

    Returns:
        Whether it is bound to anything that can be done now.
    """
    for binding in widget._bindings.key_to_bindings.get(key, ()):
        if await widget.app.run_action(binding.action, widget):
            return True
    return False


async def passed_on(widget: Widget, key: str) -> bool:
    """Do what a key is bound to around a widget that was given it first and has no use for it.

    Textual itself leaves such a key out, wherever it is bound.

    Returns:
        Whether it is bound to anything that can be done now.
    """
    for node in widget.ancestors:
        bindings = node._bindings.copy()
        bindings.apply_keymap(widget.app._keymap)
        for binding in bindings.key_to_bindings.get(key, ()):
            if await widget.app.run_action(binding.action, node):
                return True
    return False
