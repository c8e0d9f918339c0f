"""The keys of the panes in which one writes."""

from __future__ import annotations

from collections.abc import Sequence

from mlws_tui.ui.actions import Action

_DISCARDS = "Throw the unsaved text away that was found"

#: What needs a page that is read, not written in.
READING = frozenset(
    (
        *("edit", "write", "add", "preview", "tick", "copy", "undo", "redo", "find"),
        *("next_link", "previous_link", "links", "title", "calendar", "tasks", "review"),
    )
)
#: The questions' keys; each is there only while its question is asked.
OF_CONFLICT = frozenset(("mine", "disk", "both", "side_by_side"))
OF_HITS = frozenset(("find_next", "find_previous"))  # while places that were found are marked
OF_DRAFT = frozenset(("restore", "compare", "discard"))


def writing_actions(
    scope: str, what: str, saves: str, turns: Sequence[Action], *, discards: str = _DISCARDS
) -> tuple[Action, ...]:
    """The actions of a pane in which one writes.

    Args:
        scope: The pane.
        what: What one writes in, after "in".
        saves: What saving does.
        turns: The actions that go to another page, and others of the pane.
        discards: What discarding does.
    """

    def action(
        name: str, key: str, title: str, words: str, footer: bool = False, palette: bool = False
    ) -> Action:
        return Action(f"{scope}.{name}", key, title, words, footer=footer, palette=palette)

    return (
        action("edit", "enter", "Write", f"Open the link under the cursor, or write in {what}", footer=True),
        action("write", "i", "Write here", f"Write in {what}, at the cursor", palette=True),
        action(
            "add",
            "o",
            "Bullet",
            "Begin a new bullet at the end of the section, or of the page",
            footer=True,
            palette=True,
        ),
        action(
            "leave",
            "escape",
            "Done",
            "Stop writing, what was written is saved; mark what was found no more",
            footer=True,
        ),
        action("save", "ctrl+s", "Save", saves, footer=True, palette=True),
        *turns,
        action("tick", "space,ctrl+space", "Tick", "Tick the box of the line, or take the tick away"),
        action("preview", "p", "Preview", f"Read {what} as it looks", footer=True, palette=True),
        action("find", "slash", "Find", f"Find words in {what}; while writing f3, and ctrl+r replaces"),
        action("find-next", "n", "Next hit", "Go to the next place that was found", footer=True),
        action("find-previous", "N", "Hit before", "Go to the place that was found before"),
        action("outside", "ctrl+e", "Editor", f"Write in {what} with your own editor", palette=True),
        action("next-link", "right_curly_bracket", "Next link", "Go to the next link"),
        action("previous-link", "left_curly_bracket", "Link before", "Go to the link before"),
        action("links", "L", "Linked from", f"See which lines lead to {what}"),
        action("copy", "y", "Copy", f"Copy {what}, also over SSH", palette=True),
        action("undo", "u", "Undo", "Take the last change back, and save"),
        action("redo", "ctrl+r", "Redo", "Make the change again that was taken back, and save"),
        action("line-down", "j", "Down", "Go down a line"),
        action("line-up", "k", "Up", "Go up a line"),
        action("first-line", "g", "First line", "Go to the first line"),
        action("last-line", "G", "Last line", "Go to the last line"),
        action("mine", "m", "Keep mine", "Settle a conflict: keep what you wrote"),
        action("disk", "d", "Take the disk's", "Settle a conflict: take what is on disk"),
        action("both", "b", "Keep both", "Settle a conflict: keep both, the disk's first"),
        action("side-by-side", "v", "Side by side", "Settle a conflict place by place, side by side"),
        action("restore", "R", "Restore", "Take up the unsaved text that was found"),
        action("compare", "C", "Compare", "See the unsaved text that was found beside what is on disk"),
        action("discard", "x", "Discard", discards),
    )
