"""The line under an editor in which one types what to look for, and what is to take its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.document._document import Selection
from textual.geometry import Offset
from textual.widgets import Input, Static

from mlws_tui.domain.text import safe_text
from mlws_tui.domain.textfind import Found, Hit, TextQuery
from mlws_tui.ui.widgets.editorkeys import done_at_once, handed_on
from mlws_tui.ui.widgets.logfield import LogField

if TYPE_CHECKING:
    from mlws_tui.ui.widgets.editorfind import FindEditor

_KEYS = ("enter keep", "esc back", "f3 ↑↓ next", "f6 word", "f7 regex")
_REPLACE_KEYS = ("enter one", "f8 all", "tab other field", "f6 word", "f7 regex", "esc done")


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+j", "submit", "Take", id="find.take"),
        Binding("escape,ctrl+g", "leave", "Back", id="find.back"),
        Binding("f3", "next(1)", "Next", id="find.next"),
        Binding("down,ctrl+s", "next(1)", "Next", show=False),
        Binding("shift+f3,up", "next(-1)", "Before", show=False),
        Binding("f8,alt+a", "replace_all", "All", id="find.all"),
        Binding("tab,shift+tab", "other", "Other field", id="find.other"),
        Binding("ctrl+r", "show_replace", "Replace", id="find.replace"),
        Binding("f6,alt+w", "turn('word')", "Word", id="find.word"),
        Binding("f7,alt+r", "turn('regex')", "Regex", id="find.regex"),
    ]

    @property
    def _line(self) -> FindLine:
        return self.query_ancestor(FindLine)

    async def _on_key(self, event: events.Key) -> None:
        if not handed_on(self, event) and not event.is_printable and await done_at_once(self, event.key):
            event.stop()
            event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which of its keys do something now."""
        if action in ("replace_all", "other"):
            return self._line.replacing
        if action == "show_replace":
            return self._line.may_replace
        return super().check_action(action, parameters)

    def action_next(self, by: int) -> None:
        self._line.go(by)

    def action_turn(self, what: str) -> None:
        self._line.toggle(what)

    def action_replace_all(self) -> None:
        self._line.replace_all()

    def action_show_replace(self) -> None:
        self._line.show_replace()

    def action_other(self) -> None:
        self._line.other_field()

    def action_leave(self) -> None:
        self._line.leave()


