"""A Markdown text as it looks, to read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Console
from rich.markdown import Markdown
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mlws_tui.domain.text import safe_text
from mlws_tui.domain.textcount import count_words
from mlws_tui.domain.words import counted
from mlws_tui.ui.widgets.cells import Span
from mlws_tui.ui.widgets.exactdocument import split
from mlws_tui.ui.widgets.headline import Headline
from mlws_tui.ui.widgets.markdownstyle import code_lines
from mlws_tui.ui.widgets.statusline import StatusLine

_KEYS = (("esc", "back"), ("j/k", "scroll"), ("space", "page"), ("g/G", "ends"))
#: What Rich calls the parts of a text, and which of our styles they have.
_PARTS = {
    "heading": ("markdown.h1", "markdown.h2", "markdown.h3", "markdown.h4", "markdown.h5", "markdown.h6"),
    "code": ("markdown.code", "markdown.code_block"),
    "link": ("markdown.link", "markdown.link_url"),
    "mark": ("markdown.item.bullet", "markdown.item.number", "markdown.hr", "markdown.block_quote"),
}
_BOX = re.compile(r"^(\s*(?:[-*+]|\d{1,9}[.)])\s+)\[([ xX>-])\](?=\s)")
_BOXES = {" ": "☐", "x": "☑", "X": "☑", ">": "▷", "-": "☒"}
#: Cells of a line that is pleasant to read.
_WIDEST = 100


class Rendered(ScrollView, can_focus=True):
    """A Markdown text as lines; rendered in a thread, again each time the width changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"preview--{part}" for part in ("text", *_PARTS)}
    DEFAULT_CSS = """
    Rendered {
        height: 1fr; padding: 1 2 0 2; scrollbar-size-vertical: 1; scrollbar-color: $panel;
        scrollbar-background: $background; overflow-x: hidden;
        & .preview--text { color: $foreground; }
        & .preview--heading { color: $text-accent; text-style: bold; }
        & .preview--code { color: $text-success; }
        & .preview--link { color: $text-primary; text-style: underline; }
        & .preview--mark { color: $text-warning; }
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        lines = split(text)[0]
        code = code_lines(lines)
        # Only the ends of lines may control anything; and boxes look like boxes.
        self._text = "\n".join(
            safe_text(line if row in code else _BOX.sub(_box, line), tab="\t")
            for row, line in enumerate(lines)
        )
        self._lines: list[list[Segment]] = []

    def on_resize(self) -> None:
        width = min(_WIDEST, self.scrollable_content_region.width)
        if width > 0:
            styles = {
                name: self.get_component_rich_style(f"preview--{part}", partial=True)
                for part, names in _PARTS.items()
                for name in names
            }
            self.run_worker(self._render_text(width, styles), exclusive=True)

    async def _render_text(self, width: int, styles: Mapping[str, Style]) -> None:
        self._lines = await asyncio.to_thread(rendered, self._text, width, styles)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = y + self.scroll_offset.y
        base = self.get_component_rich_style("preview--text")
        segments = self._lines[number] if number < len(self._lines) else []
        return Strip(segments).apply_style(base).adjust_cell_length(width, base)


def _box(found: re.Match[str]) -> str:
    return found[1] + _BOXES[found[2]]


def rendered(text: str, width: int, styles: Mapping[str, Style]) -> list[list[Segment]]:
    """The lines of a Markdown text; nothing in them controls a terminal, and links are words. Takes a while."""
    console = Console(
        width=width,
        theme=Theme({**dict.fromkeys(_plain(), Style()), **styles}),
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
        _environ={},
    )
    lines = console.render_lines(
        Markdown(text, hyperlinks=False, code_theme="ansi_dark"), console.options, pad=False
    )
    return [
        [Segment(_as_wide(segment.text), _quiet(segment.style)) for segment in line if not segment.control]
        for line in lines
    ]


def _plain() -> list[str]:
    """Parts of a text that have no colour of their own."""
    return ["markdown.paragraph", "markdown.text", "markdown.list", "markdown.item", "markdown.table.border"]


def _as_wide(text: str) -> str:
    """Safe text of the same width: an entity such as ``&#27;`` may stand for any sign."""
    safe = safe_text(text)
    missing = cell_len(text) - cell_len(safe)
    return safe + " " * missing if missing > 0 else safe


def _quiet(style: Style | None) -> Style | None:
    """The style without anything that a terminal acts on."""
    return (
        None
        if style is None
        else style.clear_meta_and_links().without_color
        + Style(
            color=style.color,
            bold=style.bold,
            italic=style.italic,
            underline=style.underline,
            strike=style.strike,
        )
    )


class PreviewScreen(ModalScreen[None]):
    """Shows a text as it looks.

    Args:
        name: What it is called.
        text: The Markdown.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,p,q", "dismiss", "Back"),
        Binding("j,down", "scroll(1)", "Down"),
        Binding("k,up", "scroll(-1)", "Up"),
        Binding("space,pagedown,ctrl+d", "screenful(1)", "Page down"),
        Binding("b,pageup,ctrl+u", "screenful(-1)", "Page up"),
        Binding("g,home", "ends(False)", "Beginning"),
        Binding("G,end", "ends(True)", "End"),
    ]
    DEFAULT_CSS = """
    PreviewScreen { background: $background; layout: vertical; }
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._called = name
        self._words = count_words(text)
        self._head = Headline()
        self._view = Rendered(text)
        self._keys = StatusLine(id="preview-keys")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._view
        yield self._keys

    def on_mount(self) -> None:
        self._head.show((Span(safe_text(self._called), "strong"),), counted(self._words, "word"))
        self._keys.show_keys(_KEYS)
        self._view.focus()

    def action_scroll(self, by: int) -> None:
        self._view.scroll_relative(y=by, animate=False)

    def action_screenful(self, by: int) -> None:
        self._view.scroll_relative(y=by * max(1, self._view.size.height - 2), animate=False)

    def action_ends(self, last: bool) -> None:
        if last:
            self._view.scroll_end(animate=False)
        else:
            self._view.scroll_home(animate=False)
