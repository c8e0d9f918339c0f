"""The filters of the logs: a list to turn on and off, and a form for one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.logquery import Filter, Query
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.panes.log_filters import is_ready
from mlws_tui.ui.widgets.logfield import LogField

_LIST_KEYS = "space on/off · a add · e edit · d delete · o in/out · r regex · esc closes"
_FORM_KEYS = "enter accepts · tab other field · ^o in/out · ^r regex · esc cancels"


class LogFilters(ModalScreen[None]):
    """Shows the filters; each change holds at once.

    Args:
        filters: The filters as they are.
        apply: Called with the list after each change.
        text: What to offer as the text of a new filter.
    """

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close"),
        Binding("q,f", "dismiss", "Close", show=False),
        Binding("j,down", "move(1)", "Down", show=False),
        Binding("k,up", "move(-1)", "Up", show=False),
        Binding("space,enter", "turn('on')", "On/off"),
        Binding("o,ctrl+o", "turn('out')", "In/out"),
        Binding("r,ctrl+r", "turn('regex')", "Regex"),
        Binding("a", "add", "Add"),
        Binding("e", "edit", "Edit"),
        Binding("d,delete", "delete", "Delete"),
    ]
    DEFAULT_CSS = """
    LogFilters { align: center middle; background: $background 60%; }
    LogFilters > Vertical {
        width: 78; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    LogFilters Static { height: auto; }
    LogFilters #log-filters-form { height: auto; display: none; margin: 1 0 0 0; }
    LogFilters.-form #log-filters-form { display: block; }
    LogFilters Input { border: none; height: 1; padding: 0; background: $boost; }
    LogFilters Input:focus { border: none; }
    LogFilters #log-filters-keys { color: $text-muted; margin: 1 0 0 0; }
    """

    def __init__(
        self, filters: Sequence[Filter], apply: Callable[[tuple[Filter, ...]], None], text: str = ""
    ) -> None:
        super().__init__()
        self._filters = list(filters)
        self._apply = apply
        self._offer = text
        self._at = 0
        self._draft: Filter | None = None
        self._edited: int | None = None
        self._list = Static("", markup=False)
        self._kind = Static("", markup=False)
        self._text = LogField(self._accept, "text that a line has")
        self._called = LogField(self._accept, "name; empty for the text itself")
        self._keys = Static(_LIST_KEYS, id="log-filters-keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Filters of the logs"
            yield self._list
            with Vertical(id="log-filters-form"):
                yield self._kind
                yield self._text
                yield self._called
            yield self._keys

    def on_mount(self) -> None:
        self._show()

    # the list

    def action_move(self, by: int) -> None:
        if self._draft is None:
            self._at = min(max(0, self._at + by), len(self._filters) - 1)
            self._show()

    def action_turn(self, what: str) -> None:
        """Turn something of the selected filter, or of the one in the form, the other way."""
        if self._draft is not None:
            self._draft = _turned(self._draft, what)
            self._show()
            return
        one = self._filters[self._at]
        if what == "on" or not is_ready(one):
            self._put(self._at, _turned(one, what))

    def action_add(self) -> None:
        self._open(Filter("", self._offer), None)

    def action_edit(self) -> None:
        one = self._filters[self._at]
        if not is_ready(one):
            self._open(one, self._at)

    def action_delete(self) -> None:
        if not is_ready(self._filters[self._at]):
            del self._filters[self._at]
            self._at = min(self._at, len(self._filters) - 1)
            self._changed()

    def action_leave(self) -> None:
        """Leave the form, or else the screen."""
        if self._draft is None:
            self.dismiss()
        else:
            self._close()

    # the form

    def _open(self, draft: Filter, edited: int | None) -> None:
        self._draft, self._edited = draft, edited
        self._text.value = draft.text
        self._called.value = "" if draft.name == draft.text else draft.name
        self.add_class("-form")
        self._keys.update(_FORM_KEYS)
        self._text.take_focus()
        self._show()

    def _close(self) -> None:
        self._draft = None
        self.remove_class("-form")
        self._keys.update(_LIST_KEYS)
        self.set_focus(None)
        self._show()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    def _accept(self, _text: str) -> None:
        draft, text = self._draft, self._text.value
        if draft is None or not text or Query(text, regex=draft.regex).problem:
            return
        made = replace(draft, text=text, name=self._called.value.strip() or text)
        if self._edited is None:
            self._filters.append(made)
            self._at = len(self._filters) - 1
        else:
            self._filters[self._edited] = made
        self._close()
        self._changed()

    # what is shown

    def _put(self, at: int, one: Filter) -> None:
        self._filters[at] = one
        self._changed()

    def _changed(self) -> None:
        self._show()
        self._apply(tuple(self._filters))

    def _show(self) -> None:
        rows = [_row(one, chosen=i == self._at) for i, one in enumerate(self._filters)]
        self._list.update(Content("\n").join(rows))
        if self._draft is not None:
            self._kind.update(_kind(self._draft, self._text.value))


def _turned(one: Filter, what: str) -> Filter:
    if what == "regex":
        return replace(one, regex=not one.regex)
    return replace(one, out=not one.out) if what == "out" else replace(one, on=not one.on)


def _row(one: Filter, *, chosen: bool) -> Content:
    if one.level and not one.text:
        what = f"lines that are a{'n' if one.level == 'error' else ''} {one.level} or worse"
    else:
        what = f"{'hide' if one.out else 'show'} {'.* ' if one.regex else ''}{one.text}"
    bad = Query(one.text, regex=one.regex).problem
    parts: list[tuple[str, str] | Content] = [
        ("▌" if chosen else " ", "$primary"),
        ("[x] " if one.on else "[ ] ", "bold" if one.on else "$text-muted"),
        ("− " if one.out else "+ ", "$text-error" if one.out else "$text-success"),
        (safe_text(one.name), "bold" if chosen else ""),
    ]
    if one.name != one.text or one.out or one.regex:
        parts.append((f"   {safe_text(what)}", "$text-muted"))
    if bad:
        parts.append((f"   {safe_text(bad)}", "$text-warning"))
    return Content.assemble(*parts)


def _kind(draft: Filter, text: str) -> Content:
    problem = Query(text, regex=draft.regex).problem
    parts: list[tuple[str, str]] = [
        ("− hide lines with" if draft.out else "+ show only lines with", "bold"),
        (" a regular expression" if draft.regex else " this text", ""),
    ]
    if problem:
        parts.append((f"   {safe_text(problem)}", "$text-warning"))
    return Content.assemble(*parts)
