"""The line above the list of runs in which one types a filter, with what may come next below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.runfilter import Completion, FilterError, complete
from mlws_tui.domain.text import safe_text
from mlws_tui.ui.widgets.logfield import LogField

if TYPE_CHECKING:
    from mlws_tui.domain.runfilter import Vocabulary

_OFFERED = 5
_PLACEHOLDER = 'tag:lora lr<1e-4 status:running since:7d "a word"'


class _Underline(Highlighter):
    """Marks the text from the place on where it cannot be understood."""

    def __init__(self) -> None:
        self.start: int | None = None

    def highlight(self, text: Text) -> None:
        """Underline from the place of the mistake on, at least the last sign."""
        if self.start is not None and len(text):
            text.stylize("bold underline", min(self.start, len(text) - 1), len(text))


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take", "Take", id="runfilter.take"),
        Binding("right", "take_or_right", "Take", show=False),
        Binding("up", "choose(-1)", "Above", show=False),
        Binding("down", "choose(1)", "Below", id="runfilter.next", show=False),
        Binding("enter", "submit", "Keep", id="runfilter.keep"),
        Binding("escape", "leave", "Clear", id="runfilter.clear"),
    ]

    def __init__(self, entered: Callable[[str], None]) -> None:
        super().__init__(entered, _PLACEHOLDER)
        self.mark = _Underline()
        self.highlighter = self.mark

    @property
    def _line(self) -> RunFilterLine:
        return self.query_ancestor(RunFilterLine)

    def action_take(self) -> None:
        self._line.take()

    def action_take_or_right(self) -> None:
        if self.cursor_position < len(self.value) or not self._line.take():
            self.action_cursor_right()

    def action_choose(self, by: int) -> None:
        self._line.choose(by)

    def action_leave(self) -> None:
        self._line.leave()


class RunFilterLine(Vertical):
    """Hidden until `open`. Tab takes the completion, ↑ and ↓ choose among them; enter keeps, esc clears.

    Args:
        entered: Called with the text that is kept, before the next key is looked at.
        left: Called when the person leaves it with esc.
    """

    class Typed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    DEFAULT_CSS = """
    RunFilterLine { height: auto; display: none; }
    RunFilterLine.-open { display: block; }
    RunFilterLine Horizontal { height: 1; padding: 0 1; background: $boost; }
    RunFilterLine #run-filter-sign { width: auto; height: 1; color: $accent; padding: 0 1 0 0; text-style: bold; }
    RunFilterLine Input { width: 1fr; height: 1; border: none; padding: 0; background: $boost; }
    RunFilterLine #run-filter-menu {
        height: auto; width: 100%; max-height: 7; padding: 0 1 0 3; background: $panel; display: none;
        overlay: screen; constrain: none inside;
    }
    RunFilterLine #run-filter-menu.-shown { display: block; }
    """

    def __init__(self, entered: Callable[[str], None], left: Callable[[], None]) -> None:
        super().__init__()
        self._entered = entered
        self.leave = left
        self._field = _Field(entered)
        self._menu = Static("", id="run-filter-menu", markup=False)
        self._words: Vocabulary | None = None
        self._offers: list[Completion] = []
        self._at = 0
        self._before = ""
        self._problem: MlwsError | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("/", id="run-filter-sign", markup=False)
            yield self._field
        yield self._menu

    @property
    def is_open(self) -> bool:
        """Whether one types here."""
        return self.has_class("-open")

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._field.value

    @property
    def offering(self) -> bool:
        """Whether something may be meant that is not whole yet; without the words nobody can say that it is not."""
        return self.is_open and (self._words is None or bool(self._offers))

    def open(self, text: str, before: str = "") -> None:
        """Show the field with this text and give it the focus.

        Args:
            text: The filter in force.
            before: What ↑ brings back in the empty field: the filter that was cleared last.
        """
        self._before = before
        self._problem = None
        self._field.value = text
        self._field.cursor_position = len(text)
        self.add_class("-open")
        self._field.take_focus()
        self._offer()

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")
        self._menu.remove_class("-shown")

    def know(self, words: Vocabulary) -> None:
        """Have the words that completions are made of."""
        self._words = words
        if self.is_open:
            self._offer()

    def tell(self, problem: MlwsError | None) -> None:
        """Say below the field what is wrong with the text, and mark the place."""
        self._problem = problem
        self._field.mark.start = problem.at if isinstance(problem, FilterError) else None
        self._field.refresh()
        self._show()

    def take(self) -> bool:
        """Put the chosen completion into the text; whether there was one."""
        if not self._offers:
            return False
        one = self._offers[self._at]
        value = self._field.value
        self._field.value = value[: one.start] + one.text + value[one.end :]
        self._field.cursor_position = one.start + len(one.text)
        self._offer()
        return True

    def choose(self, by: int) -> None:
        """Choose another completion; in the empty field ↑ brings back the filter of before."""
        if by < 0 and not self._field.value and self._before:
            self._field.value = self._before
            self._field.cursor_position = len(self._before)
        elif self._offers:
            self._at = (self._at + by) % len(self._offers)
            self._show()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self._offer()
            self.post_message(self.Typed(event.value))

    def _offer(self) -> None:
        """What may come next at the cursor; nothing is offered in the empty field, where all would be."""
        self._at = 0
        text, cursor = self._field.value, self._field.cursor_position
        known = self._words is not None and bool(text.strip())
        found = complete(text, cursor, self._words) if known and self._words is not None else []
        self._offers = [one for one in found if text[one.start : one.end] != one.text][:_OFFERED]
        self._show()

    def _show(self) -> None:
        lines: list[Content] = []
        if self._problem is not None:
            lines.append(Content.assemble((safe_text(self._problem.sentence()), "$text-warning")))
        wide = max((len(one.text) for one in self._offers), default=0)
        for place, one in enumerate(self._offers):
            chosen = place == self._at
            lines.append(
                Content.assemble(
                    ("› " if chosen else "  ", "$accent"),
                    (safe_text(one.text).ljust(min(wide, 32)), "bold" if chosen else ""),
                    (f"  {safe_text(one.told)}", "$text-muted"),
                )
            )
        self._menu.update(Content("\n").join(lines))
        self._menu.set_class(bool(lines) and self.is_open, "-shown")
