"""An action: one thing that a key, the palette and the help know by the same name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Action:
    """One registered action.

    Attributes:
        id: ``scope.name``; what ``keymap.yaml`` binds. The widget of that scope has the method ``action_NAME``
            (dashes become underscores).
        keys: Default keys, comma-separated, by their Textual names; empty for none.
        title: A few words for the footer and the palette.
        help: One sentence for the key list.
        footer: Whether the footer shows it while its scope has the focus.
        palette: Whether the command palette offers it.
        call: What to call instead of ``action_NAME``, with its arguments: ``pane('gpus')``.
    """

    id: str
    keys: str
    title: str
    help: str
    footer: bool = False
    palette: bool = True
    call: str = ""

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]

    @property
    def method(self) -> str:
        return self.call or self.id.partition(".")[2].replace("-", "_")


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """The actions as bindings that a keymap can override by id; one without keys has a key that no keyboard has."""
    return [
        Binding(
            action.keys or f"none:{action.id}",
            action.method,
            action.title,
            show=action.footer,
            tooltip=action.help,
            id=action.id,
        )
        for action in actions
    ]
