"""A question with yes or no, that says in words what will happen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text


@dataclass(frozen=True, slots=True)
class Told:
    """What was found out for a question: what will happen, and whether it can."""

    lines: Sequence[str]
    possible: bool = True


#: Finds out what will happen; it may raise an `MlwsError`, which says why it cannot.
Read = Callable[[], Awaitable[Told]]


class ConfirmScreen(ModalScreen[bool]):
    """Asks whether to do something; False after esc.

    Args:
        title: What is asked.
        lines: What will happen.
        yes: What ``y`` does, in a word or two.
        no: What ``n`` and esc do.
        grave: Whether it cannot be taken back: then enter is no answer, nor is what was typed before `lines` are read.
        read: Finds out more lines, and whether it can happen at all. The question is there before that, so that no key
            that was typed ahead goes to what lies below.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes"),
        Binding("enter", "enter", "Yes", show=False),
        Binding("escape,n,q", "dismiss(False)", "No"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; background: $background 60%; }
    ConfirmScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 1 1 0 1;
    }
    ConfirmScreen.-grave > Vertical { border: round $error; }
    ConfirmScreen VerticalScroll { height: auto; max-height: 60vh; scrollbar-size-vertical: 1; }
    ConfirmScreen Static { width: 1fr; height: auto; }
    ConfirmScreen #confirm-keys { height: auto; margin: 1 0 0 0; }
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[str] = (),
        *,
        yes: str = "yes",
        no: str = "no",
        grave: bool = False,
        read: Read | None = None,
    ) -> None:
        super().__init__(classes="-grave" if grave else "")
        self._title = title
        self._told = Told(lines)
        self._yes = yes
        self._no = no
        self._grave = grave
        self._read = read
        self._wanted = False  # yes was said before the lines were there
        # Kept by name: what is read may come when the screen has closed and is emptied already.
        self._lines = Static("", id="confirm-lines", markup=False)
        self._answers = Static("", id="confirm-keys", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(safe_text(self._title))
            with VerticalScroll(can_focus=False):
                yield self._lines
            yield self._answers

    def on_mount(self) -> None:
        self._show()
        if self._read is not None:
            self.run_worker(self._find_out(self._read), name="confirm")

    async def _find_out(self, read: Read) -> None:
        try:
            told = await read()
        except MlwsError as error:
            told = Told((error.sentence(),), possible=False)
        self._told = Told((*self._told.lines, *told.lines), told.possible)
        self._read = None
        if self._wanted and told.possible:
            self.dismiss(True)
        else:
            self._show()

    def _show(self) -> None:
        waiting = ("…",) if self._read is not None else ()
        lines = map(safe_text, (*self._told.lines, *waiting))
        self._lines.update(Content("\n".join(lines)))
        self._answers.update(self._keys())

    def _keys(self) -> Content:
        if not self._told.possible:
            return Content.assemble(("esc", "bold $primary"), ("  closes", "$text-muted"))
        keys: list[Content | tuple[str, str]] = [
            ("y" if self._grave else "y or enter", "bold $error" if self._grave else "bold $primary"),
            Content(f"  {safe_text(self._yes)}    "),
            ("n or esc", "bold $text-muted"),
            (f"  {safe_text(self._no)}", "$text-muted"),
        ]
        return Content.assemble(*keys)

    def action_yes(self) -> None:
        if not self._told.possible:
            self.dismiss(False)
        elif self._read is None:
            self.dismiss(True)
        elif not self._grave:
            self._wanted = True

    def action_enter(self) -> None:
        if not self._grave or not self._told.possible:
            self.action_yes()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