class FindLine(Vertical):
    """Hidden until `open`. It goes to what is typed at once; enter stays there, esc goes back.

    Args:
        editor: Whose text it looks through.
    """

    DEFAULT_CSS = """
    FindLine { height: auto; display: none; background: $boost; }
    FindLine.-open, FindLine.-command { display: block; }
    FindLine Horizontal { height: 1; padding: 0 1; display: none; }
    FindLine.-open Horizontal { display: block; }
    FindLine .sign { width: 9; height: 1; color: $accent; text-style: bold; }
    FindLine Input { width: 1fr; height: 1; border: none; padding: 0; background: transparent; }
    FindLine .count { width: auto; height: 1; padding: 0 0 0 2; color: $text-muted; }
    FindLine .keys { height: auto; padding: 0 1; color: $text-muted; display: none; }
    FindLine.-open .keys { display: block; }
    FindLine #replace-row, FindLine.-open #replace-row { display: none; }
    FindLine.-open.-replace #replace-row { display: block; }
    FindLine .command { height: auto; max-height: 3; padding: 0 1; display: none; }
    FindLine.-command .command { display: block; }
    """

    def __init__(self, editor: FindEditor) -> None:
        super().__init__()
        self._editor = editor
        editor.find_line = self
        self._field = _Field(self._entered)
        self._new = _Field(self._replace_one)
        self._sign = Static("find", classes="sign", markup=False)
        self._count = Static("", classes="count", markup=False)
        self._keys = Static("", classes="keys", markup=False)
        self._command = Static("", classes="command", markup=False)
        self._word = self._regex = False
        self._by = 1
        self._begin = (Selection(), Offset())
        self._was_editing = False
        self._replaced = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._sign
            yield self._field
            yield self._count
        with Horizontal(id="replace-row"):
            yield Static("with", classes="sign", markup=False)
            yield self._new
        yield self._keys
        yield self._command

    def show_command(self, line: str) -> None:
        """Show a line that is being typed to the editor, as vim does at the foot of its window.

        Args:
            line: The line with its colon; nothing is shown where it is empty.
        """
        if line:
            self._command.update(Content.assemble(safe_text(line), (" ", "reverse")))
        self.set_class(bool(line), "-command")

    @property
    def is_open(self) -> bool:
        """Whether one types here."""
        return self.has_class("-open")

    @property
    def replacing(self) -> bool:
        """Whether one types what takes the place of what was found, too."""
        return self.has_class("-replace")

    @property
    def may_replace(self) -> bool:
        """Whether the text may be changed."""
        return self._was_editing

    def open(self, replace: bool = False, *, back: bool = False) -> None:
        """Let the person type what to look for; selected words are what is looked for at first.

        Args:
            replace: Whether it is to be replaced; in read mode nothing can be.
            back: Whether the hits before the cursor are gone to, instead of those behind it.
        """
        editor = self._editor
        if not self.is_open:
            self._begin = (editor.selection, editor.scroll_offset)
            self._was_editing, self._replaced = not editor.read_only, False
        self._by = -1 if back else 1
        chosen = editor.selected_text
        if chosen and "\n" not in chosen and "\r" not in chosen:
            self._regex = False
            self._field.value = chosen
        elif not self._field.value:
            self._field.value = editor.sought.text
        self.add_class("-open")
        self.set_class(replace and self._was_editing, "-replace")
        self._field.select_all()
        self._field.take_focus()
        self.refresh_bindings()
        self._look()

    def show_replace(self) -> None:
        """Show the field for what takes its place, where the text may be changed; then replace one."""
        if not self._was_editing:
            return
        if self.replacing:
            self._replace_one(self._new.value)
            return
        self.add_class("-replace")
        self.refresh_bindings()
        self._new.take_focus()
        self._look()

    def other_field(self) -> None:
        """Go to the other field."""
        if self.replacing:
            (self._field if self._new.has_focus else self._new).take_focus()

    def toggle(self, what: str) -> None:
        """Look for whole words, or for a regular expression, or no longer so."""
        if what == "word":
            self._word = not self._word
        else:
            self._regex = not self._regex
        self._look()

    @property
    def _query(self) -> TextQuery:
        return TextQuery(self._field.value, regex=self._regex, word=self._word)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open and event.input is self._field and self._query != self._editor.sought:
            self._look()

    def _look(self) -> None:
        """Mark what is looked for, and go to the first of it from where one was."""
        editor = self._editor
        found = editor.look_for(self._query)
        start = min(self._begin[0]) if not self._replaced else editor.cursor_location
        number = editor.go_to_hit(self._by, start)
        if number is None and not self._replaced:
            self._go_back()
        self._describe(found, number)

    def go(self, by: int) -> None:
        """Go to the next hit, or with -1 to the one before."""
        self._editor.look_for(self._query)
        self._describe(self._editor.hits(), self._editor.go_to_hit(by))

    def _describe(self, found: Found, number: int | None, word: str = "") -> None:
        modes = "".join(mode for mode, on in ((" word", self._word), (" .*", self._regex)) if on)
        self._sign.update(Content("find" + modes))
        keys = _REPLACE_KEYS if self.replacing else _KEYS
        self._keys.update(Content(_in_lines(keys, self._editor.size.width - 2)))
        if found.problem:
            self._count.update(Content.styled(found.problem, "$text-warning"))
        elif word:
            self._count.update(Content(word))
        elif number is not None:
            self._count.update(Content(f"{number + 1} of {len(found.hits)}"))
        else:
            self._count.update(Content("nothing found" if self._field.value else ""))

    def _entered(self, _text: str) -> None:
        """Enter keeps the cursor where it is; in a replacement it goes on to what takes its place."""
        if self._query != self._editor.sought:  # typed ahead: the message is still on its way
            self._look()
        if self.replacing:
            self._new.take_focus()
            return
        self._close()

    def _replace_one(self, new: str) -> None:
        editor = self._editor
        editor.look_for(self._query)
        hit = self._hit_here()
        if hit is None:
            self.go(1)
            return
        with self._changing():
            count, problem = editor.replace_hits(new, hit)
        if problem:
            self._describe(Found(problem=problem), None)
            return
        self._replaced = self._replaced or bool(count)
        found = editor.look_for(self._query)
        self._describe(found, editor.go_to_hit(1, editor.cursor_location))

    def _hit_here(self) -> Hit | None:
        place = self._editor.cursor_location
        return next((hit for hit in self._editor.hits().hits if (hit.row, hit.start) == place), None)

    def replace_all(self) -> None:
        """Replace every hit: one step of undo."""
        if not self.replacing:
            return
        self._editor.look_for(self._query)
        with self._changing():
            count, problem = self._editor.replace_hits(self._new.value)
        if problem:
            self._describe(Found(problem=problem), None)
            return
        self._replaced = self._replaced or bool(count)
        self._describe(self._editor.look_for(self._query), None, f"{count} replaced")

    def _changing(self) -> _Writing:
        return _Writing(self._editor)

    def leave(self) -> None:
        """Go back to where one was; after a replacement stay."""
        if not self._replaced:
            self._go_back()
        self._editor.forget_hits()
        self._close()

    def _go_back(self) -> None:
        selection, (x, y) = self._begin
        self._editor.selection = selection
        self._editor.scroll_to(x, y, animate=False)

    def _close(self) -> None:
        self.remove_class("-open")
        if self._was_editing:
            self._editor.read_only = False
        if self._editor.is_attached:
            self._editor.screen.set_focus(self._editor)


def _in_lines(parts: Sequence[str], width: int) -> str:
    """Parts with a sign between them, each whole on its line."""
    text = parts[0]
    for part in parts[1:]:
        fits = len(text.rpartition("\n")[2]) + 3 + len(part) <= width
        text += f" · {part}" if fits else f"\n{part}"
    return text


class _Writing:
    """Lets the text be written in while it is replaced: the editor, left for this line, may be in read mode."""

    def __init__(self, editor: FindEditor) -> None:
        self._editor = editor
        self._was = editor.read_only

    def __enter__(self) -> None:
        self._editor.read_only = False

    def __exit__(self, *_: object) -> None:
        self._editor.read_only = self._was
