"""Searching all that was written: hits while one types, and the place of the chosen one beside them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from mlws_tui.domain.errors import MlwsError
from mlws_tui.domain.text import safe_text
from mlws_tui.domain.words import counted
from mlws_tui.ui.actions import Action, bindings
from mlws_tui.ui.jump import Jump
from mlws_tui.ui.widgets.cells import Span, fit
from mlws_tui.ui.widgets.headline import Headline
from mlws_tui.ui.widgets.hitlist import HitList, place_words
from mlws_tui.ui.widgets.logfield import LogField
from mlws_tui.ui.widgets.statusline import StatusLine

if TYPE_CHECKING:
    from mlws_tui.services.search import Around, Hit, Hits
    from mlws_tui.services.workbench import Workbench

_PAUSE = 0.08  # seconds without a key before it is searched
_PAGE = 50
_WIDE = 120
_TIERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("all", ()),
    ("journal", (2,)),
    ("sessions", (3,)),
    ("runs and errors", (1,)),
)
_HINTS = (
    ("loss spike", "lines with both words, the newest first"),
    ('"learning rate"', "these words, one after the other"),
    ("check*", "words that begin so"),
    ("lora -8b", "the one without the other"),
    ("in:session", "only there: journal, session, run, log"),
    ("since:monday", "from a day on; until: and day: too"),
    ("model:llama3", "also run: experiment: tag: section:"),
    ("och_17", "letters within words, where no whole word fits"),
)


class _Field(LogField):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
        Binding("pageup", "screen.screenful(-1)", show=False),
        Binding("pagedown", "screen.screenful(1)", show=False),
    ]


class SearchScreen(ModalScreen[Jump | None]):
    """Answers with the place of the chosen hit, or None after esc.

    Args:
        bench: The workbench.
        query: What is searched for at first; what was searched for last where it is empty.
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("search.back", "escape", "Back", "Leave the search", footer=True),
        Action("search.tier", "tab", "Where", "Search only there", footer=True, call="tier(1)"),
        Action(
            "search.tier-before", "shift+tab", "Where before", "Search only there, backwards", call="tier(-1)"
        ),
        Action("search.order", "ctrl+r", "Best first", "Show the best or the newest first", footer=True),
        Action("search.clear", "ctrl+f", "Clear", "Search for something else"),
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)
    DEFAULT_CSS = """
    SearchScreen { background: $background; layout: vertical; }
    SearchScreen #search-field { height: 1; background: $boost; }
    SearchScreen #search-sign { width: 3; padding: 0 1; color: $primary; text-style: bold; }
    SearchScreen Input { border: none; height: 1; padding: 0; background: $boost; width: 1fr; }
    SearchScreen Input:focus { border: none; }
    SearchScreen #search-where { height: 2; padding: 0 1; }
    SearchScreen #search-body { height: 1fr; }
    SearchScreen #search-place {
        display: none; width: 1fr; height: 1fr; padding: 0 1; border-left: solid $border-blurred;
    }
    SearchScreen.-wide #search-place { display: block; }
    """

    def __init__(self, bench: Workbench, query: str = "") -> None:
        super().__init__()
        self._bench = bench
        self._head = Headline()
        self._field = _Field(self._accept, "search the journal, session logs, runs and their errors")
        self._field.value = query or bench.search.last
        self._where = Static("", id="search-where", markup=False)
        self._list = HitList(id="search-hits")
        self._place = Static("", id="search-place", markup=False)
        self._keys = StatusLine(id="search-keys")
        self._tier = 0
        self._ranked = False
        self._limit = _PAGE
        self._more = False
        self._looking = self._goes = False

    def compose(self) -> ComposeResult:
        yield self._head
        with Horizontal(id="search-field"):
            yield Static("/", id="search-sign", markup=False)
            yield self._field
        yield self._where
        with Horizontal(id="search-body"):
            yield self._list
            yield self._place
        yield self._keys

    def on_mount(self) -> None:
        self._list.today = self._bench.journal.today()
        self._field.take_focus()
        if self._field.value:
            self._field.select_all()
        self._tell("")
        self._say_where()
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _WIDE, "-wide")
        self._show_place()

    # what the keys do

    def action_back(self) -> None:
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Go up or down in the list; below its end there may be more."""
        before = self._list.cursor
        self._list.move(by)
        if self._list.cursor == before and by > 0 and self._more:
            self._limit += _PAGE
            self._look()
        self._show_place()

    def action_screenful(self, by: int) -> None:
        self.action_move(by * max(1, self._list.rows - 1))

    def action_tier(self, by: int) -> None:
        self._tier = (self._tier + by) % len(_TIERS)
        self._again()

    def action_order(self) -> None:
        self._ranked = not self._ranked
        self._again()

    def action_clear(self) -> None:
        self._field.value = ""

    def _accept(self, _text: str) -> None:
        """Go to the chosen hit; what was just typed is searched for first."""
        self._goes = self._looking
        hit = self._list.chosen
        if hit is not None and not self._looking:
            self.dismiss(jump_to(hit))

    @on(HitList.Picked)
    def _picked(self) -> None:
        self._accept("")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._bench.search.last = event.value
        self._again()

    # searching

    def _again(self) -> None:
        self._limit = _PAGE
        self._list.cursor = 0
        self._say_where()
        self._look()

    def _look(self) -> None:
        self._looking = True
        # The function: a coroutine would never be awaited where the next worker comes before this one began.
        self.run_worker(self._find, group="search", exclusive=True)  # type: ignore[arg-type]

    async def _find(self) -> None:
        """Search for what stands in the field once no key was pressed for a moment."""
        await asyncio.sleep(_PAUSE)
        text = self._field.value
        try:
            found = await self._bench.search.find(
                text, limit=self._limit, ranked=self._ranked, tiers=_TIERS[self._tier][1], typing=True
            )
            if text.strip() and not found.hits:  # nothing fits, or nothing could be looked at
                await asyncio.to_thread(self._bench.journal.read)
        except MlwsError as error:
            self._looking = self._goes = False
            self._list.show((), Content.assemble((f" {safe_text(error.sentence())}", "$text-warning")))
            self._tell("")
            self._show_place()
            return
        self._show(found, text)

    def _show(self, found: Hits, text: str) -> None:
        self._more = found.more
        self._looking = False
        if not text.strip():
            self._list.show((), _hints())
            self._tell("")
        else:
            self._list.show(found.hits, Content.assemble((f" {_nothing(self._tier)}", "$text-muted")))
            count = f"the first {len(found.hits)}" if found.more else counted(len(found.hits), "place")
            self._tell(found.notice or count)
        if self._goes:
            self._accept("")
        self._show_place()

    # what is shown

    def _tell(self, right: str) -> None:
        self._head.show((Span("Search", "title"),), right)
        order = "newest first" if self._ranked else "best first"
        self._keys.show_keys(
            (("↑↓", "choose"), ("enter", "go there"), ("tab", "where"), ("ctrl+r", order), ("esc", "back"))
        )

    def _say_where(self) -> None:
        parts: list[tuple[str, str]] = []
        for place, (name, _) in enumerate(_TIERS):
            chosen = place == self._tier
            parts += [(f" {name} ", "reverse bold" if chosen else "$text-muted"), (" ", "")]
        parts.append(("  best first" if self._ranked else "  newest first", "$text-accent"))
        self._where.update(Content.assemble(*parts))

    def _show_place(self) -> None:
        if self.has_class("-wide") and self.is_attached:
            # The function: a coroutine would never be awaited where the next worker comes before this one began.
            self.run_worker(self._read_place, group="place", exclusive=True)  # type: ignore[arg-type]

    async def _read_place(self) -> None:
        hit = self._list.chosen
        if hit is None:
            self._place.update("")
            return
        try:
            around = await self._bench.search.around(hit, max(1, self._place.size.height - 2))
        except MlwsError as error:
            self._place.update(Content.assemble((safe_text(error.sentence()), "$text-warning")))
            return
        self._place.update(_place(hit, around, self._place.size.width - 2))


def jump_to(hit: Hit) -> Jump:
    """Where a hit leads."""
    if hit.run is not None:
        return Jump("run", hit.run)
    if hit.kind == "journal":
        return Jump("journal", hit.day.isoformat() if hit.day else "", hit.line)
    return Jump("session", hit.path, hit.line)


def _place(hit: Hit, around: Around, width: int) -> Content:
    title = hit.day.isoformat() if hit.day and hit.kind == "journal" else place_words(hit)
    lines = [Content.assemble((safe_text(title), "bold")), Content("")]
    for number, text in enumerate(around.lines):
        here = number == around.at
        label = f"{around.first + number:>6} " if around.first else ""
        room = max(1, width - len(label))
        lines.append(
            Content.assemble(
                (label, "$primary bold" if here else "$text-muted"),
                (
                    fit(safe_text(text), room).rstrip(),
                    "bold" if here else "" if around.first else "$foreground",
                ),
            )
        )
    return Content("\n").join(lines)


def _hints() -> Content:
    lines = [
        Content.assemble((f"  {what:<18}", "$text-accent"), (why, "$text-muted")) for what, why in _HINTS
    ]
    return Content("\n").join([Content.assemble(("  What can be typed", "bold")), Content(""), *lines])


def _nothing(tier: int) -> str:
    if _TIERS[tier][1]:
        return f"nothing fits in {_TIERS[tier][0]}: tab looks elsewhere"
    return "nothing fits: fewer words or shorter ones find more"
