"""What the pages of runs have in common: a headline, rows that scroll and fold, finding, copying, keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input

from mlws_tui.domain.changes import Change
from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.services import clipboard
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.coalesce import Coalesced
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.keynames import key_label
from mlws_tui.ui.widgets.headline import Headline
from mlws_tui.ui.widgets.sections import SectionsView
from mlws_tui.ui.widgets.statusline import StatusLine

if TYPE_CHECKING:
    from mlws_tui.services.workbench import Workbench

#: Seconds between two readings of a page that changes all the time.
_PAUSE = 1.0
#: Said where nothing is left of what a page shows; its keys go on working.
GONE = "{} was deleted for ever: esc goes back"

MOVES: tuple[Action, ...] = (
    Action("page.back", "escape,q", "Back", "Go back to the list", footer=True),
    Action("page.next", "j,down", "Next row", "Go to the next row", call="move(1)"),
    Action("page.previous", "k,up", "Row before", "Go to the row before", call="move(-1)"),
    Action("page.down", "pagedown,ctrl+d", "Page down", "Go down by a screen", call="screenful(1)"),
    Action("page.up", "pageup,ctrl+u", "Page up", "Go up by a screen", call="screenful(-1)"),
    Action("page.first", "g,home", "Beginning", "Go to the beginning", call="end(False)"),
    Action("page.last", "G,end", "End", "Go to the end", call="end(True)"),
    Action("page.open", "enter", "Open", "Go where the row leads, or fold it", call="open"),
    Action("page.search", "ctrl+f", "Search", "Search all that was written"),
)
SECTIONS: tuple[Action, ...] = (
    Action(
        "page.next-section",
        "tab,right_square_bracket",
        "Section",
        "Go to the next section",
        footer=True,
        call="section(1)",
    ),
    Action(
        "page.previous-section",
        "shift+tab,left_square_bracket",
        "Section before",
        "Go to the section before",
        call="section(-1)",
    ),
    Action(
        "page.turn", "space", "Fold", "Fold a section or a branch, or unfold it", footer=True, call="fold"
    ),
    Action("page.fold", "left", "Fold", "Fold the branch that the row is in", call="fold(True)"),
    Action("page.unfold", "right", "Unfold", "Unfold the branch", call="fold(False)"),
    Action("page.find", "slash", "Find", "Find words in the page", footer=True),
    Action("page.find-next", "n", "Next find", "Go to the next place that was found", call="find_next(1)"),
    Action("page.find-previous", "p", "Find before", "Go to the place before it", call="find_next(-1)"),
)
COPY = Action("page.copy", "y", "Copy", "Copy the page as Markdown, also over SSH", footer=True)
KEYS = Action("page.keys", "question_mark", "Keys", "List the keys of this page", footer=True)


class PageScreen(ModalScreen[Jump | None]):
    """A page that takes the whole screen and is kept up to date. It answers with where the person wants to go.

    A subclass has `ACTIONS` (and ``BINDINGS = bindings(ACTIONS)``), overrides `body` and `read`, and `concerns` where
    it wants to hear of changes.

    Args:
        bench: The workbench.
    """

    TITLE_WORDS: ClassVar[str] = "Page"
    ACTIONS: ClassVar[tuple[Action, ...]] = (*MOVES, KEYS)
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    PageScreen { background: $background; layout: vertical; }
    PageScreen #page-body { height: 1fr; }
    PageScreen Input {
        border: none; height: 1; padding: 0 1; background: $boost; display: none;
        &.-shown { display: block; }
        &:focus { border: none; }
    }
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__()
        self.bench = bench
        self.head = Headline()
        self._keys = StatusLine(id="page-keys")
        self._find = Input(placeholder="find in this page", compact=True)
        self._find.cursor_blink = False
        self._unsubscribe: Callable[[], None] | None = None
        self.reading = Coalesced(self, _PAUSE, self._read)

    def compose(self) -> ComposeResult:
        yield self.head
        with Horizontal(id="page-body"):
            yield from self.body()
        yield self._find
        yield self._keys

    def body(self) -> Iterable[Widget]:
        """The widgets between the headline and the keys."""
        return ()

    async def read(self) -> None:
        """Read all that is shown, and show it.

        Raises:
            MlwsError: if it cannot be read; the sentence is shown, and what was shown stays.
        """

    def concerns(self, change: Change) -> bool:
        """Whether a change is a reason to read again."""
        del change
        return False

    @property
    @abstractmethod
    def rows(self) -> SectionsView:
        """The rows that the cursor goes over."""

    # what it hears

    def on_mount(self) -> None:
        self._unsubscribe = self.bench.hub.subscribe(self._hear)
        shown = [action for action in self.ACTIONS if action.footer]
        keymap: dict[str, str] = getattr(self.app, "keys_in_force", {})
        labels = {action.id: key_label(keymap.get(action.id, action.keys).split(",")[0]) for action in shown}
        self._keys.show_keys(tuple((labels[action.id], action.title.lower()) for action in shown))
        self.reading.ask(now=True)

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _hear(self, change: Change) -> None:
        if self.concerns(change):
            self.reading.ask()

    async def _read(self) -> None:
        try:
            await self.read()
        except MlwsError as error:
            self._keys.show_state(error.sentence(), trouble=True)
        else:
            self._keys.show_state("")

    def visit(self, screen: Screen[Jump | None]) -> None:
        """Show another page on top of this one; where it leads away, this one goes, too."""

        def gone(jump: Jump | None) -> None:
            if jump is not None:
                self.dismiss(jump)

        self.app.push_screen(screen, gone)

    def tell(self, sentence: str, *, trouble: bool = False) -> None:
        """Tell the person something in one line."""
        severity: Literal["warning", "information"] = "warning" if trouble else "information"
        self.notify(sentence, severity=severity, timeout=5 if trouble else 3, markup=False)

    # what the person does

    def action_back(self) -> None:
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        self.rows.move(by)

    def action_screenful(self, by: int) -> None:
        self.rows.page(by)

    def action_end(self, last: bool) -> None:
        self.rows.end(last)

    def action_section(self, by: int) -> None:
        self.rows.next_section(by)

    def action_fold(self, shut: bool | None = None) -> None:
        self.rows.fold(shut)

    def action_open(self) -> None:
        self.rows.open_row()

    def action_keys(self) -> None:
        from mlws_tui.ui.screens.keys import KeysScreen

        keymap: dict[str, str] = getattr(self.app, "keys_in_force", {})
        self.app.push_screen(KeysScreen([(self.TITLE_WORDS, self.ACTIONS)], keymap))

    @on(SectionsView.Opened)
    def _opened(self, event: SectionsView.Opened) -> None:
        event.stop()
        self.opened(event.row.key, event.row.jump)

    def opened(self, key: str, jump: Jump | None) -> None:
        """The person pressed enter on the row of that key, which leads there."""
        del key
        if jump is not None:
            self.dismiss(jump)

    # finding

    def action_search(self) -> None:
        from mlws_tui.ui.screens.search import SearchScreen

        self.visit(SearchScreen(self.bench))

    def action_find(self) -> None:
        self._find.add_class("-shown")
        self._find.value = ""
        self._find.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self._find.has_focus:
            event.stop()
            event.prevent_default()
            self._shut()

    @on(Input.Submitted)
    def _look_for(self, event: Input.Submitted) -> None:
        event.stop()
        self._shut()
        found = self.rows.find(event.value)
        if event.value:
            words = f"{found:,} row{'' if found == 1 else 's'} with {safe_text(event.value)!r} · n next · p before"
            self.tell(words if found else f"Nothing here says {event.value!r}", trouble=not found)

    def action_find_next(self, by: int) -> None:
        if not self.rows.find_next(by):
            self.tell("Press / and type what to look for")

    def _shut(self) -> None:
        self._find.remove_class("-shown")
        self.rows.focus()

    # copying

    async def copy(self, text: str, what: str) -> None:
        """Put a text on the person's clipboard, and say so."""
        copied = await clipboard.copy(text)
        if copied.sequence and self.app._driver is not None:
            self.app._driver.write(copied.sequence)
        self.tell(f"copied {what}" + (", cut: it is too much for the terminal" if copied.cut else ""))
