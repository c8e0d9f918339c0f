"""Keys as a terminal sends them, for tests that wait for what they see and not for an idle machine."""

from __future__ import annotations

import unicodedata
from typing import Any

from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot


def key_event(key: str) -> events.Key:
    """The event of a key: its name, or its character."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character: str | None
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(name, name)))
    except KeyError:
        character = key if len(key) == 1 else None
    return events.Key(name, character)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys one after another, each when all widgets have dealt with the one before.

    Textual's own press waits after each key until the whole process is idle, which takes long on a busy machine. What
    a key begins in the background is to be waited for by what is seen of it.
    """
    for key in keys:
        pilot.app.post_message(key_event(key))
        for _ in range(3):  # the app hands it to the focused widget, that one acts, a new screen comes up
            await pilot.pause(0)
